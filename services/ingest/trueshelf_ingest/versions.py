"""Versions of a SKU: when one is ready, when the next one begins, when an intake is settled.

Lock order everywhere in ingest: intake, SKU, capture, batch.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_contracts.ingest import Capture, SkuChanged, SkuReady
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef, Rights
from trueshelf_ingest.batches import Batches
from trueshelf_ingest.domain.shots import missing_shots
from trueshelf_ingest.policies import Policies
from trueshelf_ingest.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.origin import Origin, current, stamp, using


def within(intake: Row) -> AbstractContextManager[Origin]:
    """Everything of one intake carries its correlation id, from the photo to the pack."""
    return using(replace(current(), correlation_id=intake["correlation_id"]))


@dataclass(frozen=True, slots=True)
class Versions:
    """The life of a SKU's versions, inside the caller's transaction."""

    clock: Clock
    policies: Policies
    batches: Batches

    async def open_intake(self, tx: Tx, intake_id: UUID) -> Row:
        row = await tx.fetchrow(SQL["intake_lock"], intake_id)
        if row is None:
            raise Refused("unknown_intake", f"there is no intake {intake_id}", "open one with POST /intakes")
        if row["state"] != "open":
            raise Refused("intake_complete", f"intake {intake_id} is complete", "open a new one with POST /intakes")
        return row

    async def locked_sku(self, tx: Tx, sku: str) -> Row:
        row = await tx.fetchrow(SQL["sku_lock"], sku)
        if row is None:
            raise Refused("unknown_sku", f"SKU {sku} is not registered", "register it with PUT /skus/{sku} first")
        return row

    async def begin_next(
        self,
        tx: Tx,
        row: Row,
        *,
        change_id: UUID,
        reason: str,
        changed: tuple[Any, ...],
        intake_id: UUID,
        actor: Actor,
        keep_all: bool,
        retaken: tuple[str, ...],
    ) -> int:
        now, sku = self.clock.now(), row["sku"]
        version = await tx.fetchval(SQL["sku_next_version"], sku, keep_all, intake_id, now)
        await tx.execute(
            SQL["change_insert"], change_id, sku, version, reason, list(changed), actor.model_dump(mode="json"), now
        )
        await tx.execute(SQL["reshoot_close"], sku, "begun" if retaken else "obsolete")
        if keep_all or retaken:
            await tx.execute(SQL["capture_carry_over"], sku, version, list(retaken))
        await tx.emit(
            SkuChanged(
                **stamp("SkuChanged", sku, version, at=now),
                sku=sku,
                sku_version=version,
                previous_version=version - 1,
                reason=reason,
                changed=changed,
                actor=actor,
            )
        )
        await self.settle_sku(tx, sku)
        return int(version)

    async def settle_sku(self, tx: Tx, sku: str) -> None:
        """State SkuReady when the version is declared, nothing of it is undecided and every needed shot is there."""
        row = await self.locked_sku(tx, sku)
        if row["state"] != "collecting" or not row["declared"]:
            return
        captures = await tx.fetch(SQL["sku_captures"], sku, row["version"])
        if any(c["state"] == "received" for c in captures):
            return
        accepted = [c for c in captures if c["state"] == "accepted"]
        if self.missing(row, accepted):
            return
        now = self.clock.now()
        await tx.execute(SQL["sku_set_ready"], sku, row["version"], now)
        batch_id = await self.batches.join(tx, sku, row["version"], row["category"], row["intake_id"])
        await tx.emit(
            SkuReady(
                **stamp("SkuReady", sku, row["version"], at=now),
                sku=sku,
                sku_version=row["version"],
                batch_id=batch_id,
                category=row["category"],
                kit=tuple(row["kit"]),
                title=row["title"],
                description=row["description"],
                captures=tuple(capture_of(c) for c in accepted),
            )
        )

    async def settle_intake(self, tx: Tx, intake_id: UUID) -> None:
        """Seal the batches of a completed intake once its last photo is decided."""
        row = await tx.fetchrow(SQL["intake_lock"], intake_id)
        if row is None or row["state"] != "complete" or await tx.fetchval(SQL["intake_pending"], intake_id):
            return
        for batch in await tx.fetch(SQL["intake_open_batches"], intake_id):
            await self.batches.seal(tx, batch["batch_id"], "intake_ended")
        await tx.execute(SQL["intake_set_state"], intake_id, "settled", self.clock.now())

    def missing(self, row: Row, accepted: list[Row]) -> tuple[str, ...]:
        """Return the shots that the SKU still needs."""
        needed = self.policies.shot_lists.of(row["category"]).needed(tuple(row["kit"]), row["waived"])
        return missing_shots(needed, (c["shot"] for c in accepted))


def capture_of(row: Row) -> Capture:
    """Return an accepted capture's row as the contract's value."""
    return Capture(
        capture_id=row["capture_id"],
        shot=row["shot"],
        original=ObjectRef.model_validate(row["original"]),
        source=ImageRef.model_validate(row["source"]),
        preview=ImageRef.model_validate(row["preview"]),
        source_type=row["source_type"],
        rights=Rights(basis=row["rights_basis"], reference=row["rights_reference"]),
        warehouse_batch=row["warehouse_batch"],
        colour_note=row["colour_note"],
        gate=tuple(Finding.model_validate(f) for f in row["findings"]),
    )
