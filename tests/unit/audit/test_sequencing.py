"""The sequencer: gap-free places under checkpoints that only ever extend each other."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.audit_logs import Bench, Key, example
from trueshelf_audit.domain.checkpoint import open_note
from trueshelf_audit.domain.merkle import check_consistency, consistency_ranges, hashes_of
from trueshelf_audit.domain.sequence import LogDamaged
from trueshelf_audit.service import copy_newest
from trueshelf_runtime.errors import Outage


async def test_places_are_gap_free_and_every_batch_is_signed():
    bench = Bench(batch=4)
    await bench.fill(10)
    assert [stored.entry.seq for stored in bench.log.entries] == list(range(10))
    assert [size for size, _, _ in bench.log.checkpoints] == [4, 8, 10]
    assert bench.verify().ok
    assert await bench.sequencer.step() == 0
    assert len(bench.log.checkpoints) == 3, "nothing new, nothing signed"


async def test_each_checkpoint_extends_every_earlier_one():
    bench = Bench(batch=3)
    await bench.fill(17)
    opened = [open_note(note, bench.keys.log, bench.keys.check) for _, note, _ in bench.log.checkpoints]
    for position, old in enumerate(opened):
        for new in opened[position:]:
            ranges = consistency_ranges(old.size, new.size)
            nodes = {(0, item.entry.seq): item.leaf_hash for item in bench.log.entries} | bench.log.tree_nodes
            proof = hashes_of(ranges, nodes.__getitem__)
            check_consistency(old.size, new.size, old.root, new.root, proof)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 8), st.lists(st.booleans(), max_size=6))
@settings(max_examples=40, deadline=None)
async def test_restarts_anywhere_give_the_same_log(amounts: list[int], batch: int, restarts: list[bool]):
    bench = Bench(batch=batch)
    for position, amount in enumerate(amounts):
        await bench.fill(amount)
        if position < len(restarts) and restarts[position]:
            bench.sequencer = bench.new_sequencer()
    report = bench.verify()
    assert report.ok, report.problems
    assert report.entries == sum(amounts)


async def test_a_record_that_has_its_place_is_not_placed_again():
    bench = Bench()
    record = bench.bus.record("trueshelf.qa", b"{}")
    await bench.take(record)
    await bench.take(record)
    assert len(bench.log.entries) == 1
    assert bench.log.received == []


async def damage_nothing(bench: Bench) -> None:
    bench.sequencer = bench.new_sequencer(Key("another"))


async def drop_a_subtree(bench: Bench) -> None:
    del bench.log.tree_nodes[3, 0]
    bench.sequencer = bench.new_sequencer()


async def drop_the_last_entry(bench: Bench) -> None:
    bench.log.entries.pop()
    bench.sequencer = bench.new_sequencer()


async def drop_all_checkpoints(bench: Bench) -> None:
    bench.log.checkpoints.clear()
    bench.sequencer = bench.new_sequencer()


async def roll_back_under_a_running_process(bench: Bench) -> None:
    del bench.log.entries[8:]
    del bench.log.checkpoints[2:]


async def roll_back_and_restart_with_a_copy(bench: Bench) -> None:
    await copy_newest(bench.log.open, bench.copies, bench.clock)
    await roll_back_under_a_running_process(bench)
    bench.sequencer = bench.new_sequencer()


async def fork_under_a_copy(bench: Bench) -> None:
    await copy_newest(bench.log.open, bench.copies, bench.clock)
    other = Bench(batch=4)
    other.log_key, other.bus = bench.log_key, bench.bus
    other.sequencer = other.new_sequencer()
    await other.fill(16)
    other.copies = bench.copies
    bench.log = other.log
    bench.sequencer = bench.new_sequencer()


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing, drop_a_subtree, drop_the_last_entry, drop_all_checkpoints, roll_back_under_a_running_process,
        roll_back_and_restart_with_a_copy, fork_under_a_copy,
    ],
)  # fmt: skip
async def test_nothing_is_signed_on_top_of_a_state_that_cannot_be(damage: Callable[[Bench], Awaitable[None]]):
    bench = Bench(batch=4)
    await bench.fill(10)
    await damage(bench)
    before = len(bench.log.checkpoints)
    await bench.log.receive(bench.bus.record("trueshelf.ingest", example("SkuChanged")))
    with pytest.raises(LogDamaged):
        await bench.sequencer.step()
    assert len(bench.log.checkpoints) == before
    with pytest.raises(LogDamaged):
        await bench.sequencer.sound()


async def test_the_copies_are_asked_before_anything_is_signed():
    bench = Bench()

    async def away() -> list[str]:
        raise Outage("S3 is down")

    bench.copies.all = away  # type: ignore[method-assign]
    await bench.log.receive(bench.bus.record("trueshelf.ingest", b"{}"))
    with pytest.raises(Outage):
        await bench.sequencer.step()
    assert bench.log.entries == []


async def test_only_a_new_checkpoint_is_copied():
    bench = Bench()
    assert await copy_newest(bench.log.open, bench.copies, bench.clock) is None
    await bench.fill(3)
    assert await copy_newest(bench.log.open, bench.copies, bench.clock) == 3
    assert await copy_newest(bench.log.open, bench.copies, bench.clock) is None
    assert bench.copies.notes == [bench.log.checkpoints[-1][1]]
