"""Each way to tamper with the log is found, and the first bad entry is named (R-100)."""

from collections.abc import Callable

import pytest
import pytest_asyncio

from support.audit_logs import Bench, Key, edited, relabelled
from trueshelf_audit.domain.checkpoint import Checkpoint, sign_note
from trueshelf_audit.domain.merkle import Tree
from trueshelf_audit.domain.verify import Keys

COUNT = 30


@pytest_asyncio.fixture
async def bench() -> Bench:
    made = Bench(batch=4)
    await made.fill(COUNT - 2)
    await made.take(
        made.bus.record("trueshelf.review", made.approval()), made.bus.record("trueshelf.review", b"no json")
    )
    made.copies.notes.append(made.log.checkpoints[-1][1])
    return made


def resigned(bench: Bench, key: Key) -> None:
    """Make every checkpoint anew over what the entries say now, signed by `key`."""
    tree, roots = Tree(), {}
    for stored in bench.log.entries:
        tree.append(stored.leaf_hash)
        roots[tree.size] = tree.root()
    signer = key.signer
    bench.log.checkpoints = [
        (size, sign_note(Checkpoint(signer.key.name, size, roots[size]), signer.key, signer.sign), roots[size])
        for size, _, _ in bench.log.checkpoints
        if size in roots
    ]


async def test_an_untouched_log_is_whole(bench: Bench):
    report = bench.verify()
    assert report.ok, report.sentence()
    assert (report.entries, report.approvals, report.unreadable, report.copies) == (COUNT, 1, 1, 1)
    assert report.first is None
    assert "whole" in report.sentence()


def edit(bench: Bench) -> None:
    bench.log.entries[7] = edited(bench.log.entries[7], b"change 7", b"change 8", rehash=False)


def delete(bench: Bench) -> None:
    del bench.log.entries[11]


def insert(bench: Bench) -> None:
    copied = bench.log.entries[3]
    rest = [relabelled(item, item.entry.seq + 1) for item in bench.log.entries[9:]]
    bench.log.entries[9:] = [relabelled(copied, 9), *rest]


def swap(bench: Bench) -> None:
    entries = bench.log.entries
    entries[5], entries[6] = relabelled(entries[6], 5), relabelled(entries[5], 6)


def truncate(bench: Bench) -> None:
    del bench.log.entries[26:]


def index_column(bench: Bench) -> None:
    bench.log.entries[12].index["sku"] = "ANOTHER"


def stored_root(bench: Bench) -> None:
    size, note, root = bench.log.checkpoints[3]
    bench.log.checkpoints[3] = (size, note.replace(note.split("\n")[2], note.split("\n")[2][::-1][1:] + "="), root)


@pytest.mark.parametrize(
    ("tamper", "first", "kind"),
    [
        (edit, 7, "leaf"),
        (delete, 11, "gap"),
        (insert, 9, "root"),
        (swap, 4, "root"),
        (truncate, 26, "truncated"),
        (index_column, 12, "index"),
        (stored_root, 15, "checkpoint"),
    ],
)
async def test_simple_tampering_is_found(bench: Bench, tamper: Callable[[Bench], None], first: int, kind: str):
    tamper(bench)
    report = bench.verify()
    assert not report.ok
    assert report.first is not None
    assert kind in {problem.kind for problem in report.problems if problem.seq == report.first.seq}, report.problems
    assert report.first.seq == first
    assert f"Entry {first} is the first bad one" in report.sentence()


async def test_an_edit_with_its_leaf_hash_is_found_by_the_next_checkpoint(bench: Bench):
    """Entry 7 lies under the checkpoint of size 8, the one before has size 4: the first that can be bad is 4."""
    bench.log.entries[7] = edited(bench.log.entries[7], b"change 7", b"change 8", rehash=True)
    report = bench.verify()
    assert report.first is not None
    assert (report.first.kind, report.first.seq) == ("root", 4)
    assert "entries 4 to 7" in report.sentence()


@pytest.mark.parametrize("known", [True, False], ids=["the key is pinned", "a copy was kept"])
async def test_signing_everything_again_with_another_key_is_found(bench: Bench, known: bool):
    intruder = Key("log")
    bench.log.entries[7] = edited(bench.log.entries[7], b"change 7", b"change 8", rehash=True)
    resigned(bench, intruder)
    keys = bench.keys if known else Keys(intruder.signer.key, bench.keys.review, bench.keys.check)
    report = bench.verify(keys=keys, copies=[] if known else None)
    assert not report.ok
    assert {problem.kind for problem in report.problems} >= {"checkpoint"}


async def test_signing_again_with_the_stolen_key_is_found_by_a_copy(bench: Bench):
    """The log's own key signs two trees (a fork): only what lies outside can tell."""
    bench.log.entries[7] = edited(bench.log.entries[7], b"change 7", b"change 8", rehash=True)
    resigned(bench, bench.log_key)
    assert bench.verify(copies=[]).ok
    report = bench.verify()
    assert [problem.kind for problem in report.problems] == ["root"]
    assert "copy" in report.sentence()


async def test_rollback_to_an_older_checkpoint_is_found_by_a_copy(bench: Bench):
    del bench.log.entries[16:]
    bench.log.checkpoints = [row for row in bench.log.checkpoints if row[0] <= 16]
    assert bench.verify(copies=[]).ok, "from inside, a log that was rolled back is a shorter log"
    report = bench.verify()
    assert report.first is not None
    assert (report.first.kind, report.first.seq) == ("truncated", 16)
    assert f"{COUNT} entries, the log has 16" in report.sentence()


async def test_entries_under_no_checkpoint_are_found(bench: Bench):
    del bench.log.checkpoints[-1]
    report = bench.verify(copies=[])
    assert report.first is not None
    assert (report.first.kind, report.first.seq) == ("unsigned", 28)


async def test_a_checkpoint_of_another_log_is_not_ours(bench: Bench):
    signer = bench.log_key.signer
    size, _, root = bench.log.checkpoints[-1]
    bench.log.checkpoints[-1] = (size, sign_note(Checkpoint("other/log", size, root), signer.key, signer.sign), root)
    assert {problem.kind for problem in bench.verify().problems} >= {"checkpoint"}


async def test_an_offset_that_was_never_logged_is_found():
    bench = Bench()
    records = [bench.bus.record("trueshelf.qa", b"{}") for _ in range(5)]
    await bench.take(*records[:2], *records[3:])
    report = bench.verify()
    assert report.first is not None
    assert (report.first.kind, report.first.seq) == ("offset", 2)
    assert "trueshelf.qa/0 jumps to offset 3, offset 2 was never logged" in report.sentence()
