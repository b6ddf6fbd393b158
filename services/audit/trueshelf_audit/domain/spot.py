"""Spot checks recomputed: the seed was bound before anything was decided, and the sample follows from it (R-69).

A batch is drawn again when a sampled SKU fell away (it changed, or its approval was withdrawn): from the same seed, at
the same rate, over those who are left.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from trueshelf_audit.domain.index import Index
from trueshelf_audit.domain.signatures import REVIEW_TOPIC
from trueshelf_contracts.ids import draw_sample

DECISIONS = frozenset({"VariantApproved", "VariantRejected"})


Member = tuple[str, int]
"""SKU and version."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was bound before the first decision."""

    seq: int
    sha256: str
    rate: object
    at: datetime | None


@dataclass(slots=True)
class SpotChecks:
    """What the log says about batches so far; fed entry by entry, in order."""

    _committed: dict[UUID, Commitment] = field(default_factory=dict)
    _drawn: dict[UUID, list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)
    _decided: dict[UUID, tuple[datetime, int]] = field(default_factory=dict)
    _approved: dict[str, tuple[UUID, Member]] = field(default_factory=dict)
    _withdrawn: set[str] = field(default_factory=set)
    _ended: dict[UUID, set[Member]] = field(default_factory=dict)

    def take(self, seq: int, topic: str, index: Index, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        """Take an entry in; yield (seq, sentence) for what is wrong already."""
        batch = index.batch_id
        if topic != REVIEW_TOPIC or batch is None:
            return
        if index.type == "SpotCheckCommitted":
            yield from self._commit(seq, batch, index, data)
        elif index.type == "SpotCheckDrawn":
            yield from self._draw(seq, batch, data)
        elif index.type == "ApprovalWithdrawn":
            self._withdrawn.add(str(data.get("approval_id")))
            self._ended.setdefault(batch, set()).add(_member(index))
        elif index.type in DECISIONS and index.occurred_at is not None:
            if index.type == "VariantApproved":
                self._approved[str(index.event_id)] = (batch, _member(index))
            first = self._decided.get(batch)
            if first is None or index.occurred_at < first[0]:
                self._decided[batch] = (index.occurred_at, seq)

    def end(self) -> Iterator[tuple[int, str]]:
        """Yield what only the whole log shows: records of two keys may be logged in either order."""
        standing = self._standing()
        for batch, draws in self._drawn.items():
            yield from self._against_commitment(batch, *draws[0])
            for (_, before), (seq, after) in pairwise(draws):
                lost = _population(before) - _population(after)
                if kept := (lost - self._ended.get(batch, set())) | (lost & standing.get(batch, set())):
                    yield seq, f"the second draw of batch {batch} leaves out {_names(kept)}, whose approvals stand"
            if missing := standing.get(batch, set()) - _population(draws[0][1]):
                what = f"the spot check of batch {batch} was drawn without {_names(missing)}, approved in that batch"
                yield draws[0][0], what
        for batch, committed in self._committed.items():
            decided = self._decided.get(batch)
            if decided is not None and committed.at is not None and decided[0] < committed.at:
                yield (
                    committed.seq,
                    f"the spot check of batch {batch} was committed after its first decision in entry {decided[1]}",
                )

    def _standing(self) -> dict[UUID, set[Member]]:
        """Return by batch the members with an approval that nobody withdrew."""
        standing: dict[UUID, set[Member]] = {}
        for approval, (batch, member) in self._approved.items():
            if approval not in self._withdrawn:
                standing.setdefault(batch, set()).add(member)
        return standing

    def _against_commitment(self, batch: UUID, seq: int, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        committed = self._committed.get(batch)
        if committed is None:
            yield seq, f"the spot check of batch {batch} was drawn without a commitment"
        elif hashlib.sha256(_seed(data)).hexdigest() != committed.sha256:
            yield seq, f"the seed of batch {batch} is not the one that was committed in entry {committed.seq}"
        elif data.get("rate") != committed.rate:
            yield seq, f"batch {batch} was drawn at rate {data.get('rate')}, committed was {committed.rate}"

    def _commit(self, seq: int, batch: UUID, index: Index, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        said = Commitment(seq, str(data.get("commitment")), data.get("rate"), index.occurred_at)
        first = self._committed.setdefault(batch, said)
        if (first.sha256, first.rate) != (said.sha256, said.rate):
            yield seq, f"the spot check of batch {batch} was committed twice, first in entry {first.seq}"

    def _draw(self, seq: int, batch: UUID, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        try:
            wanted = draw_sample(_seed(data), _skus(data["population"]), int(data["rate"]))
            drawn = sorted(_skus(data["sample"]))
            population = _population(data)
        except (KeyError, TypeError, ValueError):
            yield seq, f"the spot check of batch {batch} cannot be recomputed from its entry"
            return
        draws = self._drawn.setdefault(batch, [])
        if draws:
            before_seq, before = draws[-1]
            if (before.get("seed"), before.get("rate")) != (data.get("seed"), data.get("rate")):
                yield seq, f"batch {batch} was drawn again with another seed or rate than in entry {before_seq}"
            if not population <= _population(before):
                yield seq, f"batch {batch} was drawn again with SKUs that entry {before_seq} does not have"
        draws.append((seq, data))
        if drawn != wanted:
            yield seq, f"the sample of batch {batch} does not follow from its seed: {', '.join(wanted)} had to be drawn"


def _member(index: Index) -> Member:
    return (index.sku or "", index.sku_version or 0)


def _population(data: Mapping[str, Any]) -> set[Member]:
    return {(str(member["sku"]), int(member["sku_version"])) for member in data["population"]}


def _names(members: set[Member]) -> str:
    return ", ".join(f"{sku} version {version}" for sku, version in sorted(members))


def _seed(data: Mapping[str, Any]) -> bytes:
    try:
        return bytes.fromhex(str(data.get("seed")))
    except ValueError:
        return b""


def _skus(members: Any) -> list[str]:
    return [str(member["sku"]) for member in members]
