"""Packs held against decisions: every file rests on a signed approval of that very picture, and on its spot check.

Topics are logged independently of each other, so a pack may stand before the approval that it rests on: what is
missing is told at the end, and for the last hour of the log as a notice only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from trueshelf_audit.domain.entry import Entry
from trueshelf_audit.domain.index import Index
from trueshelf_audit.domain.signatures import REVIEW_TOPIC, SignatureState
from trueshelf_contracts.topics import BY_OWNER

EXPORT_TOPIC = BY_OWNER["export"].name
GRACE = timedelta(hours=1)
"""A topic of the log may lag behind another by this much before a missing decision is a problem."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Subject = tuple[str, int, str, str, str]
"""SKU, version, variant, slot and SHA-256 of the master: what an approval approved, what a file of a pack shows."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One PackReady: where it stands, and what each of its files claims."""

    seq: int
    logged_at: datetime
    name: str
    spot_check: str
    files: tuple[tuple[str, str, Subject], ...]
    """Name, approval and subject of each file."""


@dataclass(slots=True)
class Packs:
    """What the log says about packs so far; fed entry by entry."""

    _approved: dict[str, Subject] = field(default_factory=dict)
    _withdrawn: dict[str, int] = field(default_factory=dict)
    _covered: set[tuple[str, str]] = field(default_factory=set)
    """(spot check, approval)."""
    _packs: dict[str, Pack] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _newest: datetime = EPOCH

    def take(
        self, entry: Entry, index: Index, data: Mapping[str, Any], signature: SignatureState | None
    ) -> Iterator[tuple[int, str]]:
        """Take an entry in; yield (seq, sentence) when it is a pack that cannot be read."""
        self._newest = max(self._newest, entry.logged_at)
        try:
            if entry.record.at.topic == REVIEW_TOPIC:
                self._from_review(entry.seq, index, data, signed=signature is SignatureState.VALID)
            elif entry.record.at.topic == EXPORT_TOPIC:
                self._from_export(entry, index, data)
        except (KeyError, TypeError, AttributeError, ValueError):
            what = f"{index.type} {index.event_id} cannot be held against decisions: it lacks what its kind has"
            yield entry.seq, what

    def _from_review(self, seq: int, index: Index, data: Mapping[str, Any], *, signed: bool) -> None:
        match index.type:
            case "VariantApproved" if signed:
                master = str(data["binding"]["master_sha256"])
                self._approved[str(index.event_id)] = _subject(index, data, master)
            case "SpotCheckPassed" if signed:
                for member in data["members"]:
                    self._covered.update((str(index.event_id), str(one)) for one in member["approvals"].values())
            case "ApprovalWithdrawn":
                self._withdrawn.setdefault(str(data["approval_id"]), seq)

    def _from_export(self, entry: Entry, index: Index, data: Mapping[str, Any]) -> None:
        match index.type:
            case "PackReady":
                self._packs.setdefault(str(data["pack_id"]), _pack(entry, index, data))
            case "PackWithdrawn":
                self._ended.add(str(data["pack_id"]))

    def end(self, *, whole: bool) -> Iterator[tuple[int, str, bool]]:
        """Yield (seq, sentence, sure) of every pack that does not rest on what it claims; not sure: look again later.

        `whole`: the log holds its topics from their beginning; else an approval may be older than the log.
        """
        for pack_id, pack in self._packs.items():
            sure = whole and self._newest - pack.logged_at >= GRACE
            for name, approval, subject in pack.files:
                what = f"pack {pack_id} of {pack.name}: its file {name}"
                if approval not in self._approved:
                    yield pack.seq, f"{what} rests on approval {approval}, which no signed entry states", sure
                elif self._approved[approval] != subject:
                    yield pack.seq, f"{what} is not what approval {approval} approved", True
                elif (pack.spot_check, approval) not in self._covered:
                    yield pack.seq, f"{what} was not covered by spot check {pack.spot_check}", sure
                elif approval in self._withdrawn and pack_id not in self._ended:
                    where = self._withdrawn[approval]
                    yield (
                        pack.seq,
                        f"{what} rests on approval {approval}, withdrawn in entry {where}; it still stands",
                        sure,
                    )


def _pack(entry: Entry, index: Index, data: Mapping[str, Any]) -> Pack:
    files = tuple(
        (str(file["name"]), str(file["approval_id"]), _subject(index, file, str(file["master_sha256"])))
        for file in data["files"]
    )
    name = f"{index.sku} version {index.sku_version}"
    return Pack(entry.seq, entry.logged_at, name, str(data["spot_check"]), files)


def _subject(index: Index, data: Mapping[str, Any], master_sha256: str) -> Subject:
    return (index.sku or "", index.sku_version or 0, str(data["variant_id"]), str(data["slot"]), master_sha256)
