"""Slow work: starting packs that waited, rendering one file, building one pack."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from trueshelf_contracts.export import FileRules
from trueshelf_contracts.refs import ImageRef
from trueshelf_export.domain.eligibility import Reason
from trueshelf_export.domain.profiles import read_profile
from trueshelf_export.service import packing
from trueshelf_export.service.orders import Orders
from trueshelf_export.service.renditions import Renditions
from trueshelf_export.settings import Settings
from trueshelf_export.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Row, Tx
from trueshelf_runtime.errors import Invalid, Refused
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.sandbox import ChildPool, Limits
from trueshelf_runtime.storage import ObjectStore

OPERATOR = "an operator finds the details by `trueshelf status` and the service's log; then order again"


class PackPayload(BaseModel):
    """A job about one pack."""

    pack_id: UUID


class RenderPayload(BaseModel):
    """A job about one file."""

    rendition_id: UUID


class ExportJobs:
    """What export's workers do."""

    def __init__(
        self,
        *,
        db: Database,
        store: ObjectStore,
        children: ChildPool,
        clock: Clock,
        settings: Settings,
        orders: Orders,
        renditions: Renditions,
    ) -> None:
        self._db = db
        self._store = store
        self._children = children
        self._clock = clock
        self._orders = orders
        self._renditions = renditions
        self._limits = Limits(seconds=settings.render_seconds, memory_mb=settings.render_memory_mb)
        self._concurrency = settings.render_concurrency

    def specs(self) -> tuple[JobSpec[Any], ...]:
        return (
            JobSpec("export.start", PackPayload, run=self.start, exhausted=self.pack_failed, time_limit=30),
            JobSpec(
                "export.render",
                RenderPayload,
                run=self.render,
                exhausted=self.render_failed,
                time_limit=self._limits.seconds + 120,
                concurrency=self._concurrency,
            ),
            JobSpec("export.pack", PackPayload, run=self.pack, exhausted=self.pack_failed, time_limit=180),
        )

    async def start(self, job: Job[PackPayload]) -> None:
        """Let a pack go on whose rules were confirmed."""
        async with self._db.transaction() as tx:
            if await job.claim(tx):
                await self._orders.start(tx, job.payload.pack_id, self._clock.now())

    async def render(self, job: Job[RenderPayload]) -> None:
        """Make one marketplace file of one master."""
        row = await self._db.fetchrow(SQL["rendition"], job.payload.rendition_id)
        if row is None or row["state"] != "pending" or row["pack_state"] != "rendering":
            return
        master = await self._store.get(ImageRef.model_validate(row["master"]))
        made = await self._children.call(
            "trueshelf_export.pixels:render", _request(row), blobs=(master,), limits=self._limits
        )
        (jpeg,) = made.blobs
        facts = made.value | {"rules": _rules(row).model_dump(mode="json")}
        image = await self._store.put_image(
            "packs",
            jpeg,
            "image/jpeg",
            width=facts["width"],
            height=facts["height"],
            pixel_sha256=facts["pixel_sha256"],
        )
        crash_point("export.after_render")
        async with self._db.transaction() as tx:
            if await job.claim(tx):
                await self._renditions.rendered(tx, job.payload.rendition_id, image, facts, self._clock.now())

    async def pack(self, job: Job[PackPayload]) -> None:
        """Put files and manifest into one ZIP and state that it is ready, if everything still stands."""
        async with self._db.transaction() as tx:
            contents = await packing.contents_of(tx, job.payload.pack_id)
        if contents is None:
            return
        names = [name for name, _ in contents.images] + [name for name, _ in contents.texts]
        blobs = [await self._store.get(ref) for _, ref in contents.images] + [data for _, data in contents.texts]
        built = await self._children.call(
            "trueshelf_export.zipping:build", {"names": names}, blobs=tuple(blobs), limits=self._limits
        )
        pack = await self._store.put("packs", built.blobs[0], "application/zip")
        crash_point("export.after_zip")
        async with self._db.transaction() as tx:
            if await job.claim(tx):
                await packing.finish(tx, contents, pack, self._clock.now())

    async def render_failed(self, job: Job[RenderPayload], error: Exception, tx: Tx) -> None:
        """Refuse the pack: one of its files cannot be made."""
        row = await tx.fetchrow(SQL["rendition"], job.payload.rendition_id)
        if row is not None:
            reason = _reason(error, f"the file for slot {row['slot']} could not be made")
            await self._renditions.failed(tx, row["pack_id"], reason, self._clock.now())

    async def pack_failed(self, job: Job[PackPayload], error: Exception, tx: Tx) -> None:
        """Refuse the pack: it cannot be put together."""
        reason = _reason(error, "the pack could not be put together")
        await self._renditions.failed(tx, job.payload.pack_id, reason, self._clock.now())


def _request(row: Row) -> dict[str, Any]:
    limits = read_profile(row["profile"]).limits()
    return {
        "canvas": limits.canvas,
        "minimum": limits.minimum,
        "max_bytes": limits.max_bytes,
        "quality_floor": limits.quality_floor,
        "digital_source_type": row["source_type"] if row["iptc"] else None,
    }


def _rules(row: Row) -> FileRules:
    limits = read_profile(row["profile"]).limits()
    return FileRules(
        canvas_width=limits.canvas[0],
        canvas_height=limits.canvas[1],
        min_width=limits.minimum[0],
        min_height=limits.minimum[1],
        max_width=limits.maximum[0],
        max_height=limits.maximum[1],
        max_bytes=limits.max_bytes,
        quality_floor=limits.quality_floor,
    )


def _reason(error: Exception, what: str) -> Reason:
    """Return a refusal's own words, or for a fault that it was one and who can look."""
    if isinstance(error, Refused):
        return Reason(error.code, f"{what}: {error.message}. {error.advice}".strip())
    if isinstance(error, Invalid):
        return Reason("failed", f"{what}: {error}; {OPERATOR}")
    return Reason("failed", f"{what} after several attempts ({type(error).__name__}): {OPERATOR}")
