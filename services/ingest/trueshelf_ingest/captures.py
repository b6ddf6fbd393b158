"""ingest's use cases for photos: kept as sent, decoded apart, accepted or refused."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from trueshelf_contracts import ids
from trueshelf_contracts.event import Actor
from trueshelf_contracts.ingest import CaptureAccepted, CaptureRefused
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef
from trueshelf_ingest.ports import Photos
from trueshelf_ingest.sql import SQL
from trueshelf_ingest.versions import Versions, capture_of, within
from trueshelf_ingest.views import CaptureForm
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Row, Tx
from trueshelf_runtime.enqueue import Priority
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.origin import stamp

DECODE = "ingest.decode"


class DecodePayload(BaseModel):
    """Which capture a decode job is about."""

    capture_id: UUID


@dataclass(frozen=True, slots=True)
class Captures:
    """What may be done with photos."""

    db: Database
    photos: Photos
    clock: Clock
    versions: Versions

    async def receive(self, sku: str, form: CaptureForm, data: bytes, declared: str, actor: Actor) -> tuple[UUID, bool]:
        """Keep the photo as it came and put its decoding to work. Returns its id and whether it is new.

        The original is in quarantine before any row names it. Raises Refused: unknown_sku, rights_missing, empty,
        sku_is_ready (a ready version takes no photos).
        """
        if form.rights_basis != "own" and not form.rights_reference:
            advice = "give rights_reference: the contract, licence or invoice"
            raise Refused("rights_missing", f"{form.rights_basis} art needs a reference to the right (R-04)", advice)
        if not data:
            raise Refused("empty", "the photo has no bytes", "send the file again")
        digest = hashlib.sha256(data).hexdigest()
        capture_id = ids.capture_id(sku, form.shot, digest)
        original = await self.photos.put("originals", data, "application/octet-stream")
        async with self.db.transaction() as tx:
            with within(await self.versions.open_intake(tx, form.intake_id)):
                return await self._receive(tx, sku, form, (capture_id, digest, declared, original), actor)

    async def _receive(
        self, tx: Tx, sku: str, form: CaptureForm, photo: tuple[UUID, str, str, ObjectRef], actor: Actor
    ) -> tuple[UUID, bool]:
        capture_id, digest, declared, original = photo
        row = await self.versions.locked_sku(tx, sku)
        known = await tx.fetchrow(SQL["capture_lock"], capture_id)
        linked = known is not None and row["version"] in await self._versions_of(tx, capture_id)
        if linked:
            return capture_id, False
        row = await self._begin_reshoot(tx, row, form.shot, form.intake_id)
        if row["state"] == "ready":
            raise Refused(
                "sku_is_ready",
                f"{sku} version {row['version']} is ready and takes no further photos",
                "record what changed with POST /skus/{sku}/changes, then send the photos of the next version",
            )
        await tx.execute(
            SQL["capture_insert"],
            capture_id,
            sku,
            form.shot,
            form.intake_id,
            declared,
            original.model_dump(mode="json"),
            digest,
            form.source_type,
            form.rights_basis,
            form.rights_reference,
            form.warehouse_batch,
            form.colour_note,
            actor.model_dump(mode="json"),
            self.clock.now(),
        )
        await tx.execute(SQL["capture_link"], sku, row["version"], capture_id)
        if known is None:
            await tx.enqueue(
                DECODE, DecodePayload(capture_id=capture_id), key=str(capture_id), priority=Priority.BACKLOG
            )
        else:
            await self.versions.settle_sku(tx, sku)
        return capture_id, known is None

    async def accept(
        self, tx: Tx, capture_id: UUID, source: ImageRef, preview: ImageRef, findings: tuple[Finding, ...]
    ) -> None:
        """The photo is good: state it and see whether its SKU is ready."""
        capture = await self._lock_capture(tx, capture_id)
        if capture is None:
            return
        now, noted = self.clock.now(), [f.model_dump(mode="json") for f in findings]
        await tx.execute(
            SQL["capture_accept"],
            capture_id,
            source.model_dump(mode="json"),
            preview.model_dump(mode="json"),
            noted,
            now,
        )
        row = await tx.fetchrow(SQL["capture_get"], capture_id)
        assert row is not None
        version = max(await self._versions_of(tx, capture_id))
        await tx.emit(
            CaptureAccepted(
                **stamp("CaptureAccepted", capture_id, at=now),
                sku=row["sku"],
                sku_version=version,
                intake_id=row["intake_id"],
                capture=capture_of(row),
                actor=Actor.model_validate(row["actor"]),
            )
        )
        await self.versions.settle_sku(tx, row["sku"])
        await self.versions.settle_intake(tx, row["intake_id"])

    async def refuse(self, tx: Tx, capture_id: UUID, findings: tuple[Finding, ...]) -> None:
        """The photo is not taken: state why; the rest of its SKU and intake goes on."""
        row = await self._lock_capture(tx, capture_id)
        if row is None:
            return
        now = self.clock.now()
        await tx.execute(SQL["capture_refuse"], capture_id, [f.model_dump(mode="json") for f in findings], now)
        await tx.emit(
            CaptureRefused(
                **stamp("CaptureRefused", capture_id, at=now),
                sku=row["sku"],
                sku_version=max(await self._versions_of(tx, capture_id)),
                intake_id=row["intake_id"],
                capture_id=capture_id,
                shot=row["shot"],
                original_sha256=row["original_sha256"],
                findings=findings,
                actor=Actor.model_validate(row["actor"]),
            )
        )
        await self.versions.settle_sku(tx, row["sku"])
        await self.versions.settle_intake(tx, row["intake_id"])

    async def _begin_reshoot(self, tx: Tx, row: Row, shot: str, intake_id: UUID) -> Row:
        """Start the next version when this photo answers an open wish; the shots not asked for carry over."""
        wishes = await tx.fetch(SQL["reshoot_open"], row["sku"])
        retaken = sorted({asked for wish in wishes for asked in wish["shots"]})
        if row["state"] != "ready" or shot not in retaken:
            return row
        actor = Actor.model_validate(wishes[0]["actor"])
        await self.versions.begin_next(
            tx,
            row,
            change_id=wishes[0]["case_id"],
            reason="reshoot asked in review: " + ", ".join(retaken),
            changed=("captures",),
            intake_id=intake_id,
            actor=actor,
            keep_all=False,
            retaken=tuple(retaken),
        )
        return await self.versions.locked_sku(tx, row["sku"])

    async def _lock_capture(self, tx: Tx, capture_id: UUID) -> Row | None:
        """Lock intake, SKU and capture in that order; None when the photo is decided already."""
        row = await tx.fetchrow(SQL["capture_get"], capture_id)
        if row is None:
            return None
        await tx.fetchrow(SQL["intake_lock"], row["intake_id"])
        await tx.fetchrow(SQL["sku_lock"], row["sku"])
        row = await tx.fetchrow(SQL["capture_lock"], capture_id)
        return row if row is not None and row["state"] == "received" else None

    async def _versions_of(self, tx: Tx, capture_id: UUID) -> list[int]:
        return [r["sku_version"] for r in await tx.fetch(SQL["capture_versions"], capture_id)]
