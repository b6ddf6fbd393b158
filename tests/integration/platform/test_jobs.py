"""Jobs on a real PostgreSQL: they end with their transaction, survive kills and outages, fail into a row of ours."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import BaseModel

from support import platform_worker
from support.backing import PostgresServer
from support.services import ServiceDbFactory
from trueshelf_runtime import jobs
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import Outage, Refused, Transient
from trueshelf_runtime.jobs import Job, JobSpec, Priority, Worker, backlog
from trueshelf_runtime.origin import Origin, current, using

pytestmark = pytest.mark.integration


class Payload(BaseModel):
    name: str = "x"


async def nothing(job: Job[Payload], error: Exception, tx: Tx) -> None:
    """Leave only the row in job_failure."""


def spec(
    run: Callable[[Job[Payload]], Awaitable[None]], name: str = "test.work", **options: object
) -> JobSpec[Payload]:
    return JobSpec(name, Payload, run, **({"exhausted": nothing} | options))  # type: ignore[arg-type]


@pytest.fixture
async def db(service_db: ServiceDbFactory) -> AsyncIterator[Database]:
    made = await service_db("qa")
    async with Database.open(made.admin_dsn, "qa") as db:
        await db.execute("CREATE TABLE effect (name text)")
        yield db


@asynccontextmanager
async def working(db: Database, *specs: JobSpec[Payload], **options: object) -> AsyncIterator[Worker]:
    worker = Worker(db, specs, jitter=lambda: 0.5, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run(grace=5))
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.05)


async def drained(db: Database) -> bool:
    return bool(await db.fetchval("SELECT count(*) = 0 FROM pgqueuer"))


async def enqueue(db: Database, name: str = "x", **options: object) -> None:
    async with db.transaction() as tx:
        await tx.enqueue("test.work", Payload(name=name), **options)  # type: ignore[arg-type]


def test_the_frozen_migration_is_what_the_module_makes() -> None:
    path = Path(jobs.__file__).parent / "migrations" / "0002_pre_jobs.sql"
    from trueshelf_runtime.jobs_schema import jobs_schema_sql  # noqa: PLC0415

    assert jobs_schema_sql().strip() in path.read_text()


async def test_a_job_ends_in_the_transaction_of_its_effect_and_carries_its_origin(db: Database) -> None:
    origin = Origin(uuid4(), uuid4(), drill=True)
    seen: list[Origin] = []

    async def run(job: Job[Payload]) -> None:
        seen.append(current())
        async with db.transaction() as tx:
            assert await job.claim(tx)
            await tx.execute("INSERT INTO effect VALUES ($1)", job.payload.name)

    with using(origin):
        await enqueue(db, "first", key="k")
    async with working(db, spec(run)):
        await until(lambda: drained(db))
    assert await db.fetchval("SELECT array_agg(name) FROM effect") == ["first"]
    assert (seen[0].cause_id, seen[0].correlation_id, seen[0].drill) == (origin.cause_id, origin.correlation_id, True)


async def test_an_enqueue_rolls_back_with_its_transaction(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as tx:
            await tx.enqueue("test.work", Payload())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await drained(db)


async def test_a_key_that_waits_is_not_added_again_and_takes_the_higher_priority(db: Database) -> None:
    await enqueue(db, key="k", delay=timedelta(hours=1))
    await enqueue(db, key="k", priority=Priority.REVIEWER)
    await enqueue(db, key="other", delay=timedelta(hours=1))
    row = await db.fetchrow("SELECT priority, execute_after <= now() AS due FROM pgqueuer WHERE dedupe_key LIKE '%/k'")
    assert await db.fetchval("SELECT count(*) FROM pgqueuer") == 2
    assert row is not None
    assert (row["priority"], row["due"]) == (100, True)


async def test_work_asked_for_while_its_key_runs_is_not_lost(db: Database) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()
    runs = 0

    async def run(job: Job[Payload]) -> None:
        nonlocal runs
        runs += 1
        entered.set()
        await go_on.wait()

    await enqueue(db, key="k")
    async with working(db, spec(run)):
        await entered.wait()
        await enqueue(db, key="k")
        go_on.set()
        await until(lambda: drained(db))
    assert runs == 2


async def test_a_reviewer_goes_before_the_backlog(db: Database) -> None:
    order: list[str] = []

    async def run(job: Job[Payload]) -> None:
        order.append(job.payload.name)

    for number in range(3):
        await enqueue(db, f"backlog{number}")
    await enqueue(db, "reviewer", priority=Priority.REVIEWER)
    async with working(db, spec(run, concurrency=1)):
        await until(lambda: drained(db))
    assert order == ["reviewer", "backlog0", "backlog1", "backlog2"]


async def test_a_second_run_changes_nothing(db: Database) -> None:
    """Two workers run the same job at once, as after a lease that ran out: one effect."""
    runs: list[Job[Payload]] = []
    both = asyncio.Barrier(2)

    async def run(job: Job[Payload]) -> None:
        runs.append(job)
        await both.wait()
        async with db.transaction() as tx:
            if await job.claim(tx):
                await tx.execute("INSERT INTO effect VALUES ($1)", job.payload.name)

    await enqueue(db)
    async with working(db, spec(run)), working(db, spec(run)):
        await until(lambda: _let_lease_run_out(db, runs))
        await until(lambda: drained(db))
    assert len(runs) == 2
    assert await db.fetchval("SELECT count(*) FROM effect") == 1


async def _let_lease_run_out(db: Database, runs: list[Job[Payload]]) -> bool:
    await db.execute("UPDATE pgqueuer SET heartbeat = now() - interval '1 hour' WHERE status = 'picked'")
    return len(runs) == 2


async def test_retries_back_off_and_end_in_a_row_and_in_what_exhausted_wrote(db: Database) -> None:
    attempts: list[int] = []

    async def run(job: Job[Payload]) -> None:
        attempts.append(job.attempt)
        raise Transient("the printer is on fire")

    async def exhausted(job: Job[Payload], error: Exception, tx: Tx) -> None:
        await tx.execute("INSERT INTO effect VALUES ($1)", f"{job.payload.name}: {error}")

    await enqueue(db, "a", key="k")
    async with working(db, spec(run, exhausted=exhausted, max_attempts=3)):
        await until(lambda: _is(attempts, [1]))
        await until(lambda: _waits(db))
        await until(lambda: drained(db))
    assert attempts == [1, 2, 3]
    row = await db.fetchrow("SELECT * FROM job_failure")
    assert row is not None
    assert (row["name"], row["key"], row["attempts"], row["error_type"]) == ("test.work", "k", 3, "Transient")
    assert row["payload"] == {"name": "a"}
    assert await db.fetchval("SELECT name FROM effect") == "a: the printer is on fire"


async def _is(value: list[int], wanted: list[int]) -> bool:
    return value == wanted


async def _waits(db: Database) -> bool:
    return bool(await db.fetchval("SELECT execute_after > now() AND attempts = 1 FROM pgqueuer"))


async def test_a_refusal_is_exhausted_at_once_and_a_broken_exhausted_loses_nothing(db: Database) -> None:
    tries = 0

    async def run(job: Job[Payload]) -> None:
        raise Refused("no_backdrop", "the backdrop is not plain", "use the box")

    async def exhausted(job: Job[Payload], error: Exception, tx: Tx) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("a bug in exhausted")
        await tx.execute("INSERT INTO effect VALUES ($1)", str(error))

    await enqueue(db)
    async with working(db, spec(run, exhausted=exhausted)):
        await until(lambda: drained(db))
    assert tries == 2
    assert await db.fetchval("SELECT count(*) FROM job_failure") == 1
    assert "no_backdrop" in await db.fetchval("SELECT name FROM effect")


async def test_an_outage_waits_and_does_not_count(db: Database) -> None:
    attempts: list[int] = []

    async def run(job: Job[Payload]) -> None:
        attempts.append(job.attempt)
        if len(attempts) == 1:
            raise Outage("S3 is away")

    await enqueue(db)
    async with working(db, spec(run, max_attempts=1)):
        await until(lambda: drained(db))
    assert attempts == [1, 1]
    assert await db.fetchval("SELECT count(*) FROM job_failure") == 0


async def test_a_payload_of_another_release_fails_into_its_row(db: Database) -> None:
    async def run(job: Job[Payload]) -> None:
        raise AssertionError("never")

    async with db.transaction() as tx:
        await tx.enqueue("test.work", {"name": ["no", "text"]})
    async with working(db, spec(run)):
        await until(lambda: drained(db))
    assert "payload of job" in await db.fetchval("SELECT error FROM job_failure")


async def test_a_job_that_takes_too_long_is_stopped(db: Database) -> None:
    async def run(job: Job[Payload]) -> None:
        await asyncio.sleep(60)

    await enqueue(db)
    async with working(db, spec(run, max_attempts=1, time_limit=0.3)):
        await until(lambda: drained(db))
    assert "longer than its 0.3 s" in await db.fetchval("SELECT error FROM job_failure")


async def test_stop_lets_running_jobs_end_and_puts_slow_ones_back(db: Database) -> None:
    entered = asyncio.Event()

    async def run(job: Job[Payload]) -> None:
        entered.set()
        await asyncio.sleep(0.3 if job.payload.name == "quick" else 60)

    await enqueue(db, "quick")
    await enqueue(db, "slow")
    worker = Worker(db, [spec(run)])
    task = asyncio.create_task(worker.run(grace=1.5))
    await entered.wait()
    await until(lambda: _picked(db, 2))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    rows = await db.fetch("SELECT status::text, attempts, convert_from(payload, 'UTF8') AS payload FROM pgqueuer")
    assert [(row["status"], row["attempts"]) for row in rows] == [("queued", 0)]
    assert "slow" in rows[0]["payload"]


async def _picked(db: Database, number: int) -> bool:
    return bool(await db.fetchval("SELECT count(*) >= $1 FROM pgqueuer WHERE status = 'picked'", number))


async def test_a_stray_cancellation_is_an_error_of_the_job_not_the_end_of_the_worker(db: Database) -> None:
    runs = 0

    async def run(job: Job[Payload]) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise asyncio.CancelledError

    await enqueue(db)
    async with working(db, spec(run)):
        await until(lambda: drained(db))
    assert runs == 2


async def test_a_job_during_which_the_worker_always_dies_is_held_guilty(db: Database) -> None:
    async def run(job: Job[Payload]) -> None:
        raise AssertionError("never")

    await enqueue(db)
    await db.execute("UPDATE pgqueuer SET headers = headers || jsonb_build_object('started', $1::int)", jobs.MAX_DEATHS)
    async with working(db, spec(run)):
        await until(lambda: drained(db))
    assert "died 8 times in a row" in await db.fetchval("SELECT error FROM job_failure")


async def test_the_backlog_is_told(db: Database) -> None:
    await enqueue(db, "a")
    await enqueue(db, "b", delay=timedelta(hours=1))
    (row,) = await backlog(db)
    assert (row.name, row.due, row.deferred, row.running) == ("test.work", 1, 1, 0)
    assert row.oldest_seconds >= 0


async def test_work_goes_on_after_postgresql_was_restarted(postgres: PostgresServer, db: Database) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def run(job: Job[Payload]) -> None:
        entered.set()
        await go_on.wait()
        async with db.transaction() as tx:
            if await job.claim(tx):
                await tx.execute("INSERT INTO effect VALUES ($1)", job.payload.name)

    await enqueue(db, "first")
    async with working(db, spec(run)):
        await entered.wait()
        await asyncio.to_thread(postgres.kill)
        go_on.set()
        await asyncio.to_thread(postgres.start)
        await until(lambda: _patient_drained(db), 40)
    assert await db.fetchval("SELECT count(*) FROM effect") == 1
    assert await db.fetchval("SELECT count(*) FROM job_failure") == 0


async def _patient_drained(db: Database) -> bool:
    try:
        return await drained(db)
    except Outage:
        return False


async def test_after_a_kill_the_job_goes_on_elsewhere_within_15_seconds(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "runs"
    await db.execute("SELECT 1")
    async with db.transaction() as tx:
        await tx.enqueue("test.slow", platform_worker.Slow(seconds=60))
    command = (sys.executable, platform_worker.__file__, db.dsn, db.schema, str(file))
    first = await asyncio.create_subprocess_exec(*command)
    await until(lambda: _lines(file, 1))
    second = await asyncio.create_subprocess_exec(*command)
    try:
        first.kill()
        await first.wait()
        killed = asyncio.get_running_loop().time()
        await until(lambda: _lines(file, 2), 30)
        assert asyncio.get_running_loop().time() - killed <= 15
        assert _read(file) == [str(first.pid), str(second.pid)]
    finally:
        second.kill()
        await second.wait()


async def _lines(file: Path, number: int) -> bool:
    return len(_read(file)) >= number


def _read(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []
