"""How an item ends: a draft exists, or it was refused. Both are guarded by the item's state and the SKU's version."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.generate import EdgeGate, GenerationRefused, Generator, PixelProof, Transform, VariantGenerated
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.domain.preset import Shadow
from trueshelf_generate.ports import Facts
from trueshelf_generate.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Tx
from trueshelf_runtime.origin import stamp


@dataclass(frozen=True, slots=True)
class Made:
    """A finished draft: what was stored, and what made it."""

    master: ImageRef
    preview: ImageRef
    generator: Generator
    transforms: tuple[Transform, ...]
    cutout: ObjectRef | None = None
    edge_gate: EdgeGate | None = None
    pixel_proof: PixelProof | None = None
    background: tuple[int, int, int] | None = None
    shadow: Shadow = "none"
    scene: ImageRef | None = None
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Writes the end of an item and states it."""

    clock: Clock

    async def generated(self, tx: Tx, item: Facts, made: Made) -> None:
        """State the draft, unless the item has ended otherwise or the SKU has moved on (R-16)."""
        now = self.clock.now()
        if await tx.fetchval(SQL["item_generated"], item["item_id"], made.master, now) is None:
            return
        capture = Capture.model_validate(item["capture"])
        await tx.emit(
            VariantGenerated(
                **stamp("VariantGenerated", item["variant_id"], at=now),
                **_about(item),
                variant_id=item["variant_id"],
                presets=PolicyRef.model_validate(item["presets"]),
                generator=made.generator,
                credits=made.credits,
                capture_id=capture.capture_id,
                original_sha256=capture.original.sha256,
                source=capture.source,
                cutout=made.cutout,
                master=made.master,
                preview=made.preview,
                transforms=made.transforms,
                edge_gate=made.edge_gate,
                pixel_proof=made.pixel_proof,
                background=made.background,
                shadow=made.shadow,
                scene=made.scene,
            )
        )

    async def refuse(self, tx: Tx, item: Facts, refusal: Refusal, credits_: int = 0) -> None:
        """State the refusal with its reason and advice, and what it cost nonetheless, under the same guards."""
        now = self.clock.now()
        if await tx.fetchval(SQL["item_refused"], item["item_id"], asdict(refusal), now) is None:
            return
        capture = Capture.model_validate(item["capture"])
        await tx.emit(
            GenerationRefused(
                **stamp("GenerationRefused", item["item_id"], at=now),
                **_about(item),
                capture_id=capture.capture_id,
                source=capture.source,
                reason=Finding(
                    code=refusal.code,
                    severity="refuse",
                    message=refusal.message,
                    value=refusal.value,
                    threshold=refusal.threshold,
                ),
                advice=refusal.advice,
                credits=credits_,
            )
        )

    async def removed(self, tx: Tx, cutout_id: UUID, result: "Removed") -> list[Facts]:
        """Store how a removal ended and refuse the items that waited for it in vain; return those that go on."""
        await tx.fetchrow(SQL["cutout_lock"], cutout_id)
        refusal = asdict(result.refusal) if result.refusal else None
        stored = (result.alpha, result.measured, list(result.findings), refusal)
        done = (result.state, *stored, self.clock.now(), result.recipe)
        if await tx.fetchval(SQL["cutout_done"], cutout_id, *done) is None:
            return []
        waiting = await tx.fetch(SQL["items_waiting"], cutout_id)
        if result.refusal is None:
            return [item for item in waiting if await tx.fetchval(SQL["item_removed"], item["item_id"])]
        for item in waiting:
            await self.refuse(tx, item, result.refusal)
        return []


@dataclass(frozen=True, slots=True)
class Removed:
    """How a background removal ended."""

    alpha: ObjectRef | None
    measured: dict[str, Any]
    findings: tuple[Finding, ...]
    refusal: Refusal | None = None
    broken: bool = False
    """The work failed for good; the same cut-out may be tried again."""
    recipe: str | None = None
    """How it was made; not always as planned: a job outlives an update, or another network (R-31)."""

    @property
    def state(self) -> str:
        if self.refusal is None:
            return "passed"
        return "broken" if self.broken else "refused"


def _about(item: Facts) -> dict[str, Any]:
    """Return the fields that every outcome of an item shares."""
    names = ("sku", "sku_version", "plan_id", "batch_id", "item_id", "round", "slot", "category", "mode", "preset")
    return {name: item[name] for name in names}
