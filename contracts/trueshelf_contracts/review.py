"""What review says: decisions by named people, per variant, and what follows from them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from trueshelf_contracts.event import (
    Actor,
    ActRecorded,
    BatchEvent,
    BatchMember,
    Discriminated,
    PolicyPublished,
    PolicyRef,
    Signature,
    SkuEvent,
)
from trueshelf_contracts.refs import (
    Box,
    Category,
    Frozen,
    ImageRef,
    Marketplace,
    Mode,
    ObjectRef,
    Sha256,
    Shot,
    Slot,
    Stroke,
    Verdict,
)


class Viewport(Frozen):
    """What the reviewer's client said of its screen (R-62): self-reported, and the record says so."""

    width: int = Field(ge=1, description="CSS pixels")
    height: int = Field(ge=1, description="CSS pixels")
    device_pixel_ratio: float = Field(default=1.0, gt=0)
    self_reported: Literal[True] = True


class ChecklistAnswer(Frozen):
    """One item answered by the person who decides (R-71)."""

    item: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    answer: Literal["yes", "not_applicable"]
    note: str = Field(default="", max_length=500)


class Acknowledgement(Frozen):
    """A finding of qa that the approver saw and judged harmless."""

    check: str
    note: str = Field(default="", max_length=500)


class Binding(Frozen):
    """Exactly what was approved: change one bit of any of these and the approval does not cover it."""

    original_sha256: Sha256
    source_sha256: Sha256
    source_pixel_sha256: Sha256
    master_sha256: Sha256
    master_pixel_sha256: Sha256
    report_sha256: Sha256
    checklist: PolicyRef
    presets: PolicyRef
    thresholds: PolicyRef
    generator: str = Field(description="name and version")


class Reason(Frozen):
    """Why a frame was rejected or withdrawn (R-64, R-103)."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    checklist_item: str | None = None
    note: str = Field(default="", max_length=1000)


class Decision(SkuEvent):
    """A named person's decision about one variant; signed by review."""

    batch_id: UUID
    category: Category
    case_id: UUID
    decision_id: UUID
    variant_id: UUID
    slot: Slot
    round: int = Field(ge=1)
    actor: Actor
    viewport: Viewport
    signature: Signature | None = Field(default=None, description="absent only while it is being signed")


class VariantApproved(Decision):
    """This variant may be shown to buyers for this slot."""

    type: Literal["VariantApproved"] = "VariantApproved"
    decided_at: AwareDatetime
    mode: Mode
    generative: bool
    title: str
    kit: tuple[str, ...] = ()
    original: ObjectRef
    source: ImageRef
    master: ImageRef
    report: ObjectRef
    verdict: Verdict
    binding: Binding
    answers: tuple[ChecklistAnswer, ...] = Field(min_length=1)
    acknowledged: tuple[Acknowledgement, ...] = ()
    override_reason: str = Field(default="", max_length=1000, description="a senior's reason where qa said stop")
    second_opinion: UUID | None = Field(default=None, description="the second case that came before (R-67)")


class VariantRejected(Decision):
    """This variant may not be used; the reasons say why (R-64)."""

    type: Literal["VariantRejected"] = "VariantRejected"
    decided_at: AwareDatetime
    master: ImageRef
    generator: str
    reasons: tuple[Reason, ...] = Field(min_length=1)


class VariantNotChosen(Decision):
    """Another variant of the slot was approved."""

    type: Literal["VariantNotChosen"] = "VariantNotChosen"
    chosen_variant_id: UUID


class VariantDisputed(Decision):
    """The reviewer is in doubt: a senior who is another person decides (R-67)."""

    type: Literal["VariantDisputed"] = "VariantDisputed"
    reasons: tuple[Reason, ...] = Field(min_length=1)
    second_case_id: UUID


class RegenerationChange(Frozen):
    """What shall be different in the next round (R-26). Empty fields stay as they were."""

    mode: Mode | None = None
    preset: str | None = None
    capture_ids: tuple[UUID, ...] = ()
    box: Box | None = None
    strokes: tuple[Stroke, ...] = ()
    height_cm: float | None = Field(
        default=None, gt=0, le=1000, description="the product's height as somebody measured it, for a scene's scale"
    )
    note: str = Field(default="", max_length=1000)


class RegenerationAsked(SkuEvent):
    """Make this slot again, ahead of the backlog."""

    type: Literal["RegenerationAsked"] = "RegenerationAsked"
    batch_id: UUID
    case_id: UUID
    slot: Slot
    round: int = Field(ge=2, description="the round to make")
    change: RegenerationChange
    actor: Actor


class ReshootAsked(SkuEvent):
    """No draft from these captures will do: photograph again."""

    type: Literal["ReshootAsked"] = "ReshootAsked"
    batch_id: UUID
    case_id: UUID
    slot: Slot
    shots: tuple[Shot, ...] = Field(min_length=1)
    reasons: tuple[Reason, ...] = Field(min_length=1)
    actor: Actor


class SlotAbandoned(SkuEvent):
    """The listing does without this slot."""

    type: Literal["SlotAbandoned"] = "SlotAbandoned"
    batch_id: UUID
    case_id: UUID
    slot: Slot
    reasons: tuple[Reason, ...] = Field(min_length=1)
    actor: Actor


class ApprovalWithdrawn(SkuEvent):
    """An approval no longer holds; `actor` is absent when the SKU's own change ended it."""

    type: Literal["ApprovalWithdrawn"] = "ApprovalWithdrawn"
    batch_id: UUID
    variant_id: UUID
    slot: Slot
    approval_id: UUID = Field(description="event id of the VariantApproved")
    cause: Literal["sku_changed", "person", "spot_check", "outcome"]
    reasons: tuple[Reason, ...] = ()
    actor: Actor | None = None
    signature: Signature | None = None


class RenditionDecision(SkuEvent):
    """A person's decision about a marketplace file that qa did not clear."""

    order_id: UUID
    pack_id: UUID
    rendition_id: UUID
    variant_id: UUID
    marketplace: Marketplace
    slot: Slot
    case_id: UUID
    decision_id: UUID
    rendition_sha256: Sha256
    report_sha256: Sha256
    actor: Actor
    viewport: Viewport
    signature: Signature | None = None


class RenditionAccepted(RenditionDecision):
    """The file may go into the pack."""

    type: Literal["RenditionAccepted"] = "RenditionAccepted"
    acknowledged: tuple[Acknowledgement, ...] = ()


class RenditionRejected(RenditionDecision):
    """The file may not go into the pack."""

    type: Literal["RenditionRejected"] = "RenditionRejected"
    reasons: tuple[Reason, ...] = Field(min_length=1)


class SpotCheckCommitted(BatchEvent):
    """A seed was drawn and is bound by its hash before anything of the batch was decided."""

    type: Literal["SpotCheckCommitted"] = "SpotCheckCommitted"
    commitment: Sha256 = Field(description="SHA-256 of the 32 seed bytes")
    rate: int = Field(ge=1, description="5 means every fifth (R-69)")


class SpotCheckDrawn(BatchEvent):
    """The sealed batch is decided: seed and sample are revealed (`ids.draw_sample` recomputes it)."""

    type: Literal["SpotCheckDrawn"] = "SpotCheckDrawn"
    seed: str = Field(pattern=r"^[0-9a-f]{64}$", description="32 bytes")
    rate: int = Field(ge=1)
    population: tuple[BatchMember, ...] = Field(min_length=1, description="members with at least one approval")
    sample: tuple[BatchMember, ...] = Field(min_length=1)


class ApprovedMember(Frozen):
    """A SKU version with what was approved for it."""

    sku: str
    sku_version: int = Field(ge=1)
    approvals: dict[Slot, UUID] = Field(description="slot → event id of its VariantApproved")


class SpotLook(Frozen):
    """One sampled SKU version, looked at again by another person than its approvers and found good."""

    sku: str
    sku_version: int = Field(ge=1)
    case_id: UUID
    decision_id: UUID
    actor: Actor
    viewport: Viewport
    decided_at: AwareDatetime


class SpotCheckPassed(BatchEvent):
    """Every sampled SKU was looked at again by another person and found good, or a senior released the batch."""

    type: Literal["SpotCheckPassed"] = "SpotCheckPassed"
    basis: Literal["sample", "release", "nothing_approved"]
    members: tuple[ApprovedMember, ...]
    checked_by: tuple[Actor, ...] = ()
    looks: tuple[SpotLook, ...] = Field(default=(), description="the good looks, one for each sampled SKU version")
    signature: Signature | None = None


class BatchQuarantined(BatchEvent):
    """A spot check found something bad: nothing of the batch leaves (R-70)."""

    type: Literal["BatchQuarantined"] = "BatchQuarantined"
    members: tuple[BatchMember, ...]
    bad: BatchMember
    reasons: tuple[Reason, ...] = Field(min_length=1)
    next_rate: int = Field(ge=1, description="the category's spot rate from now on")
    actor: Actor
    signature: Signature | None = None


class BatchReleased(BatchEvent):
    """A senior ended the quarantine and says why."""

    type: Literal["BatchReleased"] = "BatchReleased"
    members: tuple[BatchMember, ...]
    reason: str = Field(min_length=1, max_length=1000)
    actor: Actor
    signature: Signature | None = None


class SkuHeld(SkuEvent):
    """Nothing of this SKU version may be exported until it is freed."""

    type: Literal["SkuHeld"] = "SkuHeld"
    batch_id: UUID
    reason: str
    actor: Actor | None = None
    signature: Signature | None = None


class SkuFreed(SkuEvent):
    """The hold ended."""

    type: Literal["SkuFreed"] = "SkuFreed"
    batch_id: UUID
    reason: str
    actor: Actor | None = None
    signature: Signature | None = None


ReviewEvent = Annotated[
    VariantApproved
    | VariantRejected
    | VariantNotChosen
    | VariantDisputed
    | RegenerationAsked
    | ReshootAsked
    | SlotAbandoned
    | ApprovalWithdrawn
    | RenditionAccepted
    | RenditionRejected
    | SpotCheckCommitted
    | SpotCheckDrawn
    | SpotCheckPassed
    | BatchQuarantined
    | BatchReleased
    | SkuHeld
    | SkuFreed
    | ActRecorded
    | PolicyPublished,
    Discriminated,
]
