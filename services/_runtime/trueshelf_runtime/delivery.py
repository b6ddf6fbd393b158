"""The one place that knows about failure on the bus (messaging.md, "Settle middleware").

What returns is acknowledged; what raises `SoughtBack` is sought back and delivered again, so order holds.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

import structlog
from faststream import BaseMiddleware

from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import group_id
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Kind, Outage, Transient, describe, kind_of
from trueshelf_runtime.letters import bury
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.settle import Breaker, Bury, Policy, Retry, Wait, counts, decide
from trueshelf_runtime.telemetry import METRICS

LOG = structlog.get_logger(__name__)
OPEN_PAUSE = 30.0
"""Seconds between two looks of a consumer whose breaker is open: it only waits to be replaced."""

PASSED = "passed"
"""The outcome of a record that nobody here handles: it says nothing about our code, so the breaker does not see it."""

_COUNT = """
INSERT INTO delivery_attempt (consumer, topic, partition, "offset", attempts, error) VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (consumer, topic, partition, "offset") DO UPDATE
SET attempts = delivery_attempt.attempts + 1, error = excluded.error, last_at = now()
RETURNING attempts
"""
_FORGET = 'DELETE FROM delivery_attempt WHERE consumer = $1 AND topic = $2 AND partition = $3 AND "offset" = $4'
_COUNTED = (
    'SELECT attempts FROM delivery_attempt WHERE consumer = $1 AND topic = $2 AND partition = $3 AND "offset" = $4'
)


class SoughtBack(Exception):  # noqa: N818 - no fault of its own
    """The record will be delivered again. Raised to the bus, caught by nobody else."""


@dataclass(slots=True)
class Progress:
    """What the watchdog sees of one consumer."""

    moved_at: float = field(default=0.0)
    """Event-loop time of the last sign of life: a record ended, failed, or a known wait was renewed."""
    waiting: str | None = None
    """Why nothing moves although everything is in order: an outage, a backoff, an open breaker."""


class Settler:
    """Settles the records of one consumer group, one at a time."""

    def __init__(
        self,
        consumer: Service,
        producer: Service,
        db: Database,
        *,
        policy: Policy,
        stopping: asyncio.Event,
        breaker: Breaker | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.consumer = consumer
        self.producer = producer
        self.group = group_id(consumer, producer)
        self.progress = Progress()
        self.breaker = breaker or Breaker()
        self._db = db
        self._policy = policy
        self._stopping = stopping
        self._jitter = jitter
        self._waits = 0
        self._counted: set[tuple[str, int, int]] = set()

    async def settle(self, record: RawRecord, work: Callable[[], Awaitable[str]]) -> None:
        """Run `work` on `record`, and see to its end.

        Returns when the record may be acknowledged: it took effect, had done so before, or stands in the outbox as a
        dead letter. Raises SoughtBack, after the due pause, when it has to come again.
        """
        if self.breaker.open:
            await self._pause(OPEN_PAUSE, "too many records were dead-lettered; replace this process")
            raise SoughtBack(str(record))
        try:
            outcome = await work()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            stray = Transient("something that the handler waited for was cancelled")
            stray.__cause__ = error
            await self._failed(record, stray)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is settled here
            await self._failed(record, error)
        else:
            await self._ended(record, outcome)

    async def _ended(self, record: RawRecord, outcome: str) -> None:
        self._waits = 0
        self._alive()
        if outcome != PASSED:
            self.breaker.record(dead=False)
        METRICS.records.labels(self.group, outcome).inc()
        if record.place in self._counted:
            self._counted.discard(record.place)
            try:
                await self._db.execute(_FORGET, self.group, *record.place)
            except Outage:
                LOG.info("the count of a settled record stays until it is pruned", record=str(record))

    async def _failed(self, record: RawRecord, error: BaseException) -> None:
        kind, tries = kind_of(error), self._waits + 1
        if counts(kind):
            try:
                tries = await self._db.fetchval(_COUNT, self.group, *record.place, describe(error))
                self._counted.add(record.place)
                crash_point("settle.after_count")
            except Exception as failure:  # noqa: BLE001 - an attempt that cannot be counted must not be lost either
                kind, error = Kind.OUTAGE, failure
        verdict = decide(kind, tries, self._policy, self._jitter())
        match verdict:
            case Bury():
                await self._bury(record, error, tries if counts(kind) else None)
            case Retry(delay):
                METRICS.retries.labels(self.group).inc()
                LOG.warning("a record is tried again", record=str(record), attempt=tries, error=describe(error))
                await self._pause(delay, None)
                raise SoughtBack(str(record)) from error
            case Wait(delay):
                await self._outage(record, error, delay)
            case _:
                assert_never(verdict)

    async def _bury(self, record: RawRecord, error: BaseException, attempts: int | None) -> None:
        try:
            async with self._db.transaction() as tx:
                if attempts is None:
                    attempts = await tx.fetchval(_COUNTED, self.group, *record.place) or 0
                await tx.append(bury(self.consumer, self.producer, record, error=error, attempts=attempts))
                await tx.execute(_FORGET, self.group, *record.place)
        except Exception as failure:  # noqa: BLE001 - without its letter the record must not be acknowledged
            await self._outage(record, failure, decide_wait(self._waits + 1, self._policy, self._jitter()))
        crash_point("settle.after_dead_letter")
        self._counted.discard(record.place)
        self._waits = 0
        self._alive()
        METRICS.records.labels(self.group, "dead").inc()
        LOG.error("a record was dead-lettered", record=str(record), group=self.group, error=describe(error))
        self.breaker.record(dead=True)
        if self.breaker.open:
            METRICS.breaker_open.labels(self.group).set(1)
            LOG.error("the consumer stops: too many records are dead-lettered, so the code is wrong", group=self.group)

    async def _outage(self, record: RawRecord, error: BaseException, delay: float) -> None:
        if self._waits == 0:
            LOG.warning("waiting for an outage to end", group=self.group, error=describe(error))
        self._waits += 1
        METRICS.outage_waits.labels(self.group).inc()
        await self._pause(delay, describe(error, 200))
        raise SoughtBack(str(record)) from error

    async def _pause(self, seconds: float, reason: str | None) -> None:
        """Wait, but not longer than until the process stops: then the record is simply not acknowledged."""
        self._alive()
        self.progress.waiting = reason or f"backing off for {seconds:.1f} s"
        try:
            async with asyncio.timeout(seconds):  # not wait_for: 3.11's loses a cancel that comes with the event
                await self._stopping.wait()
        except TimeoutError:
            pass
        finally:
            self._alive()

    def _alive(self) -> None:
        self.progress.moved_at = asyncio.get_running_loop().time()
        self.progress.waiting = None


def decide_wait(waits: int, policy: Policy, jitter: float) -> float:
    """Return how long to wait for the end of an outage."""
    verdict = decide(Kind.OUTAGE, waits, policy, jitter)
    assert isinstance(verdict, Wait)
    return verdict.delay


class SettleMiddleware(BaseMiddleware):
    """Puts each record of the broker through the settler of its topic."""

    def __init__(self, msg: Any, /, *, context: Any, settlers: Mapping[str, Settler]) -> None:
        super().__init__(msg, context=context)
        self._settlers = settlers

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> Any:
        record = RawRecord.of(msg.raw_message)

        async def work() -> str:
            return str(await call_next(msg))

        await self._settlers[record.topic].settle(record, work)
