"""What qa says, and the report that its events point at. QA never approves (R-53)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from trueshelf_contracts.event import ActRecorded, Discriminated, PolicyPublished, PolicyRef, SkuEvent
from trueshelf_contracts.refs import Frozen, Marketplace, ObjectRef, Region, Sha256, Slot, Verdict


class Metric(Frozen):
    """One measured number and the thresholds it was held against."""

    name: str
    value: float
    unit: str = ""
    flag_at: float | None = None
    stop_at: float | None = None


class Evidence(Frozen):
    """A picture that shows what a check saw."""

    kind: Literal["heat_map", "edge_strip", "crops", "registered_source"]
    image: ObjectRef
    check: str | None = Field(default=None, description="whose finding it shows; absent: the whole pair")


class Sentences(Frozen):
    """A check's sentence in the other languages of the console; `sentence` beside it is the English one."""

    ru: str
    kk: str


class CheckResult(Frozen):
    """What one check found. `unjudged` is said openly: the machine could not tell."""

    check: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    verdict: Verdict
    metrics: tuple[Metric, ...] = ()
    confidence: float = Field(ge=0, le=1)
    margin: float | None = Field(
        default=None, ge=0, description="smallest distance of a metric to one of its limits, as a share of that limit"
    )
    regions: tuple[Region, ...] = ()
    sentence: str
    sentences: Sentences | None = None
    checklist_item: str | None = Field(default=None, description="the item of review's checklist that it bears on")


class Unavailable(Frozen):
    """A signal that this installation does not have; the verdict stands on the rest."""

    check: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sentence: str
    sentences: Sentences | None = None


class Report(Frozen):
    """Everything qa measured on one variant or rendition; stored under its own hash, which an approval binds."""

    schema_version: Literal[1] = 1
    subject: Literal["variant", "rendition"]
    subject_id: UUID
    source_sha256: Sha256
    source_pixel_sha256: Sha256
    candidate_sha256: Sha256
    candidate_pixel_sha256: Sha256
    verdict: Verdict
    aligned: bool
    profile: Literal["composited", "generative"]
    thresholds: PolicyRef
    checks: tuple[CheckResult, ...] = Field(min_length=1)
    unavailable: tuple[Unavailable, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    limits: str = "Automatic comparison prepares a person's decision; it is not free of errors (R-53)."


class CheckSummary(Frozen):
    """A check's outcome as reviewers' lists need it; the report has the rest."""

    check: str
    verdict: Verdict
    sentence: str
    sentences: Sentences | None = None
    checklist_item: str | None = None


class VariantChecked(SkuEvent):
    """A draft was compared with its source."""

    type: Literal["VariantChecked"] = "VariantChecked"
    batch_id: UUID
    item_id: UUID
    variant_id: UUID
    slot: Slot
    round: int = Field(ge=1)
    verdict: Verdict
    checks: tuple[CheckSummary, ...]
    report: ObjectRef
    evidence: tuple[Evidence, ...] = ()
    master_sha256: Sha256
    thresholds: PolicyRef


class RenditionChecked(SkuEvent):
    """A marketplace file was compared with its master after compression (R-51)."""

    type: Literal["RenditionChecked"] = "RenditionChecked"
    order_id: UUID
    pack_id: UUID
    rendition_id: UUID
    variant_id: UUID
    marketplace: Marketplace
    slot: Slot
    verdict: Verdict
    checks: tuple[CheckSummary, ...]
    report: ObjectRef
    evidence: tuple[Evidence, ...] = ()
    rendition: ObjectRef
    master: ObjectRef
    category: str
    thresholds: PolicyRef


QaEvent = Annotated[VariantChecked | RenditionChecked | ActRecorded | PolicyPublished, Discriminated]
