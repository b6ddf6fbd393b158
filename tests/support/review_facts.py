"""Facts of other services as review meets them, with little to say."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from trueshelf_contracts import ids
from trueshelf_contracts.event import Actor, BatchMember, PolicyRef
from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, Generator, PlanItem, VariantGenerated
from trueshelf_contracts.ingest import BatchOpened, BatchSealed, Capture, SkuChanged
from trueshelf_contracts.qa import CheckSummary, RenditionChecked, VariantChecked
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef, Rights
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.origin import stamp

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
PRESETS = PolicyRef(kind="presets", name="default", version="1", sha256="0" * 64)
THRESHOLDS = PolicyRef(kind="thresholds", name="default", version="1", sha256="1" * 64)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def image(name: str) -> ImageRef:
    digest = sha(name)
    return ImageRef(
        bucket="trueshelf-drafts",
        key=digest,
        sha256=digest,
        size=10,
        media_type="image/png",
        width=100,
        height=100,
        pixel_sha256=sha("pixels" + name),
    )


def blob(name: str, media_type: str = "application/json") -> ObjectRef:
    return ObjectRef(bucket="trueshelf-evidence", key=sha(name), sha256=sha(name), size=1, media_type=media_type)


def capture(sku: str) -> Capture:
    return Capture(
        capture_id=ids.capture_id(sku, "front", sha("original" + sku)),
        shot="front",
        original=blob("original" + sku, "image/jpeg"),
        source=image("source" + sku),
        preview=image("preview" + sku),
        source_type="phone",
        rights=Rights(basis="own"),
    )


class Sku:
    """One SKU version of one batch, and the facts about it."""

    def __init__(
        self, sku: str = "ring-1", version: int = 1, batch: UUID | None = None, category: str = "default"
    ) -> None:
        self.sku = sku
        self.version = version
        self.batch = batch or ids.derive("batch", "test")
        self.category = category

    def _at(self, event_type: str, *subject: object, drill: bool = False) -> dict[str, Any]:
        return {
            **stamp(event_type, self.sku, self.version, *subject, at=START, drill=drill),
            "sku": self.sku,
            "sku_version": self.version,
        }

    def item(self, slot: str = "main", index: int = 0, round_: int = 1) -> UUID:
        return ids.item_id(self.plan_id(slot, round_), slot, index)

    def plan_id(self, slot: str, round_: int) -> UUID:
        return ids.plan_id(self.sku, self.version, "all" if round_ == 1 else slot, round_)

    def variant_id(self, slot: str = "main", index: int = 0, round_: int = 1) -> UUID:
        return ids.variant_id(self.item(slot, index, round_), round_)

    def planned(
        self, items: Sequence[tuple[str, int]] = (("main", 2),), round_: int = 1, mode: str = "white_background"
    ) -> GenerationPlanned:
        slot = items[0][0]
        return GenerationPlanned(
            **self._at("GenerationPlanned", slot, round_),
            plan_id=self.plan_id(slot, round_),
            batch_id=self.batch,
            category=self.category,
            title="A ring",
            captures=(capture(self.sku),),
            round=round_,
            items=tuple(
                PlanItem(
                    item_id=self.item(name, index, round_),
                    slot=name,  # type: ignore[arg-type]
                    mode=mode,  # type: ignore[arg-type]
                    preset="white",
                    capture_ids=(capture(self.sku).capture_id,),
                    index=index,
                )
                for name, count in items
                for index in range(count)
            ),
            presets=PRESETS,
        )

    def generated(
        self, slot: str = "main", index: int = 0, round_: int = 1, mode: str = "white_background"
    ) -> VariantGenerated:
        return VariantGenerated(
            **self._at("VariantGenerated", slot, index, round_),
            plan_id=self.plan_id(slot, round_),
            batch_id=self.batch,
            item_id=self.item(slot, index, round_),
            variant_id=self.variant_id(slot, index, round_),
            round=round_,
            slot=slot,  # type: ignore[arg-type]
            category=self.category,
            mode=mode,  # type: ignore[arg-type]
            preset="white",
            presets=PRESETS,
            generator=Generator(name="cutout", version="1", generative=False),
            capture_id=capture(self.sku).capture_id,
            original_sha256=capture(self.sku).original.sha256,
            source=image("source" + self.sku),
            master=self.master(slot, index, round_),
            preview=image("small" + self.sku),
        )

    def master(self, slot: str = "main", index: int = 0, round_: int = 1) -> ImageRef:
        return image(f"master{self.sku}/{self.version}/{slot}/{index}/{round_}")

    def checked(
        self, slot: str = "main", index: int = 0, round_: int = 1, verdict: str = "clear", check: str = "halo"
    ) -> VariantChecked:
        return VariantChecked(
            **self._at("VariantChecked", slot, index, round_),
            batch_id=self.batch,
            item_id=self.item(slot, index, round_),
            variant_id=self.variant_id(slot, index, round_),
            slot=slot,  # type: ignore[arg-type]
            round=round_,
            verdict=verdict,  # type: ignore[arg-type]
            checks=(
                CheckSummary(check=check, verdict=verdict, sentence="…", checklist_item="edges_clean"),  # type: ignore[arg-type]
            ),
            report=blob(f"report{self.sku}{slot}{index}{round_}"),
            master_sha256=self.master(slot, index, round_).sha256,
            thresholds=THRESHOLDS,
        )

    def refused(self, slot: str = "main", index: int = 0, round_: int = 1) -> GenerationRefused:
        return GenerationRefused(
            **self._at("GenerationRefused", slot, index, round_),
            plan_id=self.plan_id(slot, round_),
            batch_id=self.batch,
            item_id=self.item(slot, index, round_),
            round=round_,
            slot=slot,  # type: ignore[arg-type]
            category=self.category,
            mode="white_background",
            preset="white",
            capture_id=capture(self.sku).capture_id,
            source=image("source" + self.sku),
            reason=Finding(code="backdrop.not_plain", severity="refuse", message="the backdrop is not plain"),
            advice="draw a box around the product, or photograph on a plain sheet",
        )

    def drafts(self, slot: str = "main", count: int = 2, round_: int = 1, **checked: Any) -> list[Any]:
        """Return the facts of `count` drafts that were made and checked."""
        made = [self.generated(slot, index, round_) for index in range(count)]
        return [*made, *(self.checked(slot, index, round_, **checked) for index in range(count))]

    def changed(self, actor: str = "anna") -> SkuChanged:
        """Return the change that makes the next version."""
        fields = {**self._at("SkuChanged", self.version + 1), "sku_version": self.version + 1}
        return SkuChanged(
            **fields,
            previous_version=self.version,
            reason="another supplier",
            changed=("supplier",),
            actor=Actor(id=actor, kind="person", role="capturer", session="s"),
        )

    def rendition(self, verdict: str = "flag", slot: str = "main") -> RenditionChecked:
        return RenditionChecked(
            **self._at("RenditionChecked", slot, verdict),
            order_id=ids.derive("order", self.sku),
            pack_id=ids.derive("pack", self.sku),
            rendition_id=ids.derive("rendition", self.sku, slot),
            variant_id=self.variant_id(slot),
            marketplace="ozon",
            slot=slot,  # type: ignore[arg-type]
            verdict=verdict,  # type: ignore[arg-type]
            checks=(CheckSummary(check="colour_shift", verdict=verdict, sentence="…"),),  # type: ignore[arg-type]
            report=blob("rendition-report" + self.sku),
            rendition=image("rendition" + self.sku),
            master=self.master(slot),
            category=self.category,
            thresholds=THRESHOLDS,
        )

    def outcome(self, kind: str = "return_wrong_colour") -> OutcomeRecorded:
        return OutcomeRecorded(
            **self._at("OutcomeRecorded", kind),
            outcome_id=ids.derive("outcome", self.sku, kind),
            marketplace="ozon",
            variant_id=self.variant_id(),
            kind=kind,  # type: ignore[arg-type]
            reason="looked redder",
            checklist_item="colour_matches",
            reported_on=date(2026, 11, 20),
            actor=Actor(id="olga", kind="person", role="uploader", session="s"),
        )


def opened(batch: UUID, category: str = "default") -> BatchOpened:
    fields = stamp("BatchOpened", batch, at=START, drill=False)
    return BatchOpened(**fields, batch_id=batch, category=category, size_limit=20)


def sealed(batch: UUID, members: Sequence[Sku], category: str = "default") -> BatchSealed:
    return BatchSealed(
        **stamp("BatchSealed", batch, at=START, drill=False),
        batch_id=batch,
        category=category,
        members=tuple(BatchMember(sku=m.sku, sku_version=m.version) for m in members),
        reason="intake_ended",
    )


def actor(name: str = "anna", level: str | None = "senior", kind: str = "person") -> Actor:
    return Actor(id=name, kind=kind, role="reviewer", level=level, session=f"s-{name}")  # type: ignore[arg-type]


def clock() -> SettableClock:
    return SettableClock(START + timedelta(hours=1))
