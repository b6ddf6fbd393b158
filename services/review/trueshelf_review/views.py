"""What review's API answers with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from trueshelf_contracts.generate import EdgeGate, Generator, PixelProof, Transform
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.qa import CheckSummary, Evidence
from trueshelf_contracts.refs import ImageRef, ObjectRef


class ItemView(BaseModel):
    """A checklist item to answer."""

    code: str
    scope: str
    text: dict[str, str] = Field(description="by language: en always, ru and kk where there is one")
    slots: tuple[str, ...] = Field(description="empty: every slot")
    may_not_apply: bool = Field(description="'not_applicable' is an answer")
    documents: tuple[str, ...] = Field(description="source documents that ask for it")


class ChecklistView(BaseModel):
    """One version of a category's checklist."""

    name: str
    version: str
    sha256: str
    items: tuple[ItemView, ...]


class ReasonView(BaseModel):
    """A reason that may be said (R-64)."""

    code: str
    about: tuple[str, ...] = Field(description="picture, rendition: the cases it is for")
    text: dict[str, str] = Field(description="by language: en always, ru and kk where there is one")
    item: str | None = Field(description="the checklist item that it fails")
    offered: bool = Field(description="shown to people; the others may be said all the same")


class ReasonsView(BaseModel):
    """One version of the reasons."""

    name: str
    version: str
    sha256: str
    reasons: tuple[ReasonView, ...]


class OptionView(BaseModel):
    """A decision that the case's kind knows."""

    kind: str
    open: bool
    refused_because: str = ""


class VariantView(BaseModel):
    """A draft with everything that is needed to judge it."""

    variant_id: UUID
    slot: str
    round: int
    mode: str
    preset: str
    generator: Generator
    capture_id: UUID
    original_sha256: str
    source: ImageRef
    cutout: ObjectRef | None
    master: ImageRef
    preview: ImageRef
    background: tuple[int, int, int] | None
    transforms: tuple[Transform, ...]
    edge_gate: EdgeGate | None
    pixel_proof: PixelProof | None
    verdict: str
    checks: tuple[CheckSummary, ...]
    report: ObjectRef
    evidence: tuple[Evidence, ...]
    approval_id: UUID | None = Field(default=None, description="in a spot case: the approval to look at again")
    master_sha256: str = Field(description="send it back with an approval: it says what you saw")


class RefusedView(BaseModel):
    """An item that generate would not make, and what can be done."""

    item_id: UUID
    mode: str
    code: str
    message: str
    advice: str


class RenditionView(BaseModel):
    """A marketplace file that qa did not clear."""

    rendition_id: UUID
    order_id: UUID
    pack_id: UUID
    variant_id: UUID
    marketplace: str
    verdict: str
    checks: tuple[CheckSummary, ...]
    report: ObjectRef
    evidence: tuple[Evidence, ...]
    rendition: ObjectRef
    master: ObjectRef
    rendition_sha256: str = Field(description="send it back with the decision: it says what you saw")


class TakenView(BaseModel):
    """A decision as taken."""

    decision_id: UUID
    case_id: UUID
    kind: str
    state: str = Field(description="pending, final, undone or void")
    actor_id: str
    decided_at: datetime
    undo_until: datetime
    review_seconds: float = Field(description="from the lease to the decision (R-74)")
    body: dict[str, Any] = Field(default_factory=dict)


class CaseLine(BaseModel):
    """A case in a list."""

    case_id: UUID
    kind: str
    state: str
    version: int
    sku: str
    sku_version: int
    batch_id: UUID | None
    category: str
    slot: str | None
    round: int | None
    opened_at: datetime
    doubt: int = Field(description="0 clear, 1 unjudged, 2 flag or refused, 3 stop")
    asked_for: bool = Field(description="a regeneration that somebody asked for: goes first")
    senior_only: bool
    drill: bool
    leased_by: str | None = None
    leased_until: datetime | None = None
    closed_because: str = ""


class CaseView(CaseLine):
    """A case with everything needed to decide it."""

    title: str = ""
    description: str = ""
    kit: tuple[str, ...] = ()
    captures: tuple[Capture, ...] = ()
    variants: tuple[VariantView, ...] = ()
    refusals: tuple[RefusedView, ...] = ()
    rendition: RenditionView | None = None
    disputed: UUID | None = None
    first_case: UUID | None = None
    after_run: bool = False
    checklist: ChecklistView
    reasons: ReasonsView = Field(description="what may be said against what the case is about")
    decisions_open: tuple[OptionView, ...] = Field(default=(), description="what may be decided, by you")
    then_open: tuple[OptionView, ...] = Field(default=(), description="what may follow a rejection")
    decisions: tuple[TakenView, ...] = ()
    min_viewport_width: int = Field(description="CSS pixels; narrower screens are refused (R-62)")


class QueueLine(BaseModel):
    """What waits of one kind in one category."""

    kind: str
    category: str
    waiting: int
    leased: int
    asked_for: int
    oldest: datetime
    oldest_seconds: float


class QueueView(BaseModel):
    """The queue at a glance."""

    total: int
    lines: tuple[QueueLine, ...]


class NextBody(BaseModel):
    """What the person would like next; empty means anything."""

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class MemberLine(BaseModel):
    """A member of a batch."""

    sku: str
    sku_version: int
    decided: bool
    current: bool
    slots: dict[str, str] = Field(description="slot → state")
    approvals: dict[str, UUID] = Field(description="slot → approval that stands")


class BatchView(BaseModel):
    """A batch and its spot check. The seed is shown only after the draw."""

    batch_id: UUID
    category: str
    state: str = Field(description="open, drawn, passed, quarantined or released")
    sealed: bool
    rate: int
    commitment: str
    seed: str | None = None
    draws: int
    holds: int
    drill: bool
    first_seen_at: datetime
    members: tuple[MemberLine, ...] = ()
    looks: dict[str, str] = Field(default_factory=dict, description="sampled SKU → waiting, good, bad or fallen")


class ApprovalView(BaseModel):
    """An approval and whether it stands."""

    approval_id: UUID
    decision_id: UUID
    case_id: UUID
    sku: str
    sku_version: int
    slot: str
    variant_id: UUID
    batch_id: UUID
    category: str
    approver: str
    approver_level: str
    master_sha256: str
    approved_at: datetime
    drill: bool
    withdrawn_at: datetime | None
    withdrawn_cause: str


class RejectionLine(BaseModel):
    """One line of the rejection log (R-103): ours, a marketplace's or a buyer's."""

    sku: str
    sku_version: int
    slot: str | None
    variant_id: UUID | None
    origin: str = Field(description="review, or the marketplace")
    code: str
    checklist_item: str | None
    note: str | None
    reviewer: str | None
    generator: str | None
    generator_version: str | None
    at: datetime


class MinutesLine(BaseModel):
    """Review time of one kind of case in one category (R-74)."""

    kind: str
    category: str
    decisions: int
    minutes: float
    median_seconds: float


class SampleView(BaseModel):
    """Whom the audit after the run drew."""

    batch_id: UUID
    sample: tuple[str, ...]


class Jwks(BaseModel):
    """The public keys with which decisions are verified."""

    keys: tuple[dict[str, Any], ...]
