"""What ingest's API takes and shows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from trueshelf_contracts.refs import Category, Finding, Shot, Sku, SourceType
from trueshelf_contracts.sheet import LONGEST

Change = Literal["supplier", "stones", "colour", "hardware", "kit", "text", "captures", "other"]


class Body(BaseModel):
    """A request body: an unknown field is a mistake worth naming."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IntakeBody(Body):
    reference: str = Field(
        min_length=1, max_length=200, description="your own name for this delivery; again = the same"
    )
    note: str = Field(default="", max_length=500)


class SkuBody(Body):
    intake_id: UUID
    category: Category
    title: str = Field(min_length=1, max_length=LONGEST["title"])
    description: str = Field(default="", max_length=LONGEST["description"])
    kit: tuple[str, ...] = Field(default=(), max_length=50, description="the parts in the box")
    waived: dict[Shot, str] = Field(default_factory=dict, description="shot that this SKU cannot have → why")


class ChangeBody(Body):
    intake_id: UUID
    reason: str = Field(min_length=1, max_length=500)
    changed: tuple[Change, ...] = Field(min_length=1)
    title: str | None = Field(default=None, min_length=1, max_length=1024, description="new; absent = as it was")
    description: str | None = Field(default=None, max_length=20_000, description="new; absent = as it was")


class CaptureForm(Body):
    """The form fields beside the photo (the file itself is one more field, so others are let pass)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    intake_id: UUID
    shot: Shot
    rights_basis: Literal["own", "licensed", "supplier_licensed"]
    rights_reference: str = Field(default="", max_length=LONGEST["rights_reference"])
    warehouse_batch: str = Field(default="", max_length=LONGEST["warehouse_batch"])
    colour_note: str = Field(default="", max_length=LONGEST["colour_note"])
    source_type: SourceType = "phone"


class CaptureView(BaseModel):
    capture_id: UUID
    sku: Sku
    shot: Shot
    state: Literal["received", "accepted", "refused"]
    findings: tuple[Finding, ...] = ()
    original_sha256: str
    source: dict[str, Any] | None = None
    preview: dict[str, Any] | None = None
    warehouse_batch: str
    colour_note: str
    source_type: SourceType
    rights_basis: str
    rights_reference: str
    received_at: datetime
    decided_at: datetime | None = None


class SkuView(BaseModel):
    sku: Sku
    version: int
    category: str
    kit: tuple[str, ...]
    title: str
    description: str
    waived: dict[str, str]
    state: Literal["collecting", "ready"]
    missing_shots: tuple[str, ...]
    reshoot_asked: tuple[str, ...]
    captures: tuple[CaptureView, ...]


class ReshootView(BaseModel):
    """A SKU of which review wants new photos."""

    sku: Sku
    title: str
    category: str
    shots: tuple[Shot, ...] = Field(description="still to be taken")
    asked_at: datetime


class IntakeView(BaseModel):
    intake_id: UUID
    reference: str
    state: Literal["open", "complete", "settled"]
    skus: dict[str, str] = Field(description="SKU → collecting or ready")
    captures: tuple[CaptureView, ...]


class IntakeSummary(BaseModel):
    """A delivery of any size in numbers, with the first of what somebody has to look after."""

    intake_id: UUID
    reference: str
    state: Literal["open", "complete", "settled"]
    received: int = Field(description="photos that are still looked at")
    accepted: int
    refused: int
    warned: int = Field(description="accepted with a warning")
    skus: int
    ready: int
    first_refused: tuple[CaptureView, ...]
    first_collecting: tuple[str, ...] = Field(description="SKUs that still collect photos")


class BatchView(BaseModel):
    batch_id: UUID
    category: str
    state: Literal["open", "sealed"]
    size_limit: int
    members: tuple[tuple[str, int], ...] = Field(default=(), description="SKU and version")
    count: int
    opened_at: datetime
    sealed_at: datetime | None
    reason: str | None
