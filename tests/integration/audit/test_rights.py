"""The database keeps the log from changing, and verification sees it when somebody stronger changed it anyway."""

import asyncio

import asyncpg
import pytest

from support.audit_logs import START, Bus, example
from support.audit_trail import Trail, TrailFactory
from trueshelf_audit.adapters.copies import StoredCopies
from trueshelf_audit.adapters.keys import check_ed25519, signer_from
from trueshelf_audit.adapters.log import opener
from trueshelf_audit.domain.sequence import LogDamaged
from trueshelf_audit.service import Sequencer, copy_newest, receive
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Invalid
from trueshelf_runtime.storage import ObjectStore

pytestmark = pytest.mark.integration
GROWS = ("entries", "tree_nodes", "checkpoints", "checkpoint_copies", "verifications", "verification_reports")
CHANGES = ("UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE")
COLUMN = {"verifications": "id", "verification_reports": "id", "entries": "seq", "tree_nodes": "level"}


def sequencer_of(trail: Trail, database: Database, store: ObjectStore, batch: int = 8) -> Sequencer:
    signer = signer_from(trail.settings.checkpoint_key_file, trail.settings.origin)
    return Sequencer(
        opener(database),
        signer,
        review_keys={trail.review.kid: trail.review.public},
        check=check_ed25519,
        copies=StoredCopies(store, trail.settings),
        clock=SettableClock(START),
        batch=batch,
    )


async def fill(
    trail: Trail, database: Database, store: ObjectStore, count: int = 20, bus: Bus | None = None
) -> Sequencer:
    """Log `count` records through the real tables."""
    bus = bus or Bus()
    async with opener(database)() as log:
        for number in range(count):
            event = example("SkuChanged", sku=f"RING-{number}", reason=f"change {number}")
            await receive(bus.record("trueshelf.ingest", event), log)
    sequencer = sequencer_of(trail, database, store)
    while await sequencer.step():
        pass
    return sequencer


def statements(table: str) -> list[str]:
    column = COLUMN.get(table, "tree_size")
    return [change.format(table, column, column) for change in CHANGES]


@pytest.mark.parametrize("who", ["service", "owner"])
async def test_the_log_cannot_be_updated_deleted_or_truncated(trail_of: TrailFactory, who: str):
    """The service's role has no right to; the owner has, and meets the trigger."""
    async with trail_of(run=False) as trail, Database.open(trail.db.dsn, "audit") as database:
        async with ObjectStore.of(trail.settings) as store:
            await fill(trail, database, store, 5)
        dsn = trail.db.dsn if who == "service" else trail.db.owner_dsn
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "audit"})
        try:
            for table in GROWS:
                for statement in statements(table):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
                        await connection.execute(statement)
                    if who == "owner":
                        assert "the audit log only grows" in str(refused.value)
        finally:
            await connection.close()
        assert await trail.size() == 5


COPIED = """
INSERT INTO entries SELECT 9, logged_at, topic, 1, "offset", timestamp_ms, key, value, headers, leaf_hash, type,
event_id, sku, sku_version, batch_id, actor_id, occurred_at, drill, signature FROM entries WHERE seq = 3
"""
TAMPERING = {
    "edit": (
        ["UPDATE entries SET value = overlay(value PLACING 'X'::bytea FROM 30) WHERE seq = 7"], 7,
    ),
    "delete": (["DELETE FROM entries WHERE seq = 11"], 11),
    "insert": (
        ["UPDATE entries SET seq = seq + 1000 WHERE seq >= 9", "UPDATE entries SET seq = seq - 999 WHERE seq >= 1000",
         COPIED], 9,
    ),
    "swap": (
        ["UPDATE entries SET seq = 5000 WHERE seq = 5", "UPDATE entries SET seq = 5 WHERE seq = 6",
         "UPDATE entries SET seq = 6 WHERE seq = 5000"], 5,
    ),
    "truncate": (["DELETE FROM entries WHERE seq >= 17"], 17),
    "roll back": (
        ["DELETE FROM entries WHERE seq >= 16", "DELETE FROM checkpoint_copies",
         "DELETE FROM checkpoints WHERE tree_size > 16", "DELETE FROM tree_nodes WHERE (index + 1) << level > 16"], 16,
    ),
    "hide from searches": (["UPDATE entries SET sku = 'OTHER' WHERE seq = 4"], 4),
    "drop a checkpoint": (["DELETE FROM checkpoint_copies", "DELETE FROM checkpoints WHERE tree_size = 20"], 16),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERING)
async def test_what_a_database_administrator_changes_is_found(trail_of: TrailFactory, how: str):
    changes, first = TAMPERING[how]
    async with trail_of(run=False) as trail, Database.open(trail.db.dsn, "audit") as database:
        async with ObjectStore.of(trail.settings) as store:
            await fill(trail, database, store)
            copies = StoredCopies(store, trail.settings)
            assert await copy_newest(opener(database), copies, SettableClock(START)) == 20
            kept = [note for note in await copies.all() if note.startswith(f"{trail.settings.origin}\n")]
        assert (await trail.verify(kept)).ok
        await trail.tamper(*changes)
        report = await trail.verify(kept)
        assert report.first is not None, "not found"
        assert report.first.seq == first, report.problems
        assert report.sentence().startswith(f"Entry {first} is the first bad one: ")


async def test_the_log_is_never_signed_over_a_rolled_back_state(trail_of: TrailFactory):
    """Neither by the process that saw more, nor by a new one that finds a copy outside."""
    async with trail_of(run=False) as trail, Database.open(trail.db.dsn, "audit") as database:  # noqa: SIM117
        async with ObjectStore.of(trail.settings) as store:
            bus = Bus()
            running = await fill(trail, database, store, 20, bus)
            copies = StoredCopies(store, trail.settings)
            await copy_newest(opener(database), copies, SettableClock(START))
            await trail.tamper(*TAMPERING["roll back"][0])
            async with opener(database)() as log:
                await receive(bus.record("trueshelf.ingest", example("SkuChanged")), log)
            for sequencer in (running, sequencer_of(trail, database, store)):
                with pytest.raises(LogDamaged, match="rolled back"):
                    await sequencer.step()
                assert await trail.size() == 16


async def test_several_sequencers_place_each_record_once(trail_of: TrailFactory):
    async with trail_of(run=False) as trail, Database.open(trail.db.dsn, "audit") as database:
        async with ObjectStore.of(trail.settings) as store:
            bus = Bus()
            async with opener(database)() as log:
                for number in range(120):
                    record = bus.record("trueshelf.ingest", example("SkuChanged"), partition=number % 4)
                    await receive(record, log)
                    await receive(record, log)
            several = [sequencer_of(trail, database, store) for _ in range(3)]

            async def work(sequencer: Sequencer) -> int:
                placed = 0
                while await database.fetchval("SELECT count(*) FROM received"):
                    placed += await sequencer.step()
                return placed

            assert sum(await asyncio.gather(*(work(sequencer) for sequencer in several))) == 120
        report = await trail.verify()
        assert report.ok, report.problems
        assert report.entries == 120


async def test_a_record_delivered_again_after_it_was_placed_changes_nothing(trail_of: TrailFactory):
    async with trail_of(run=False) as trail, Database.open(trail.db.dsn, "audit") as database:
        async with ObjectStore.of(trail.settings) as store:
            sequencer = await fill(trail, database, store, 3)
            same = (await trail.look("SELECT value FROM entries WHERE seq = 1"))[0]["value"]
            again = Bus({("trueshelf.ingest", 0): 1}).record("trueshelf.ingest", bytes(same))
            async with opener(database)() as log:
                await receive(again, log)
            other = Bus({("trueshelf.ingest", 0): 1}).record("trueshelf.ingest", b"{}")
            with pytest.raises(Invalid, match="the topic was recreated"):
                async with opener(database)() as log:
                    await receive(other, log)
            assert await sequencer.step() == 0
        assert await trail.size() == 3
