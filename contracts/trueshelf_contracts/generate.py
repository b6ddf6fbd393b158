"""What generate says: what it will make, what it made, and what it refused to make."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from trueshelf_contracts.event import ActRecorded, Discriminated, PolicyPublished, PolicyRef, SkuEvent
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Category, Finding, Frozen, ImageRef, Mode, ObjectRef, Placement, Sha256, Shot, Slot


class PlanItem(Frozen):
    """One draft to be made."""

    item_id: UUID
    slot: Slot
    mode: Mode
    preset: str
    capture_ids: tuple[UUID, ...] = Field(min_length=1)
    index: int = Field(ge=0, description="place among the items of the slot")


class Measured(Frozen):
    """What one photo measured beside the others of its shot."""

    capture_id: UUID
    sharpness: float = Field(ge=0, description="edge contrast of the sharpest tenth; higher is sharper")
    clipped: float = Field(ge=0, le=1, description="share of the product without detail")
    fill: float = Field(ge=0, le=1, description="longer side of the product as a share of the frame's")


class CaptureChoice(Frozen):
    """Which of several exposures of a shot the drafts are made from, and by which numbers (R-12)."""

    shot: Shot
    chosen: UUID
    measured: tuple[Measured, ...] = Field(min_length=1, description="best first")


class GenerationPlanned(SkuEvent):
    """The drafts of one round: two or three items for main, one per further slot (R-22)."""

    type: Literal["GenerationPlanned"] = "GenerationPlanned"
    plan_id: UUID
    batch_id: UUID
    category: Category
    kit: tuple[str, ...] = ()
    title: str
    description: str = ""
    captures: tuple[Capture, ...] = Field(min_length=1)
    round: int = Field(ge=1)
    items: tuple[PlanItem, ...] = Field(min_length=1)
    presets: PolicyRef
    choices: tuple[CaptureChoice, ...] = Field(default=(), description="where a shot had several exposures")


class Generator(Frozen):
    """What made the draft (R-31)."""

    name: str
    version: str
    model: str = ""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    seed: int | None = None
    generative: bool = Field(description="true when pixels of the product may be invented")


class Transform(Frozen):
    """A global change that the generator declares, so that qa can undo it and check that nothing else changed."""

    kind: Literal["placement", "gain", "white_balance", "keep_light"] = Field(
        description="keep_light: the picture divided by its fitted backdrop, times the ground, in linear light"
    )
    placement: Placement | None = None
    channel_gain: tuple[float, float, float] | None = Field(default=None, description="linear-light RGB factors")


class EdgeGate(Frozen):
    """The check between background removal and replacement (R-24)."""

    passed: bool
    findings: tuple[Finding, ...] = ()


class PixelProof(Frozen):
    """Core pixels equal in source and master; anyone can recompute it (docs/guides/pixel-proof.md).

    The core is where the cut-out's alpha is 255: at (x, y) in the source, at (x + offset_x, y + offset_y) in the
    master, at scale 1. Both hashes are over R G B of the core, row by row.
    """

    scale: Literal[1] = 1
    offset_x: int
    offset_y: int
    core_pixels: int = Field(ge=1)
    source_core_sha256: Sha256 = Field(description="after `channel_gain`, where there is one")
    master_core_sha256: Sha256
    channel_gain: tuple[float, float, float] | None = Field(
        default=None, description="the declared linear-light factors; absent: the source's own pixels"
    )


class VariantGenerated(SkuEvent):
    """A draft exists. Nothing more: it is a draft until a person approves it (R-25)."""

    type: Literal["VariantGenerated"] = "VariantGenerated"
    plan_id: UUID
    batch_id: UUID
    item_id: UUID
    variant_id: UUID
    round: int = Field(ge=1)
    slot: Slot
    category: Category
    mode: Mode
    preset: str
    presets: PolicyRef
    generator: Generator
    credits: int = Field(default=0, ge=0, description="what all calls for this draft cost; 0 for our own generators")
    capture_id: UUID = Field(description="the capture whose pixels these are")
    original_sha256: Sha256
    source: ImageRef
    cutout: ObjectRef | None = Field(default=None, description="8-bit alpha of the source's size; absent for as_shot")
    master: ImageRef
    preview: ImageRef
    transforms: tuple[Transform, ...] = ()
    edge_gate: EdgeGate | None = None
    pixel_proof: PixelProof | None = None
    background: tuple[int, int, int] | None = Field(default=None, description="8-bit sRGB that the preset asked for")
    shadow: Literal["none", "natural", "contact"] = "none"
    scene: ImageRef | None = Field(
        default=None,
        description="lifestyle: the user's own picture that the product was set into, of the master's size",
    )


class GenerationRefused(SkuEvent):
    """An item was not made: the reason and what to do; a generation case opens."""

    type: Literal["GenerationRefused"] = "GenerationRefused"
    plan_id: UUID
    batch_id: UUID
    item_id: UUID
    round: int = Field(ge=1)
    slot: Slot
    category: Category
    mode: Mode
    preset: str
    capture_id: UUID
    source: ImageRef
    reason: Finding
    advice: str
    credits: int = Field(default=0, ge=0, description="spent in vain: charged, or of unknown end")


GenerateEvent = Annotated[
    GenerationPlanned | VariantGenerated | GenerationRefused | ActRecorded | PolicyPublished, Discriminated
]
