"""What export says: orders, rule confirmations, renditions, packs and what became of them."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from trueshelf_contracts.event import Actor, ActRecorded, Discriminated, Event, PolicyPublished, PolicyRef, SkuEvent
from trueshelf_contracts.refs import (
    Category,
    Finding,
    Frozen,
    ImageRef,
    Marketplace,
    ObjectRef,
    Placement,
    Sha256,
    Slot,
)

DISCLAIMERS = (
    "Trueshelf is an independent tool and not an official partner of any marketplace. (R-110)",
    "Neither approval by moderation nor perfect accuracy is guaranteed. (R-111)",
    "The seller checks the current rules of the marketplace and stays responsible for what is published. (R-112)",
    "Copy, prices, logistics and moderation stay with the seller's team. (R-113)",
    "Video is not offered. (R-114)",
)
"""Stand in the UI, the API documents and each pack (R-110–R-114)."""


class ExportOrdered(SkuEvent):
    """An uploader ordered the files of one SKU for one marketplace."""

    type: Literal["ExportOrdered"] = "ExportOrdered"
    order_id: UUID
    pack_id: UUID
    marketplace: Marketplace
    profile: PolicyRef
    waits_for_rules: bool = Field(description="the profile is stale or unconfirmed (R-88)")
    actor: Actor


class RulesConfirmed(Event):
    """A person read the marketplace's current rules and confirms the profile (R-88)."""

    type: Literal["RulesConfirmed"] = "RulesConfirmed"
    marketplace: Marketplace
    profile: PolicyRef
    source: str = Field(min_length=1, max_length=500, description="what was read: an address or the cabinet's page")
    checked_on: date
    valid_until: date
    answers: dict[str, str] = Field(description="checklist items of scope marketplace, each answered")
    values: dict[str, int | float | str] = Field(
        default_factory=dict, description="values entered where none was known"
    )
    actor: Actor

    @property
    def key(self) -> str:
        return self.marketplace


class FileRules(Frozen):
    """The numbers of a marketplace's profile that one file has to keep; qa measures the file again by them."""

    canvas_width: int = Field(ge=1, description="with the height, the shape of the picture")
    canvas_height: int = Field(ge=1)
    min_width: int = Field(ge=1)
    min_height: int = Field(ge=1)
    max_width: int = Field(ge=1)
    max_height: int = Field(ge=1)
    max_bytes: int = Field(ge=1)
    quality_floor: int = Field(ge=1, le=100, description="JPEG quality (IJG)")
    min_fill: float | None = Field(
        default=None, gt=0, le=1, description="longer side of the product as a share of the frame, where it is ruled"
    )


class RenditionRendered(SkuEvent):
    """A marketplace file was made from an approved master: resized, never stretched (R-83)."""

    type: Literal["RenditionRendered"] = "RenditionRendered"
    order_id: UUID
    pack_id: UUID
    rendition_id: UUID
    variant_id: UUID
    approval_id: UUID
    marketplace: Marketplace
    profile: PolicyRef
    category: Category
    slot: Slot
    position: int = Field(ge=1, description="place in the listing, 1 is the main picture")
    source: ImageRef
    master: ImageRef
    rendition: ImageRef
    placement: Placement = Field(description="of the master's pixels in the rendition")
    pad: tuple[int, int, int] = Field(description="8-bit sRGB beside the master")
    quality: int | None = Field(default=None, ge=1, le=100, description="JPEG quality")
    generative: bool
    rules: FileRules | None = Field(default=None, description="of the profile, as they stood when the file was made")


class PackFile(Frozen):
    """One file of a pack."""

    name: str
    slot: Slot
    position: int = Field(ge=1)
    rendition_id: UUID
    variant_id: UUID
    approval_id: UUID
    sha256: Sha256
    size: int
    media_type: str
    width: int
    height: int
    master_sha256: Sha256
    source_sha256: Sha256
    report_sha256: Sha256
    digital_source_type: str = Field(description="IPTC NewsCodes term that is true of what the generator did")


class PackManifest(Frozen):
    """`manifest.json` in each pack."""

    schema_version: Literal[1] = 1
    pack_id: UUID
    order_id: UUID
    sku: str
    sku_version: int
    title: str
    kit: tuple[str, ...] = ()
    marketplace: Marketplace
    profile: PolicyRef
    rules_confirmed: UUID | None = Field(description="event id of the RulesConfirmed that the pack rests on")
    files: tuple[PackFile, ...] = Field(min_length=1)
    approved_by: dict[str, str] = Field(description="event id of each approval → id of the approver")
    spot_check: UUID = Field(description="event id of the SpotCheckPassed")
    drill: bool
    warnings: tuple[str, ...] = Field(description="what uploading will do, e.g. replace all existing pictures")
    disclaimers: tuple[str, ...] = DISCLAIMERS


class PackReady(SkuEvent):
    """All files of one SKU for one marketplace and their manifest."""

    type: Literal["PackReady"] = "PackReady"
    order_id: UUID
    pack_id: UUID
    marketplace: Marketplace
    pack: ObjectRef
    manifest_sha256: Sha256
    files: tuple[PackFile, ...] = Field(min_length=1)
    approvals: tuple[UUID, ...] = Field(min_length=1)
    spot_check: UUID
    actor: Actor = Field(description="who ordered it")


class PackRefused(SkuEvent):
    """No pack: every reason, and what to do (R-89)."""

    type: Literal["PackRefused"] = "PackRefused"
    order_id: UUID
    pack_id: UUID
    marketplace: Marketplace
    reasons: tuple[Finding, ...] = Field(min_length=1)
    actor: Actor


class PackWithdrawn(SkuEvent):
    """The pack may no longer be used; who had downloaded it is told, the download answers 410."""

    type: Literal["PackWithdrawn"] = "PackWithdrawn"
    order_id: UUID
    pack_id: UUID
    marketplace: Marketplace
    reason: Literal["sku_changed", "approval_withdrawn", "sku_held"]
    downloaded_by: tuple[str, ...] = Field(default=(), description="actor ids")


class OutcomeRecorded(SkuEvent):
    """What the marketplace or the buyers said afterwards (R-103–R-107)."""

    type: Literal["OutcomeRecorded"] = "OutcomeRecorded"
    outcome_id: UUID
    marketplace: Marketplace
    pack_id: UUID | None = None
    variant_id: UUID | None = None
    kind: Literal["moderation_accepted", "moderation_rejected", "return_not_as_pictured", "return_wrong_colour"]
    reason: str = Field(default="", max_length=1000)
    checklist_item: str | None = None
    reported_on: date
    actor: Actor


ExportEvent = Annotated[
    ExportOrdered
    | RulesConfirmed
    | RenditionRendered
    | PackReady
    | PackRefused
    | PackWithdrawn
    | OutcomeRecorded
    | ActRecorded
    | PolicyPublished,
    Discriminated,
]
