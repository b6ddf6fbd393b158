"""Decisions as they arrive over HTTP and as they are kept: one JSON shape, discriminated by `kind`."""

from typing import Annotated, Any, Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from trueshelf_contracts.refs import Sha256, Shot
from trueshelf_contracts.review import Reason as ReasonSaid
from trueshelf_contracts.review import RegenerationChange, Viewport
from trueshelf_review.domain.checklists import Answer
from trueshelf_review.domain.decisions import (
    Abandon,
    AcceptRendition,
    Acknowledged,
    Approve,
    Decision,
    Dispute,
    KeepOriginal,
    Reason,
    Redirect,
    Regenerate,
    Reject,
    RejectedVariant,
    RejectRendition,
    Reshoot,
    SpotBad,
    SpotGood,
    Then,
)


class Strict(BaseModel):
    """A request's part: a field that we do not know is a mistake and said so."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerBody(Strict):
    """One checklist item answered."""

    item: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    answer: Literal["yes", "no", "not_applicable"]
    note: str = Field(default="", max_length=500)


class AcknowledgedBody(Strict):
    """A finding of qa that was seen and judged harmless."""

    check: str
    note: str = Field(default="", max_length=500)


class RegenerateThen(Strict):
    kind: Literal["regenerate"]
    change: RegenerationChange = RegenerationChange()


class ReshootThen(Strict):
    kind: Literal["reshoot"]
    shots: tuple[Shot, ...] = Field(min_length=1)


class KeepOriginalThen(Strict):
    kind: Literal["keep_original"]


class AbandonThen(Strict):
    kind: Literal["abandon"]


ThenBody = Annotated[RegenerateThen | ReshootThen | KeepOriginalThen | AbandonThen, Field(discriminator="kind")]
Reasons = Annotated[tuple[ReasonSaid, ...], Field(min_length=1, max_length=20)]


class DecisionBase(Strict):
    """What each decision says of what was seen: the screen (R-62) and the case's version."""

    viewport: Viewport
    case_version: int = Field(ge=1)


class ApproveBody(DecisionBase):
    """This variant, whose picture has this hash, with every item answered."""

    kind: Literal["approve"]
    variant_id: UUID
    master_sha256: Sha256
    answers: tuple[AnswerBody, ...] = Field(max_length=100)
    acknowledged: tuple[AcknowledgedBody, ...] = Field(default=(), max_length=100)
    override_reason: str = Field(default="", max_length=1000)


class RejectedBody(Strict):
    variant_id: UUID
    reasons: Reasons


class RejectBody(DecisionBase):
    """No variant will do: each with its reasons, and what follows."""

    kind: Literal["reject"]
    variants: tuple[RejectedBody, ...] = Field(min_length=1, max_length=20)
    then: ThenBody


class DisputeBody(DecisionBase):
    """In doubt: a senior who is another person decides."""

    kind: Literal["dispute"]
    variant_id: UUID
    reasons: Reasons


class SpotGoodBody(DecisionBase):
    kind: Literal["spot_good"]
    note: str = Field(default="", max_length=500)


class SpotBadBody(DecisionBase):
    kind: Literal["spot_bad"]
    reasons: Reasons


class RenditionAcceptBody(DecisionBase):
    kind: Literal["rendition_accept"]
    rendition_sha256: Sha256
    acknowledged: tuple[AcknowledgedBody, ...] = Field(default=(), max_length=100)


class RenditionRejectBody(DecisionBase):
    kind: Literal["rendition_reject"]
    rendition_sha256: Sha256
    reasons: Reasons


class GenerationBase(DecisionBase):
    """After a refused item; without reasons, generate's own refusals are the reasons."""

    reasons: tuple[ReasonSaid, ...] = Field(default=(), max_length=20)


class RegenerateBody(GenerationBase):
    kind: Literal["regenerate"]
    change: RegenerationChange = RegenerationChange()


class ReshootBody(GenerationBase):
    kind: Literal["reshoot"]
    shots: tuple[Shot, ...] = Field(min_length=1)


class KeepOriginalBody(GenerationBase):
    kind: Literal["keep_original"]


class AbandonBody(GenerationBase):
    kind: Literal["abandon"]


DecisionBody = Annotated[
    ApproveBody
    | RejectBody
    | DisputeBody
    | SpotGoodBody
    | SpotBadBody
    | RenditionAcceptBody
    | RenditionRejectBody
    | RegenerateBody
    | ReshootBody
    | KeepOriginalBody
    | AbandonBody,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[DecisionBody] = TypeAdapter(DecisionBody)


def read_body(data: Any) -> DecisionBody:
    """Return a kept body. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(data, strict=False)


def to_decision(body: DecisionBody) -> Decision:  # noqa: PLR0911 - one arm per decision
    """Return what the rules work on."""
    match body:
        case ApproveBody():
            answers = tuple(Answer(a.item, a.answer, a.note) for a in body.answers)
            seen = _acknowledged(body.acknowledged)
            return Approve(body.variant_id, body.master_sha256, answers, seen, body.override_reason)
        case RejectBody():
            variants = tuple(RejectedVariant(v.variant_id, _reasons(v.reasons)) for v in body.variants)
            return Reject(variants, _then(body.then))
        case DisputeBody():
            return Dispute(body.variant_id, _reasons(body.reasons))
        case SpotGoodBody():
            return SpotGood(body.note)
        case SpotBadBody():
            return SpotBad(_reasons(body.reasons))
        case RenditionAcceptBody():
            return AcceptRendition(body.rendition_sha256, _acknowledged(body.acknowledged))
        case RenditionRejectBody():
            return RejectRendition(body.rendition_sha256, _reasons(body.reasons))
        case RegenerateBody() | ReshootBody() | KeepOriginalBody() | AbandonBody():
            return Redirect(_then(body), _reasons(body.reasons))
        case _:
            assert_never(body)


def _then(then: Any) -> Then:
    match then:
        case RegenerateThen(change=change) | RegenerateBody(change=change):
            return Regenerate(change.model_dump(mode="json", exclude_defaults=True))
        case ReshootThen(shots=shots) | ReshootBody(shots=shots):
            return Reshoot(shots)
        case KeepOriginalThen() | KeepOriginalBody():
            return KeepOriginal()
        case _:
            return Abandon()


def _reasons(reasons: tuple[ReasonSaid, ...]) -> tuple[Reason, ...]:
    return tuple(Reason(r.code, r.checklist_item, r.note) for r in reasons)


def _acknowledged(acknowledged: tuple[AcknowledgedBody, ...]) -> tuple[Acknowledged, ...]:
    return tuple(Acknowledged(a.check, a.note) for a in acknowledged)
