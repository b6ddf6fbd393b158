"""What ingest says: photos accepted or refused, SKUs ready or changed, batches opened and sealed."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from trueshelf_contracts.event import (
    Actor,
    ActRecorded,
    BatchEvent,
    BatchMember,
    Discriminated,
    PolicyPublished,
    SkuEvent,
)
from trueshelf_contracts.refs import Category, Finding, Frozen, ImageRef, ObjectRef, Rights, Shot, SourceType


class Capture(Frozen):
    """One accepted photo, as later steps need it."""

    capture_id: UUID
    shot: Shot
    original: ObjectRef = Field(description="the bytes as sent; quarantined, never served")
    source: ImageRef = Field(description="oriented, 8-bit sRGB, lossless; every later step uses it")
    preview: ImageRef
    source_type: SourceType
    rights: Rights
    warehouse_batch: str = Field(default="", max_length=100)
    colour_note: str = Field(default="", max_length=300)
    gate: tuple[Finding, ...] = Field(default=(), description="what the source gate noticed (R-06, R-07, R-09, R-10)")


class CaptureAccepted(SkuEvent):
    """A photo was decoded, kept as original and source, and passed the source gate."""

    type: Literal["CaptureAccepted"] = "CaptureAccepted"
    intake_id: UUID
    capture: Capture
    actor: Actor


class CaptureRefused(SkuEvent):
    """A photo was not taken: which, why, and what to do."""

    type: Literal["CaptureRefused"] = "CaptureRefused"
    intake_id: UUID
    capture_id: UUID
    shot: Shot
    original_sha256: str
    findings: tuple[Finding, ...] = Field(min_length=1)
    actor: Actor


class SkuReady(SkuEvent):
    """Every required shot of this version is there (R-11, R-14)."""

    type: Literal["SkuReady"] = "SkuReady"
    batch_id: UUID
    category: Category
    kit: tuple[str, ...] = ()
    title: str
    description: str = ""
    captures: tuple[Capture, ...] = Field(min_length=1)


class SkuChanged(SkuEvent):
    """The article changed (supplier, stones, colour, hardware) or was reshot: `sku_version` is the new one (R-16)."""

    type: Literal["SkuChanged"] = "SkuChanged"
    previous_version: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=500)
    changed: tuple[Literal["supplier", "stones", "colour", "hardware", "kit", "text", "captures", "other"], ...]
    actor: Actor


class BatchOpened(BatchEvent):
    """A unit of generation and spot checks began."""

    type: Literal["BatchOpened"] = "BatchOpened"
    size_limit: int = Field(ge=1, le=30)


class BatchSealed(BatchEvent):
    """No further SKU joins the batch; its members are final (R-27)."""

    type: Literal["BatchSealed"] = "BatchSealed"
    members: tuple[BatchMember, ...] = Field(min_length=1, max_length=30)
    reason: Literal["full", "intake_ended", "asked", "aged"]


IngestEvent = Annotated[
    CaptureAccepted
    | CaptureRefused
    | SkuReady
    | SkuChanged
    | BatchOpened
    | BatchSealed
    | ActRecorded
    | PolicyPublished,
    Discriminated,
]
