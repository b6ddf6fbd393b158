"""Two things are compared: a variant with its source, and a marketplace file with its master (R-40, R-51)."""

from dataclasses import dataclass
from typing import Any, Literal, assert_never
from uuid import UUID

from trueshelf_contracts.event import Event, PolicyRef
from trueshelf_contracts.export import FileRules, RenditionRendered
from trueshelf_contracts.generate import PixelProof, Transform, VariantGenerated
from trueshelf_contracts.qa import CheckSummary, RenditionChecked, Report, VariantChecked
from trueshelf_contracts.refs import ImageRef, Marketplace, ObjectRef, Placement, Slot
from trueshelf_qa.policy import Profile
from trueshelf_runtime.enqueue import Priority
from trueshelf_runtime.origin import Stamp

Subject = VariantGenerated | RenditionRendered
Kind = Literal["variant", "rendition"]
Shadow = Literal["none", "natural", "contact"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to compare with what, and by which limits."""

    kind: Kind
    subject_id: UUID
    source: ImageRef
    candidate: ImageRef
    category: str
    profile: Profile
    generative: bool
    wanted: tuple[int, int, int] | None
    placement: Placement | None
    gain: tuple[float, float, float] | None
    priority: Priority
    balanced: bool = False
    """The declared gain is a white balance."""
    divided: bool = False
    """The picture is declared to be divided by its backdrop (keep_light)."""
    proof: PixelProof | None = None
    proof_due: bool = False
    """The mode promises the source's own pixels."""
    cutout: ObjectRef | None = None
    scene: ImageRef | None = None
    slot: Slot | None = None
    shadow: Shadow | None = None
    marketplace: Marketplace | None = None
    rules: FileRules | None = None
    pad: tuple[int, int, int] | None = None
    """What is said to lie beside the master."""

    @property
    def pictures(self) -> tuple[ObjectRef, ...]:
        """What the child needs to see, in the order of its blobs."""
        return tuple(ref for ref in (self.source, self.candidate, self.cutout, self.scene) if ref is not None)

    def request(self, limits: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON request of the child process, with `limits` as `policy.as_json` writes them."""
        placed = None if self.placement is None else self.placement.model_dump()
        return {
            "limits": limits,
            "placed": placed,
            "gain": None if self.gain is None else list(self.gain),
            "wanted": None if self.wanted is None else list(self.wanted),
            "generative": self.profile == "generative",
            "source": _claims(self.source),
            "candidate": _claims(self.candidate),
            "balanced": self.balanced,
            "divided": self.divided,
            "proof": None if self.proof is None else self.proof.model_dump(mode="json"),
            "proof_due": self.proof_due,
            "cutout": self.cutout is not None,
            "scene": self.scene is not None,
            "rules": None if self.rules is None else self.rules.model_dump(mode="json"),
            "pad": None if self.pad is None else list(self.pad),
            "asked": {
                "category": self.category,
                "slot": self.slot,
                "shadow": self.shadow,
                "marketplace": self.marketplace,
            },
        }


def order_of(event: Subject) -> Order:
    """Return the comparison that `event` calls for. A rendition is held against its master."""
    match event:
        case VariantGenerated():
            return Order(
                kind="variant",
                subject_id=event.variant_id,
                source=event.source,
                candidate=event.master,
                category=event.category,
                profile="generative" if event.generator.generative else "composited",
                generative=event.generator.generative,
                wanted=event.background,
                placement=_placement(event.transforms),
                gain=_gain(event.transforms),
                priority=Priority.REVIEWER if event.round > 1 else Priority.BACKLOG,
                balanced=any(transform.kind == "white_balance" for transform in event.transforms),
                divided=any(transform.kind == "keep_light" for transform in event.transforms),
                proof=event.pixel_proof,
                proof_due=_proof_due(event),
                cutout=event.cutout,
                scene=event.scene,
                slot=event.slot,
                shadow=event.shadow,
            )
        case RenditionRendered():
            return Order(
                kind="rendition",
                subject_id=event.rendition_id,
                source=event.master,
                candidate=event.rendition,
                category=event.category,
                profile="rendition",
                generative=event.generative,
                wanted=None,
                placement=event.placement,
                gain=None,
                priority=Priority.BEGUN,
                slot=event.slot,
                marketplace=event.marketplace,
                rules=event.rules,
                pad=event.pad,
            )
        case _:
            assert_never(event)


def subject_of(kind: Kind, data: dict[str, Any]) -> Subject:
    """Return the stored event."""
    match kind:
        case "variant":
            return VariantGenerated.model_validate(data)
        case "rendition":
            return RenditionRendered.model_validate(data)
        case _:
            assert_never(kind)


def checked(event: Subject, named: Stamp, report: Report, stored: ObjectRef, thresholds: PolicyRef) -> Event:
    """Return the fact that `event`'s picture was checked."""
    summaries = tuple(
        CheckSummary(
            check=c.check,
            verdict=c.verdict,
            sentence=c.sentence,
            sentences=c.sentences,
            checklist_item=c.checklist_item,
        )
        for c in report.checks
    )
    common: dict[str, Any] = {
        **named,
        "sku": event.sku,
        "sku_version": event.sku_version,
        "slot": event.slot,
        "variant_id": event.variant_id,
        "verdict": report.verdict,
        "checks": summaries,
        "report": stored,
        "evidence": report.evidence,
        "thresholds": thresholds,
    }
    match event:
        case VariantGenerated():
            return VariantChecked(
                **common,
                batch_id=event.batch_id,
                item_id=event.item_id,
                round=event.round,
                master_sha256=event.master.sha256,
            )
        case RenditionRendered():
            return RenditionChecked(
                **common,
                order_id=event.order_id,
                pack_id=event.pack_id,
                rendition_id=event.rendition_id,
                marketplace=event.marketplace,
                rendition=event.rendition,
                master=event.master,
                category=event.category,
            )
        case _:
            assert_never(event)


def _claims(ref: ImageRef) -> dict[str, Any]:
    """Return what the producer says of a picture; the child checks it."""
    return ref.model_dump(include={"media_type", "width", "height", "pixel_sha256"})


def _proof_due(event: VariantGenerated) -> bool:
    """Return whether the draft has to prove its pixels: a card and jewellery always, any other cut-out at scale 1."""
    if event.generator.generative or event.scene is not None:
        return False
    return event.mode in ("exact_card", "jewelry") or event.pixel_proof is not None


def _placement(transforms: tuple[Transform, ...]) -> Placement | None:
    return next((transform.placement for transform in transforms if transform.placement is not None), None)


def _gain(transforms: tuple[Transform, ...]) -> tuple[float, float, float] | None:
    """Return the product of all declared channel gains."""
    gains = [transform.channel_gain for transform in transforms if transform.channel_gain is not None]
    if not gains:
        return None
    red, green, blue = 1.0, 1.0, 1.0
    for gain in gains:
        red, green, blue = red * gain[0], green * gain[1], blue * gain[2]
    return red, green, blue
