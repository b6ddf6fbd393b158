"""Placing records in the log: seq, leaves, the subtrees they complete and the new root. Pure: who calls it stores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trueshelf_audit.domain.checkpoint import Checkpoint
from trueshelf_audit.domain.entry import Entry, Record, StoredEntry
from trueshelf_audit.domain.index import index_value
from trueshelf_audit.domain.merkle import Hash, Node, Tree
from trueshelf_audit.domain.signatures import SignatureState

State = Callable[[str, dict[str, object] | None], SignatureState | None]
"""(topic, JSON object) → the state of review's signature."""


class LogDamaged(Exception):  # noqa: N818 -- it says what the log is
    """What is stored is no state that this log can have reached: nothing is signed on top of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries to be stored together with the checkpoint that covers them."""

    entries: tuple[StoredEntry, ...]
    nodes: tuple[tuple[Node, Hash], ...]
    tree: Tree
    checkpoint: Checkpoint


def place(tree: Tree, records: Sequence[Record], at: datetime, origin: str, state: State) -> Batch:
    """Return `records` placed after the `tree.size` entries that exist. `tree` is left as it is.

    Raises ValueError for no records: a checkpoint of the same size says nothing new.
    """
    if not records:
        raise ValueError("there is nothing to place")
    grown = Tree(tree.size, tree.peaks)
    entries: list[StoredEntry] = []
    nodes: list[tuple[Node, Hash]] = []
    for record in records:
        entry = Entry(grown.size, at, record)
        leaf = entry.leaf()
        index, data = index_value(record.value)
        signature = state(record.at.topic, data)
        entries.append(StoredEntry(entry, leaf, {**index.columns(), "signature": signature and signature.value}))
        nodes.extend(grown.append(leaf))
    return Batch(tuple(entries), tuple(nodes), grown, Checkpoint(origin, grown.size, grown.root()))
