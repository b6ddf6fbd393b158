"""Transactions, outbox, jobs and migrations on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from support.bus import act
from support.services import ServiceDb, ServiceDbFactory
from trueshelf_runtime import inbox
from trueshelf_runtime.db import Database, session_settings
from trueshelf_runtime.errors import Invalid, Kind, Outage, kind_of
from trueshelf_runtime.migrate import MigrationMismatch, check, migrate, migrations_of
from trueshelf_runtime.web import problem_of

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def db(service_db: ServiceDbFactory) -> ServiceDb:
    return await service_db("qa")


@pytest_asyncio.fixture
async def database(db: ServiceDb) -> AsyncIterator[Database]:
    async with Database.open(db.dsn, "qa", size=3) as database:
        yield database


async def _rows(database: Database) -> list[str]:
    return [row["t"] for row in await database.fetch("SELECT convert_from(key, 'UTF8') AS t FROM outbox ORDER BY id")]


async def test_state_claim_outbox_and_job_stand_or_fall_together(database: Database):
    group, event, key = "trueshelf.qa.generate", uuid4(), f"k-{uuid4()}"

    async def fail() -> None:
        async with database.transaction(first=inbox.claiming(group, event)) as tx:
            assert tx.first == inbox.CLAIMED
            await tx.emit(act(key))
            await tx.enqueue("qa.compare", {"a": 1}, key=key)
            raise Invalid("no")

    with pytest.raises(Invalid):
        await fail()
    assert key not in await _rows(database)
    assert await database.fetchval("SELECT count(*) FROM pgqueuer WHERE dedupe_key = $1", f"qa.compare/{key}") == 0
    async with database.transaction() as tx:
        assert await inbox.claim(tx, group, event), "the claim was rolled back too"
        await tx.emit(act(key))
        await tx.enqueue("qa.compare", {"a": 1}, key=key)
    assert key in await _rows(database)
    async with database.transaction(first=inbox.claiming(group, event)) as tx:
        assert tx.first != inbox.CLAIMED
    assert await database.fetchval("SELECT count(*) FROM pgqueuer WHERE dedupe_key = $1", f"qa.compare/{key}") == 1


async def test_an_event_stated_twice_stands_once_in_the_outbox_and_order_is_kept(database: Database):
    subject = f"s-{uuid4()}"
    events = [act(subject, number) for number in range(3)]
    async with database.transaction() as tx:
        await tx.emit(events[0], events[1], events[0])
    async with database.transaction() as tx:
        await tx.emit(events[1], events[2])
    async with database.transaction() as tx:
        await tx.emit(events[2])
    ids = [
        row["event_id"]
        for row in await database.fetch("SELECT event_id FROM outbox WHERE key = $1 ORDER BY id", subject.encode())
    ]
    assert ids == [event.event_id for event in events]


async def test_a_first_statement_that_fails_leaves_no_open_transaction_in_the_pool(database: Database):
    for _ in range(4):
        with pytest.raises(asyncpg.UndefinedTableError):
            async with database.transaction(first="INSERT INTO nowhere VALUES (1)"):
                pytest.fail("the body must not run")
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT 1") == 1


async def test_json_columns_are_python_objects(database: Database):
    value = {"a": [1, None, "ä"], "at": "2026"}
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT $1::jsonb", value) == value
        written = await tx.fetchval("SELECT $1::jsonb", {"id": uuid4(), "at": datetime.now(UTC)})
        assert isinstance(written["id"], str)


async def test_every_session_has_the_time_outs_and_the_schema(database: Database):
    row = await database.fetchrow(
        "SELECT current_setting('statement_timeout') AS s, current_setting('lock_timeout') AS l,"
        " current_setting('idle_in_transaction_session_timeout') AS i, current_schema() AS schema"
    )
    assert tuple(row) == ("25s", "5s", "1min", "qa")


async def test_a_query_that_the_server_cancels_is_a_fault_and_no_outage(database: Database):
    async def sleep() -> None:
        async with database.transaction() as tx:
            await tx.execute("SET LOCAL statement_timeout = '50ms'")
            await tx.execute("SELECT pg_sleep(5)")

    with pytest.raises(asyncpg.QueryCanceledError) as caught:
        await sleep()
    assert kind_of(caught.value) is Kind.TRANSIENT


@pytest.mark.parametrize("query", ["SELECT $1::text", "SELECT $1::jsonb", "SELECT ($1::json)::jsonb"])
async def test_a_text_that_cannot_be_stored_is_the_senders_fault(database: Database, query: str):
    """U+0000 in a title or a reason: said as 422, never retried."""
    value = "a\x00b" if "text" in query else {"title": "a\x00b"}
    with pytest.raises(asyncpg.PostgresError) as caught:
        await database.fetchval(query, value)
    assert kind_of(caught.value) is Kind.INVALID
    problem = problem_of(caught.value)
    assert problem.status == 422
    assert "U+0000" in problem.message


async def test_a_server_that_cuts_the_connection_is_an_outage(database: Database, db: ServiceDb):
    admin = await asyncpg.connect(db.admin_dsn)

    async def work() -> None:
        async with database.transaction() as tx:
            pid = await tx.fetchval("SELECT pg_backend_pid()")
            await admin.execute("SELECT pg_terminate_backend($1)", pid)
            await tx.execute("SELECT 1")

    with pytest.raises(Outage, match="went away"):
        await work()
    await admin.close()
    assert await database.fetchval("SELECT 1") == 1, "the pool has replaced it"


async def test_a_database_that_is_away_is_an_outage_at_open():
    with pytest.raises(Outage, match="does not answer"):
        async with Database.open("postgresql://nobody@127.0.0.1:1/none", "qa"):
            pytest.fail("there is nothing to open")


async def test_a_machine_that_vanished_does_not_keep_its_locks_for_hours(database: Database):
    """The server asks a silent client after 15 s and gives it up 15 s later (0: a Unix socket needs no asking)."""
    assert session_settings("qa", "test")["tcp_keepalives_idle"] == "15"
    assert await database.fetchval("SHOW tcp_keepalives_idle") in {"15", "0"}


async def test_pruning_takes_the_old_and_leaves_the_unpublished(database: Database):
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM inbox")
        await tx.execute("DELETE FROM outbox")
        for days in (1, 36, 38):
            await tx.execute(
                "INSERT INTO inbox VALUES ('g', gen_random_uuid(), now() - $1::interval)", timedelta(days=days)
            )
        for days, published in ((1, True), (30, True), (30, False)):
            await tx.execute(
                "INSERT INTO outbox (event_id, topic, key, value, headers, created_at, published_at)"
                " VALUES (gen_random_uuid(), 't', '', '', '{}', now() - $1::interval,"
                " CASE WHEN $2 THEN now() - $1::interval END)",
                timedelta(days=days),
                published,
            )
        for job, days in ((1, 36), (2, 38)):
            await tx.execute(
                "INSERT INTO job_failure (job_id, name, payload, attempts, error_type, error, failed_at)"
                " VALUES ($1, 'n', '{}', 1, 'E', '', now() - $2::interval)",
                job,
                timedelta(days=days),
            )
    assert await inbox.prune(database) == {"inbox": 1, "delivery_attempt": 0, "outbox": 1, "job_failure": 1}
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 1
    await database.execute("DELETE FROM outbox")


async def test_migrations_run_once_however_many_start_together(service_db: ServiceDbFactory):
    db = await service_db("qa", migrated=False)
    async with Database.open(db.dsn, "qa") as database:
        with pytest.raises(MigrationMismatch, match="migrate"):
            await check(database, None)
    applied = await asyncio.gather(*(migrate(db.owner_dsn, "qa") for _ in range(4)))
    assert sorted(len(each) for each in applied) == [0, 0, 0, len(migrations_of("trueshelf_runtime"))]
    async with Database.open(db.dsn, "qa") as database:
        await check(database, None)


async def test_a_service_does_not_start_on_a_changed_migration(service_db: ServiceDbFactory):
    db = await service_db("qa")
    owner = await asyncpg.connect(db.owner_dsn, server_settings={"search_path": "qa"})
    await owner.execute("UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE number = 1")
    await owner.close()
    async with Database.open(db.dsn, "qa") as database:
        with pytest.raises(MigrationMismatch, match="has changed since it was applied"):
            await check(database, None)
    with pytest.raises(MigrationMismatch, match="0001_pre_bus"):
        await migrate(db.owner_dsn, "qa")


async def test_the_service_s_role_works_but_owns_nothing(database: Database):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute("CREATE TABLE mine (x int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.execute("DELETE FROM schema_migration")


async def test_an_append_only_service_may_still_use_the_runtime_s_tables(service_db: ServiceDbFactory):
    db = await service_db("audit", migrated=False)
    await migrate(db.owner_dsn, "audit")
    async with Database.open(db.dsn, "audit") as database:
        for table in ("inbox", "outbox", "delivery_attempt", "dead_letter", "job_failure", "pgqueuer"):
            await database.execute(f"DELETE FROM {table}")
