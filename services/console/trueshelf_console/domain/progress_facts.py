"""From events to the few facts that say where a SKU version stands. Each has a key: stated twice, it is one fact."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from trueshelf_contracts.event import BatchMember, Event, SkuEvent
from trueshelf_contracts.export import (
    ExportOrdered,
    OutcomeRecorded,
    PackReady,
    PackRefused,
    PackWithdrawn,
    RenditionRendered,
)
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, VariantGenerated
from trueshelf_contracts.ingest import BatchSealed, CaptureAccepted, CaptureRefused, SkuChanged, SkuReady
from trueshelf_contracts.qa import RenditionChecked, VariantChecked
from trueshelf_contracts.review import (
    ApprovalWithdrawn,
    BatchQuarantined,
    BatchReleased,
    RegenerationAsked,
    RenditionAccepted,
    RenditionRejected,
    ReshootAsked,
    SkuFreed,
    SkuHeld,
    SlotAbandoned,
    SpotCheckDrawn,
    SpotCheckPassed,
    VariantApproved,
    VariantDisputed,
    VariantRejected,
)

Value = dict[str, Any]
Facts = dict[str, Value]
"""What is known of one SKU version: `kind:id` → what it says. Each value has `at`, ISO 8601 in UTC."""

COUNTED: Mapping[str, str] = {
    "accepted": "photos",
    "ready": "ready",
    "made": "drafts",
    "checked": "checks",
    "approved": "decisions",
    "abandoned": "decisions",
    "again": "decisions",
    "reshoot": "decisions",
    "packed": "packs",
}
"""Which kinds of facts the rates per hour count, and under which name. A decision ends a slot's case, either way."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of one SKU version."""

    sku: str
    version: int
    kind: str
    id: str
    value: Value

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def counted(self) -> str | None:
        """The rate that counts it, once."""
        return COUNTED.get(self.kind)


def merged(known: Facts, new: Iterable[Fact]) -> tuple[Facts, list[Fact]]:
    """Return both together, and which of `new` were not known before.

    The union of two sets: neither order nor repetition matters. Should two events say different things under one key,
    the smaller of the two stays, whichever came first.
    """
    together, added = dict(known), []
    for fact in new:
        other = together.get(fact.key)
        if other is None:
            added.append(fact)
        if other is None or _rank(fact.value) < _rank(other):
            together[fact.key] = fact.value
    return together, added


def _rank(value: Value) -> tuple[str, str]:
    return value["at"], json.dumps(value, sort_keys=True)


def facts_of(event: Event) -> list[Fact]:
    """Return what an event says of SKU versions; nothing for events that say nothing of where one stands."""
    at = event.occurred_at.astimezone(UTC).isoformat()
    return [
        Fact(sku, version, kind, str(subject), {"at": at, **value})
        for sku, version, kind, subject, value in (*_of_sku(event), *_of_members(event))
    ]


_Row = tuple[str, int, str, object, Value]


def _of_members(event: Event) -> Iterator[_Row]:
    """Yield what a batch's event says of each of its members."""

    def each(members: Iterable[BatchMember], kind: str, value: Value) -> Iterator[_Row]:
        return ((member.sku, member.sku_version, kind, event.event_id, value) for member in members)

    match event:
        case BatchSealed():
            yield from each(event.members, "sealed", {"batch": str(event.batch_id), "category": event.category})
        case SpotCheckDrawn():
            sample = set(event.sample)
            yield from each(event.sample, "drawn", {"sampled": True})
            yield from each((m for m in event.population if m not in sample), "drawn", {"sampled": False})
        case SpotCheckPassed():
            for member in event.members:
                approvals = sorted(str(approval) for approval in member.approvals.values())
                yield member.sku, member.sku_version, "passed", event.event_id, {"approvals": approvals}
        case BatchQuarantined():
            codes = sorted(reason.code for reason in event.reasons)
            yield from each(event.members, "quarantined", {"codes": codes, "bad": event.bad.sku})
        case BatchReleased():
            yield from each(event.members, "released", {})
        case _:
            pass


def _of_sku(event: Event) -> Iterator[_Row]:
    if not isinstance(event, SkuEvent):
        return
    if isinstance(event, SkuChanged):  # it says something of both versions
        yield event.sku, event.previous_version, "superseded", event.event_id, {"by": event.sku_version}
        yield event.sku, event.sku_version, "began", event.event_id, {"reason": event.reason}
        return
    for kind, subject, value in _said(event):
        yield event.sku, event.sku_version, kind, subject, value


def _said(event: SkuEvent) -> Iterator[tuple[str, object, Value]]:  # noqa: C901, PLR0912, PLR0915 - one line per event
    match event:
        case CaptureAccepted():
            yield "accepted", event.capture.capture_id, {"shot": event.capture.shot}
        case CaptureRefused():
            first = event.findings[0]
            yield "refused", event.capture_id, {"shot": event.shot, "code": first.code, "message": first.message}
        case SkuReady():
            yield "ready", event.event_id, _whose(event)
        case GenerationPlanned():
            items = {str(item.item_id): [item.slot, item.mode] for item in event.items}
            yield "plan", event.plan_id, {**_whose(event), "round": event.round, "items": items}
        case VariantGenerated():
            yield "made", event.variant_id, {"item": str(event.item_id), "slot": event.slot, "round": event.round}
        case GenerationRefused():
            said = {"code": event.reason.code, "message": event.reason.message, "advice": event.advice}
            yield "unmade", event.item_id, {"slot": event.slot, "round": event.round, **said}
        case VariantChecked():
            yield "checked", event.variant_id, {"slot": event.slot, "round": event.round, "verdict": event.verdict}
        case VariantApproved():
            yield "approved", event.event_id, {"slot": event.slot, "variant": str(event.variant_id)}
        case VariantRejected():
            yield "rejected", event.variant_id, {"slot": event.slot}
        case VariantDisputed():
            yield "disputed", event.decision_id, {"slot": event.slot, "variant": str(event.variant_id)}
        case RegenerationAsked():
            yield "again", event.event_id, {"slot": event.slot, "round": event.round}
        case ReshootAsked():
            yield "reshoot", event.event_id, {"slot": event.slot, "shots": sorted(event.shots)}
        case SlotAbandoned():
            yield "abandoned", event.event_id, {"slot": event.slot}
        case ApprovalWithdrawn():
            yield "withdrawn", event.approval_id, {"slot": event.slot, "cause": event.cause}
        case SkuHeld():
            yield "held", event.event_id, {"reason": event.reason}
        case SkuFreed():
            yield "freed", event.event_id, {}
        case ExportOrdered():
            yield "ordered", event.pack_id, {"market": event.marketplace, "waits": event.waits_for_rules}
        case RenditionRendered():
            yield "rendered", event.rendition_id, {"pack": str(event.pack_id)}
        case RenditionChecked():
            said = {"pack": str(event.pack_id), "slot": event.slot, "market": event.marketplace}
            yield "weighed", event.rendition_id, {**said, "verdict": event.verdict}
        case RenditionAccepted() | RenditionRejected():
            yield "settled", event.rendition_id, {}
        case PackReady():
            yield "packed", event.pack_id, {"market": event.marketplace}
        case PackRefused():
            codes = sorted(reason.code for reason in event.reasons)
            yield "unpacked", event.pack_id, {"market": event.marketplace, "codes": codes}
        case PackWithdrawn():
            yield "recalled", event.pack_id, {"market": event.marketplace, "reason": event.reason}
        case OutcomeRecorded():
            yield "outcome", event.outcome_id, {"market": event.marketplace, "kind": event.kind}
        case _:
            pass


def _whose(event: SkuReady | GenerationPlanned) -> Value:
    return {"batch": str(event.batch_id), "category": event.category, "title": event.title}
