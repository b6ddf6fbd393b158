"""What follows from a decision once it can no longer be taken back: effects, in the order in which they are stated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.decisions import (
    Abandon,
    AcceptRendition,
    Approve,
    Decision,
    Dispute,
    KeepOriginal,
    Reason,
    Redirect,
    Regenerate,
    Reject,
    RejectRendition,
    Reshoot,
    SpotBad,
    SpotGood,
    Then,
)
from trueshelf_review.domain.rules import AS_SHOT


@dataclass(frozen=True, slots=True)
class VariantIsApproved:
    """The variant holds for its slot; the slot ends."""

    approve: Approve


@dataclass(frozen=True, slots=True)
class VariantIsNotChosen:
    """Another one was approved."""

    variant_id: UUID
    chosen: UUID


@dataclass(frozen=True, slots=True)
class VariantIsRejected:
    """The variant may not be used."""

    variant_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class VariantIsDisputed:
    """A second case opens for a senior who is another person."""

    variant_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class NextRound:
    """The slot is made again with this change."""

    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SlotEnds:
    """The slot ends without an approval: `shots` to photograph again, or nothing at all."""

    shots: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class SpotLook:
    """A sampled SKU was looked at; no reasons means that it is good."""

    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RenditionIsDecided:
    """A marketplace file goes into the pack or not."""

    decision: AcceptRendition | RejectRendition


Effect = (
    VariantIsApproved
    | VariantIsNotChosen
    | VariantIsRejected
    | VariantIsDisputed
    | NextRound
    | SlotEnds
    | SpotLook
    | RenditionIsDecided
)


def consequences(case: Case, decision: Decision) -> tuple[Effect, ...]:  # noqa: PLR0911 - one arm per decision
    """Return the effects of `decision` on `case`; whether it was allowed is `rules.check_decision`'s business."""
    match decision:
        case Approve(variant_id=chosen):
            others = (c.variant_id for c in case.subject.candidates if c.variant_id != chosen)
            return (VariantIsApproved(decision), *(VariantIsNotChosen(other, chosen) for other in others))
        case Reject(variants=variants, then=then):
            reasons = _distinct(reason for variant in variants for reason in variant.reasons)
            return (*(VariantIsRejected(v.variant_id, v.reasons) for v in variants), _following(then, reasons))
        case Dispute(variant_id=variant_id, reasons=reasons):
            return (VariantIsDisputed(variant_id, reasons),)
        case Redirect(then=then, reasons=reasons):
            return (_following(then, reasons or refusal_reasons(case)),)
        case SpotGood():
            return (SpotLook(),)
        case SpotBad(reasons=reasons):
            return (SpotLook(reasons),)
        case AcceptRendition() | RejectRendition():
            return (RenditionIsDecided(decision),)
        case _:
            assert_never(decision)


def _following(then: Then, reasons: tuple[Reason, ...]) -> NextRound | SlotEnds:
    match then:
        case Regenerate(change=change):
            return NextRound(change)
        case KeepOriginal():
            return NextRound({"mode": AS_SHOT, "note": "keep the original (R-17)"})
        case Reshoot(shots=shots):
            return SlotEnds(shots, reasons)
        case Abandon():
            return SlotEnds((), reasons)
        case _:
            assert_never(then)


def refusal_reasons(case: Case) -> tuple[Reason, ...]:
    """Return generate's refusals as reasons, for a person who adds none."""
    return _distinct(Reason(item.code.replace(".", "_"), None, item.message[:1000]) for item in case.subject.refusals)


def _distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
