"""Slow work: remove a background, replace it, keep a photo as it was shot."""

from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.generate import Generator, Transform
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef, Placement
from trueshelf_generate import networks
from trueshelf_generate.domain import refusals
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.domain.preset import Preset
from trueshelf_generate.domain.strict import stricter
from trueshelf_generate.making import Order, composed, lit
from trueshelf_generate.outcomes import Made, Outcomes, Removed
from trueshelf_generate.policy import Library
from trueshelf_generate.ports import Children, Facts, Pictures
from trueshelf_generate.service import (
    KEEP,
    LIGHT,
    REMOVE,
    REPLACE,
    ItemPayload,
    RemovePayload,
)
from trueshelf_generate.sql import SQL
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.enqueue import Priority
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.limits import Limits

OPEN = ("planned", "removed")
CUTOUT = "plain_cutout"
AS_SHOT = Generator(name="as_shot", version="1", generative=False)
UNMOVED = Transform(kind="placement", placement=Placement(scale=1, offset_x=0, offset_y=0))


@dataclass(frozen=True, slots=True)
class Works:
    """The kinds of jobs."""

    db: Database
    pictures: Pictures
    children: Children
    outcomes: Outcomes
    library: Library
    removal: Limits
    replacement: Limits
    concurrency: int

    def specs(self) -> tuple[JobSpec[Any], ...]:
        """What the runtime's worker runs; time limits leave room for waiting for a child and for storage."""
        slow, quick = self.removal.seconds * 2 + 60, self.replacement.seconds * 2 + 60
        return (
            JobSpec(
                REMOVE,
                RemovePayload,
                run=self.remove,
                exhausted=self.give_up_removal,
                time_limit=slow,
                concurrency=self.concurrency,
            ),
            JobSpec(
                REPLACE,
                ItemPayload,
                run=self.replace,
                exhausted=self.give_up,
                time_limit=quick,
                concurrency=self.concurrency,
            ),
            JobSpec(
                LIGHT,
                ItemPayload,
                run=self.light,
                exhausted=self.give_up,
                time_limit=quick,
                concurrency=self.concurrency,
            ),
            JobSpec(KEEP, ItemPayload, run=self.keep, exhausted=self.give_up, time_limit=60),
        )

    async def remove(self, job: Job[RemovePayload]) -> None:
        """Cut out, check the edges, store the alpha; then the items that waited go on or are refused."""
        row = await self.db.fetchrow(SQL["cutout_get"], job.payload.cutout_id)
        if row is None or row["state"] != "pending":
            return
        if not await self.db.fetchval(SQL["cutout_wanted"], job.payload.cutout_id):
            return  # the SKU has changed; whoever wants it after all enqueues it again
        source = await self.pictures.get(ImageRef.model_validate(row["source"]))
        entry = "trueshelf_generate.pixels:remove"
        request = {"hints": row["hints"], "network": networks.as_json(networks.card())}
        done = await self.children.call(entry, request, blobs=(source,), limits=self.removal)
        alpha = None
        if done.blobs:
            size = {"width": done.value["width"], "height": done.value["height"]}
            alpha = await self.pictures.put("drafts", done.blobs[0], "image/png", **size)
        removed = removed_from(done.value, alpha, networks.recipe())
        crash_point("generate.after_removal")
        async with self.db.transaction() as tx:
            if not await job.claim(tx):
                return
            for item in await self.outcomes.removed(tx, job.payload.cutout_id, removed):
                payload = ItemPayload(item_id=item["item_id"])
                await tx.enqueue(REPLACE, payload, key=str(item["item_id"]), priority=max(job.priority, Priority.BEGUN))

    async def replace(self, job: Job[ItemPayload]) -> None:
        """Compose a stored cut-out onto the preset's ground and store master and preview."""
        item = await self.db.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is None or item["state"] != "removed":
            return
        cutout = await self.db.fetchrow(SQL["cutout_get"], item["cutout_id"])
        assert cutout
        preset = await self.library.preset(self.db, PolicyRef.model_validate(item["presets"]), item["preset"])
        scene = await self._scene(preset)
        order = Order(preset, cutout, ObjectRef.model_validate(cutout["alpha"]), scene, item["wish"])
        refusal = stricter(preset.mode, [Finding.model_validate(found) for found in cutout["findings"]])
        if preset.scene is not None and scene is None:
            refusal = refusals.SCENE_GONE
        refusal = refusal or await self._replace(job, item, order)
        if refusal is not None:
            async with self.db.transaction() as tx:
                if await job.claim(tx):
                    await self.outcomes.refuse(tx, item, refusal)

    async def _replace(self, job: Job[ItemPayload], item: Facts, order: Order) -> Refusal | None:
        """Compose, store, state; or return why the child would not."""
        blobs = tuple([await self.pictures.get(ref) for ref in order.pictures])
        entry = "trueshelf_generate.drafting:replace"
        done = await self.children.call(entry, order.request(), blobs=blobs, limits=self.replacement)
        if done.value["outcome"] == "refused":
            return Refusal(**done.value["refusal"])
        master = await self._store(done.blobs[0], done.value["master"])
        small = await self._store(done.blobs[1], done.value["preview"])
        crash_point("generate.after_replacement")
        made = composed(order, done.value, (master, small))
        async with self.db.transaction() as tx:
            if await job.claim(tx):
                await self.outcomes.generated(tx, item, made)
        return None

    async def light(self, job: Job[ItemPayload]) -> None:
        """Divide a photo by its backdrop and store master and preview; nothing is cut."""
        item = await self.db.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is None or item["state"] not in OPEN:
            return
        preset = await self.library.preset(self.db, PolicyRef.model_validate(item["presets"]), item["preset"])
        source = await self.pictures.get(Capture.model_validate(item["capture"]).source)
        entry, request = "trueshelf_generate.drafting:light", {"preset": preset.body()}
        done = await self.children.call(entry, request, blobs=(source,), limits=self.replacement)
        made = None
        if done.blobs:
            pictures = [await self._store(done.blobs[i], done.value[n]) for i, n in enumerate(("master", "preview"))]
            made = lit(preset, done.value, (pictures[0], pictures[1]))
        async with self.db.transaction() as tx:
            if not await job.claim(tx):
                return
            if made is None:
                await self.outcomes.refuse(tx, item, Refusal(**done.value["refusal"]))
            else:
                await self.outcomes.generated(tx, item, made)

    async def _scene(self, preset: Preset) -> Facts | None:
        """Return the preset's scene while it may be used."""
        if preset.scene is None:
            return None
        row = await self.db.fetchrow(SQL["scene_get"], preset.scene)
        return row if row is not None and row["retired_at"] is None else None

    async def keep(self, job: Job[ItemPayload]) -> None:
        """Make the source itself the master: the same pixels, in an area of their own, because drafts expire."""
        item = await self.db.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is None or item["state"] not in OPEN:
            return
        capture = Capture.model_validate(item["capture"])
        source = capture.source
        data = await self.pictures.get(source)
        size = {"width": source.width, "height": source.height}
        master = await self.pictures.put_image(
            "drafts", data, source.media_type, **size, pixel_sha256=source.pixel_sha256
        )
        made = Made(master, capture.preview, AS_SHOT, (UNMOVED,))
        async with self.db.transaction() as tx:
            if await job.claim(tx):
                await self.outcomes.generated(tx, item, made)

    async def give_up(self, job: Job[ItemPayload], _: Exception, tx: Tx) -> None:
        """Say that the item will not be made."""
        item = await tx.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is not None:
            await self.outcomes.refuse(tx, item, refusals.GENERATOR_FAILED)

    async def give_up_removal(self, job: Job[RemovePayload], _: Exception, tx: Tx) -> None:
        """Say so of every item that waited; the cut-out may be tried again when a person asks."""
        broken = Removed(None, {}, (), refusals.GENERATOR_FAILED, broken=True)
        await self.outcomes.removed(tx, job.payload.cutout_id, broken)

    async def _store(self, png: bytes, size: dict[str, Any]) -> ImageRef:
        return await self.pictures.put_image("drafts", png, "image/png", **size)


def removed_from(value: dict[str, Any], alpha: ObjectRef | None, recipe: str | None = None) -> Removed:
    """Return what the child found as state and, where it said no, a refusal."""
    findings = tuple(Finding.model_validate(finding) for finding in value.get("findings", ()))
    names = ("method", "sigma", "outliers", "agreement", "confidence", "seed", "opencv")
    measured = {name: value[name] for name in names if name in value}
    return Removed(alpha, measured, findings, _refusal(value), recipe=recipe)


def _refusal(value: dict[str, Any]) -> Refusal | None:
    match value["outcome"]:
        case "backdrop_not_plain":
            return refusals.backdrop_not_plain(value["sigma"], value["outliers"], value["sigma_plain"])
        case "nothing_found":
            return refusals.nothing_found(value["message"])
        case _ if value["passed"]:
            return None
        case _:
            worst = value["findings"][0]
            return refusals.edge_gate(worst["code"], worst["message"], worst["value"], worst["threshold"])
