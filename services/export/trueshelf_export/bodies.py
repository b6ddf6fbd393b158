"""What export's HTTP API takes and gives."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.export import PackManifest
from trueshelf_contracts.refs import Finding, Marketplace, Sku, Slot
from trueshelf_export.domain.checklist import Answer
from trueshelf_export.domain.packs import PackState, RenditionState, WithdrawalReason
from trueshelf_export.domain.profiles import Standing
from trueshelf_export.service.outcomes import OutcomeKind


class Body(BaseModel):
    """A request; a field that is not known is an error, never lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemView(BaseModel):
    """One question of a checklist."""

    item: str
    question: str
    not_applicable: bool = Field(description="whether 'not_applicable' is an answer to it")


class ChecklistsView(BaseModel):
    """The questions that go with an order (pack) and with a confirmation of rules (marketplace)."""

    version: str
    pack: list[ItemView]
    marketplace: list[ItemView]


class ConfirmationView(BaseModel):
    """The newest confirmation of a marketplace's rules."""

    event_id: UUID
    version: str
    source: str
    checked_on: date
    valid_until: date
    confirmed_by: str
    confirmed_at: datetime
    drill: bool


class ProfileView(BaseModel):
    """A marketplace's rules as they stand today (R-88)."""

    marketplace: Marketplace
    title: str
    standing: Standing = Field(description="current: orders go on; stale, unconfirmed: they wait for a confirmation")
    ref: PolicyRef
    content: dict[str, Any] = Field(description="values with confidence and source, guidance, warnings, naming, dates")
    to_enter: list[str] = Field(description="values that the person who confirms must enter")
    confirmation: ConfirmationView | None
    checklist: list[ItemView] = Field(description="what a confirmation answers, one by one")


class ConfirmationBody(Body):
    """A person read the current rules and confirms them (R-88)."""

    source: str = Field(min_length=1, max_length=500, description="what was read: an address or the cabinet's page")
    checked_on: date
    valid_until: date | None = Field(default=None, description="90 days after the reading unless given; 180 at most")
    answers: dict[str, Answer]
    values: dict[str, int | float | str] = Field(default_factory=dict, description="numbers that differ or are missing")


class OrderBody(Body):
    """Files of many SKUs for one marketplace."""

    marketplace: Marketplace
    skus: list[Sku] = Field(min_length=1, max_length=200)
    slots: list[Slot] | None = Field(
        default=None, min_length=1, description="main among them; None = all of the listing"
    )
    answers: dict[str, Answer] = Field(default_factory=dict, description="items of scope pack; may be answered later")
    iptc: bool = Field(
        default=True, description="write the IPTC digital source type, the only metadata, into each file"
    )


class AnswersBody(Body):
    """Answers to items of scope pack (R-71)."""

    answers: dict[str, Answer] = Field(min_length=1)


class FileView(BaseModel):
    """One file of a pack while it is being made."""

    rendition_id: UUID
    slot: Slot
    position: int
    name: str
    state: RenditionState
    verdict: str | None
    variant_id: UUID
    approval_id: UUID
    width: int | None = None
    height: int | None = None
    size: int | None = None
    quality: int | None = None


class PackView(BaseModel):
    """Where one SKU's pack stands."""

    pack_id: UUID
    order_id: UUID
    sku: Sku
    sku_version: int
    marketplace: Marketplace
    state: PackState
    profile: PolicyRef
    reasons: list[Finding] = Field(description="why it was refused, each with what to do (R-89)")
    unanswered: list[ItemView]
    files: list[FileView]
    withdrawn_reason: WithdrawalReason | None
    sentence: str = Field(description="where it stands and what comes next, in words")
    drill: bool
    file_name: str
    size: int | None = Field(description="bytes of the ZIP")
    sha256: str | None = Field(description="of the ZIP")
    manifest: PackManifest | None
    ordered_at: datetime
    changed_at: datetime


class OrderView(BaseModel):
    """An order with its packs, one per SKU."""

    order_id: UUID
    marketplace: Marketplace
    ordered_at: datetime
    ordered_by: str
    drill: bool
    packs: list[PackView]


class ReasonView(BaseModel):
    """Why not."""

    code: str
    message: str


class PlaceView(BaseModel):
    """An approved picture and its place in the listing."""

    slot: Slot
    position: int
    variant_id: UUID
    approval_id: UUID


class ExportableView(BaseModel):
    """Whether a SKU could be ordered for a marketplace now."""

    sku: Sku
    sku_version: int | None
    marketplace: Marketplace
    exportable: bool
    standing: Standing
    reasons: list[ReasonView]
    places: list[PlaceView]
    left_out: list[str]


class OutcomeBody(Body):
    """A moderation result or a return (R-103 to R-107)."""

    sku: Sku
    marketplace: Marketplace
    kind: OutcomeKind
    reported_on: date
    pack_id: UUID | None = None
    variant_id: UUID | None = None
    reason: str = Field(default="", max_length=1000, description="the marketplace's or the buyer's words; no names")
    checklist_item: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$", description="the item it belongs to")


class OutcomeView(BaseModel):
    """A recorded outcome."""

    outcome_id: UUID
    sku: Sku
    sku_version: int
    marketplace: Marketplace
    kind: Literal["moderation_accepted", "moderation_rejected", "return_not_as_pictured", "return_wrong_colour"]
    reported_on: date
    pack_id: UUID | None
    variant_id: UUID | None
    reason: str
    checklist_item: str | None
    drill: bool
    recorded_at: datetime
