"""Slow work, outside of the bus: jobs in the service's own schema, taken by any number of workers.

The queue is pgqueuer's (its tables, its SQL for taking with SKIP LOCKED, priorities and take-over of silent workers);
the loop is ours, because pgqueuer's own runner removes a job that was cancelled, or whose retry could not be written
during an outage. Here a job leaves the queue in three ways only: in the transaction of its effect (`Job.claim`),
after a run that needed none, or together with its row in `job_failure` and what `exhausted` wrote.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, assert_never
from uuid import uuid4

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import BaseModel, ValidationError

from trueshelf_runtime import job_rows
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.enqueue import Priority
from trueshelf_runtime.errors import Invalid, Kind, Outage, Refused, Transient, describe, kind_of
from trueshelf_runtime.health import Health
from trueshelf_runtime.job_rows import Backlog, JobRows, Taken, backlog
from trueshelf_runtime.jobs_schema import jobs_channel
from trueshelf_runtime.origin import Origin, fresh, from_headers, using
from trueshelf_runtime.telemetry import METRICS

__all__ = ["Backlog", "Job", "JobSpec", "Priority", "Worker", "backlog"]

P = TypeVar("P", bound=BaseModel)
log = structlog.get_logger(__name__)
_TRACER = trace.get_tracer(__name__)
_PROPAGATOR = TraceContextTextMapPropagator()

STALE_AFTER = timedelta(seconds=10)
"""A worker that did not renew its lease for so long is dead; with the poll, its jobs go on elsewhere within 12 s."""
BEAT_EVERY = 2.5
POLL = 1.0
MAX_DEATHS = 8
"""Runs in a row that may begin without any end (the process was killed) before the job itself is held guilty."""
PATIENCE = 60.0
"""Seconds for which the end of a run is tried to be written; after that the lease runs out and the job runs again."""


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """One run of a job."""

    payload: P
    key: str | None
    attempt: int
    """1 for the first."""
    taken: Taken = field(repr=False)

    @property
    def id(self) -> int:
        return self.taken.id

    @property
    def priority(self) -> int:
        return self.taken.priority

    async def claim(self, tx: Tx) -> bool:
        """Begin the transaction that gives the job its effect, and ends it: both happen, or neither.

        False when another run has had the effect already, or has taken the job over: then write nothing.
        """
        crash_point("job.after_work")
        return await job_rows.claim(tx, self.taken)


@dataclass(frozen=True, slots=True)
class JobSpec(Generic[P]):
    """One kind of job. `concurrency` bounds the runs in one process; processes add up.

    `exhausted` writes what is left to say into the transaction in which the job ends: state, and a fact.
    """

    name: str
    payload: type[P]
    run: Callable[[Job[P]], Awaitable[None]]
    exhausted: Callable[[Job[P], Exception, Tx], Awaitable[None]]
    max_attempts: int = 5
    time_limit: float = 120.0
    concurrency: int = 2


def backoff(attempt: int, jitter: float) -> timedelta:
    """Return the pause after the given failed attempt: 1, 2, 4 … at most 300 s, ± 20 % by `jitter` in 0–1."""
    return timedelta(seconds=min(2.0 ** (attempt - 1), 300.0) * (0.8 + 0.4 * jitter))


class Worker:
    """Runs the jobs of one process until it is stopped."""

    def __init__(
        self,
        db: Database,
        specs: Sequence[JobSpec[Any]],
        *,
        health: Health | None = None,
        jitter: Callable[[], float] = random.random,
        stale_after: timedelta = STALE_AFTER,
    ) -> None:
        self._db = db
        self._specs = {spec.name: spec for spec in specs}
        if len(self._specs) != len(specs):
            raise ValueError("two jobs have the same name")
        self._rows = JobRows(db, uuid4(), stale_after)
        self._jitter = jitter
        self._running: dict[int, tuple[Taken, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._looked_at = time.monotonic()
        self._trouble: str | None = None
        if health is not None:
            health.add_live("jobs", self.stuck)

    def stuck(self) -> str | None:
        """Say what is wrong when the loop has not looked for jobs for long, though no outage is known."""
        silent = time.monotonic() - self._looked_at
        return f"no look for jobs for {silent:.0f} s" if silent > 30 and not self._trouble else None  # noqa: PLR2004

    async def run(self, *, grace: float = 20.0) -> None:
        """Take and run jobs until cancelled; then let running ones end within `grace` seconds and put the rest back."""
        helpers = [asyncio.create_task(work()) for work in (self._beating, self._listening, self._measuring)]
        try:
            await self._taking()
        finally:
            self._stopping = True
            await asyncio.shield(self._wind_down(grace))
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _wind_down(self, grace: float) -> None:
        tasks = {task for _, task in self._running.values()}
        if tasks:
            log.info("waiting for running jobs", jobs=len(tasks), seconds=grace)
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _taking(self) -> None:
        delay = 0.5
        while True:
            self._wake.clear()
            self._looked_at = time.monotonic()
            try:
                await self._take_all()
                delay, self._trouble = 0.5, None
                wait = POLL
            except Exception as error:  # noqa: BLE001 - whatever it is, waiting jobs must not be forgotten
                if self._trouble is None:
                    log.warning("no jobs are taken for now", error=describe(error))
                if kind_of(error) is Kind.OUTAGE:
                    self._trouble = describe(error, 200)
                    METRICS.outage_waits.labels("jobs").inc()
                wait = delay
                delay = min(delay * 2, 5.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):  # not wait_for: 3.11's loses a cancel that comes with the wake
                    await self._wake.wait()

    async def _take_all(self) -> None:
        """Take jobs until there is none, or no room for those that there are."""
        while names := self._with_room():
            taken = await self._rows.take(names)
            if taken is None:
                return
            if taken.id in self._running:
                # Our own heartbeat was late and we took our own job: it goes on under the new lease.
                self._running[taken.id][0].lease = taken.lease
                continue
            task = asyncio.create_task(self._one(taken), name=f"job-{taken.name}-{taken.id}")
            self._running[taken.id] = (taken, task)

    def _with_room(self) -> list[str]:
        busy = [taken.name for taken, _ in self._running.values()]
        return [name for name, spec in self._specs.items() if busy.count(name) < spec.concurrency]

    async def _one(self, taken: Taken) -> None:
        """Run one job with its origin and trace, and see to its end."""
        spec = self._specs[taken.name]
        origin = _origin(taken)
        started = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            service=self._db.service, job=taken.name, key=taken.key, correlation_id=str(origin.correlation_id)
        )
        context = _PROPAGATOR.extract({"traceparent": origin.traceparent or ""})
        try:
            with using(origin), _TRACER.start_as_current_span(taken.name, context, kind=trace.SpanKind.CONSUMER):
                outcome = await self._attempt(spec, taken)
        except asyncio.CancelledError:
            outcome = "put_back"
            await asyncio.shield(self._patiently(lambda: self._rows.put_back(taken, timedelta(0), counted=False)))
        finally:
            del self._running[taken.id]
            self._wake.set()
        METRICS.jobs.labels(taken.name, outcome).inc()
        METRICS.job_seconds.labels(taken.name).observe(time.monotonic() - started)

    async def _attempt(self, spec: JobSpec[Any], taken: Taken) -> str:
        job: Job[Any] | None = None
        try:
            job = Job(_payload(spec, taken), taken.key, taken.attempts + 1, taken)
            begun = await self._rows.start(taken)
            if begun is None:
                return "lost"
            _check_deaths(begun)
            crash_point("job.before_work")
            await _run(spec, job)
            crash_point("job.after_commit")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is settled here
            return await self._failed(spec, taken, job, error)
        await self._patiently(lambda: self._rows.end(taken))
        return "done"

    async def _failed(self, spec: JobSpec[Any], taken: Taken, job: Job[Any] | None, error: Exception) -> str:
        kind, attempt = kind_of(error), taken.attempts + 1
        match kind:
            case Kind.OUTAGE:
                pause = timedelta(seconds=2 + 3 * self._jitter())
                log.warning("a job waits for an outage to end", error=describe(error))
                await self._patiently(lambda: self._rows.put_back(taken, pause, counted=False))
                return "outage"
            case Kind.TRANSIENT if attempt < spec.max_attempts:
                pause = backoff(attempt, self._jitter())
                known = isinstance(error, Transient)
                log.warning(
                    "a job is tried again",
                    attempt=attempt,
                    seconds=pause.total_seconds(),
                    error=describe(error),
                    exc_info=None if known else error,
                )
                await self._patiently(lambda: self._rows.put_back(taken, pause, counted=True))
                return "retried"
            case Kind.TRANSIENT | Kind.REFUSED | Kind.INVALID:
                return await self._exhausted(spec, taken, job, error)
            case _:
                assert_never(kind)

    async def _exhausted(self, spec: JobSpec[Any], taken: Taken, job: Job[Any] | None, error: Exception) -> str:
        """End a job for good: its row in job_failure, what `exhausted` says and its removal are one transaction."""
        attempts = taken.attempts + 1

        async def give_up() -> bool:
            async with self._db.transaction() as tx:
                if not await job_rows.claim(tx, taken):
                    return False
                await job_rows.record_failure(
                    tx, taken, _readable(taken), attempts=attempts, error=error, text=describe(error)
                )
                if job is not None:
                    await spec.exhausted(job, error, tx)
            return True

        try:
            ended = await self._patiently(give_up)
        except Exception as failure:  # `exhausted` itself failed: the job must not be lost
            log.exception("giving a job up failed; it is tried again", error=describe(failure))
            pause = backoff(min(attempts, 8), self._jitter())
            await self._patiently(lambda: self._rows.put_back(taken, pause, counted=True))
            return "retried"
        crash_point("job.after_exhausted")
        if not ended:
            return "lost"
        log.log(
            20 if isinstance(error, Refused) else 40, "a job ended in failure", attempts=attempts, error=describe(error)
        )
        return "exhausted"

    async def _patiently(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do `work` through an outage of PostgreSQL; after `PATIENCE` the lease is left to run out."""
        deadline = time.monotonic() + PATIENCE
        delay = 0.2
        while True:
            try:
                return await work()
            except Outage as outage:
                if time.monotonic() > deadline:
                    log.warning("the end of a job could not be written; it will run again", error=describe(outage))
                    return None
            await asyncio.sleep(delay)
            delay = min(delay * 2, 3.0)

    async def _beating(self) -> None:
        """Renew the leases; a job that another worker has taken over is stopped here."""
        while True:
            await asyncio.sleep(BEAT_EVERY)
            ids = list(self._running)
            if not ids:
                continue
            try:
                mine = await self._rows.beat(ids)
                for id_ in ids:
                    if id_ in self._running and id_ not in mine:
                        await self._maybe_lost(id_)
            except Exception as error:  # noqa: BLE001 - the next beat may work; silence costs a second run at most
                log.warning("a heartbeat of jobs failed", error=describe(error))

    async def _maybe_lost(self, id_: int) -> None:
        """Stop a run whose row is another worker's now. A row that is gone was claimed by this very run."""
        owner = await self._db.fetchval(
            "SELECT queue_manager_id FROM pgqueuer WHERE id = $1 AND status = 'picked'", id_
        )
        if owner is not None and id_ in self._running:
            log.warning("a job was taken over by another worker", job_id=id_)
            self._running[id_][1].cancel()

    async def _listening(self) -> None:
        """Wake at once for a new job; the poll finds whatever this misses."""
        while True:
            with contextlib.suppress(Exception):
                connection = await self._db.connect()
                try:
                    gone = asyncio.Event()
                    connection.add_termination_listener(lambda _, gone=gone: gone.set())
                    await connection.add_listener(jobs_channel(self._db.schema), lambda *_: self._wake.set())
                    await gone.wait()
                finally:
                    connection.terminate()
            await asyncio.sleep(2)

    async def _measuring(self) -> None:
        rounds = 0
        while True:
            try:
                await self._measure()
                if rounds % 360 == 0:
                    await self._rows.prune_log()
            except Exception as error:  # noqa: BLE001 - figures may be missing, work may not
                log.debug("the backlog was not measured", error=describe(error))
            rounds += 1
            await asyncio.sleep(10)

    async def _measure(self) -> None:
        found = {row.name: row for row in await self._rows.backlog()}
        for name in self._specs:
            row = found.get(name)
            METRICS.job_backlog.labels(name).set(row.due if row else 0)
            METRICS.job_oldest.labels(name).set(row.oldest_seconds if row else 0)


async def _run(spec: JobSpec[P], job: Job[P]) -> None:
    """Run the job within its time. A cancellation that nobody asked of this task is an error like any other (P5)."""
    try:
        async with asyncio.timeout(spec.time_limit) as limit:
            await spec.run(job)
    except TimeoutError as error:
        if limit.expired():
            raise Transient(f"{spec.name} took longer than its {spec.time_limit:g} s and was stopped") from error
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Transient("something that the job waited for was cancelled") from error


def _check_deaths(begun: int) -> None:
    if begun > MAX_DEATHS:
        raise Invalid(f"the worker died {begun - 1} times in a row while this job ran; the job is held guilty")


def _payload(spec: JobSpec[P], taken: Taken) -> P:
    try:
        return spec.payload.model_validate_json(taken.payload)
    except ValidationError as error:
        raise Invalid(
            f"the payload of job {taken.id} ({spec.name}) is not what this release expects: {error}"
        ) from error


def _readable(taken: Taken) -> Any:
    try:
        return json.loads(taken.payload)
    except ValueError:
        return {"unreadable": taken.payload.hex()}


def _origin(taken: Taken) -> Origin:
    try:
        return from_headers(taken.headers["origin"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return fresh()
