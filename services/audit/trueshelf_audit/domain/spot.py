"""Spot checks recomputed: the seed was bound before anything was decided, and the sample follows from it (R-69)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trueshelf_audit.domain.index import Index
from trueshelf_audit.domain.signatures import REVIEW_TOPIC
from trueshelf_contracts.ids import draw_sample

DECISIONS = frozenset({"VariantApproved", "VariantRejected"})


@dataclass(slots=True)
class SpotChecks:
    """What the log says about batches so far; fed entry by entry, in order."""

    _committed: dict[UUID, tuple[str, int, datetime | None]] = field(default_factory=dict)
    _drawn: dict[UUID, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    _decided: dict[UUID, tuple[datetime, int]] = field(default_factory=dict)

    def take(self, seq: int, topic: str, index: Index, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        """Take an entry in; yield (seq, sentence) for what is wrong already."""
        batch = index.batch_id
        if topic != REVIEW_TOPIC or batch is None:
            return
        if index.type == "SpotCheckCommitted":
            yield from self._commit(seq, batch, index, data)
        elif index.type == "SpotCheckDrawn":
            yield from self._draw(seq, batch, data)
        elif index.type in DECISIONS and index.occurred_at is not None:
            first = self._decided.get(batch)
            if first is None or index.occurred_at < first[0]:
                self._decided[batch] = (index.occurred_at, seq)

    def end(self) -> Iterator[tuple[int, str]]:
        """Yield what only the whole log shows: records of two keys may be logged in either order."""
        for batch, (seq, data) in self._drawn.items():
            committed = self._committed.get(batch)
            if committed is None:
                yield seq, f"the spot check of batch {batch} was drawn without a commitment"
            elif hashlib.sha256(_seed(data)).hexdigest() != committed[0]:
                yield seq, f"the seed of batch {batch} is not the one that was committed in entry {committed[1]}"
        for batch, (_, seq, at) in self._committed.items():
            decided = self._decided.get(batch)
            if decided is not None and at is not None and decided[0] < at:
                yield (
                    seq,
                    f"the spot check of batch {batch} was committed after its first decision in entry {decided[1]}",
                )

    def _commit(self, seq: int, batch: UUID, index: Index, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        commitment = str(data.get("commitment"))
        first = self._committed.setdefault(batch, (commitment, seq, index.occurred_at))
        if first[0] != commitment:
            yield seq, f"the spot check of batch {batch} was committed twice, first in entry {first[1]}"

    def _draw(self, seq: int, batch: UUID, data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        first = self._drawn.setdefault(batch, (seq, data))
        if (first[1].get("seed"), first[1].get("sample")) != (data.get("seed"), data.get("sample")):
            yield seq, f"the spot check of batch {batch} was drawn twice, first in entry {first[0]}"
        try:
            wanted = draw_sample(_seed(data), _skus(data["population"]), int(data["rate"]))
            drawn = sorted(_skus(data["sample"]))
        except (KeyError, TypeError, ValueError):
            yield seq, f"the spot check of batch {batch} cannot be recomputed from its entry"
            return
        if drawn != wanted:
            yield seq, f"the sample of batch {batch} does not follow from its seed: {', '.join(wanted)} had to be drawn"


def _seed(data: Mapping[str, Any]) -> bytes:
    try:
        return bytes.fromhex(str(data.get("seed")))
    except ValueError:
        return b""


def _skus(members: Any) -> list[str]:
    return [str(member["sku"]) for member in members]
