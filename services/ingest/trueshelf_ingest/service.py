"""ingest's use cases for intakes and SKUs."""

from dataclasses import dataclass
from uuid import UUID

from trueshelf_contracts import ids
from trueshelf_contracts.event import Actor
from trueshelf_contracts.review import ReshootAsked
from trueshelf_ingest.domain.changes import photos_stay_valid
from trueshelf_ingest.sql import SQL
from trueshelf_ingest.versions import Versions, within
from trueshelf_ingest.views import ChangeBody, IntakeBody, SkuBody
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.origin import current


@dataclass(frozen=True, slots=True)
class Ingest:
    """What may be done with intakes and SKUs."""

    db: Database
    clock: Clock
    versions: Versions

    async def open_intake(self, body: IntakeBody, owner: str) -> UUID:
        """Begin a delivery, or find the one begun before under the same reference."""
        intake_id = ids.intake_id(owner, body.reference)
        async with self.db.transaction() as tx:
            await tx.execute(
                SQL["intake_insert"],
                intake_id,
                owner,
                body.reference,
                body.note,
                current().correlation_id,
                self.clock.now(),
            )
        return intake_id

    async def put_sku(self, sku: str, body: SkuBody) -> bool:
        """Register the SKU or its card. Returns True when it is new.

        Raises Refused (unknown_intake, not_waivable, sku_is_ready when a ready version would change silently).
        """
        unwaivable = self.versions.policies.shot_lists.of(body.category).unwaivable
        for shot in body.waived:
            if shot in unwaivable:
                advice = f"photograph the {shot} shot"
                raise Refused("not_waivable", f"{sku}: {body.category} cannot do without the {shot} shot", advice)
        now, kit, waived = self.clock.now(), list(body.kit), dict(body.waived)
        async with self.db.transaction() as tx:
            intake = await self.versions.open_intake(tx, body.intake_id)
            card = (sku, body.category, kit, body.title, body.description, waived, body.intake_id, now)
            row = await tx.fetchrow(SQL["sku_lock"], sku)
            if row is None:
                await tx.execute(SQL["sku_insert"], *card)
                return True
            same = (row["category"], list(row["kit"]), row["title"], row["description"], row["waived"]) == (
                body.category,
                kit,
                body.title,
                body.description,
                waived,
            )
            if row["state"] == "collecting":
                await tx.execute(SQL["sku_update_card"], *card)
                with within(intake):
                    await self.versions.settle_sku(tx, sku)  # a waiver may have been all that was missing
            elif not same:
                raise Refused(
                    "sku_is_ready",
                    f"{sku} version {row['version']} is ready and its drafts rest on this card",
                    "record what changed with POST /skus/{sku}/changes; that starts the next version",
                )
        return False

    async def declare_complete(self, sku: str) -> None:
        """No further photo of this version will be sent. Raises Refused (unknown_sku)."""
        async with self.db.transaction() as tx:
            row = await self.versions.locked_sku(tx, sku)
            if not row["declared"]:
                await tx.execute(SQL["sku_declare"], sku, self.clock.now())
                await self.versions.settle_sku(tx, sku)

    async def complete_intake(self, intake_id: UUID) -> None:
        """The delivery is over: its SKUs are declared, its batches sealed once the last photo is decided."""
        async with self.db.transaction() as tx:
            row = await tx.fetchrow(SQL["intake_lock"], intake_id)
            if row is None:
                raise Refused("unknown_intake", f"there is no intake {intake_id}", "open one with POST /intakes")
            if row["state"] != "open":
                return
            await tx.execute(SQL["intake_set_state"], intake_id, "complete", self.clock.now())
            with within(row):
                for sku in await tx.fetch(SQL["intake_skus_to_declare"], intake_id):
                    await tx.fetchrow(SQL["sku_lock"], sku["sku"])
                    await tx.execute(SQL["sku_declare"], sku["sku"], self.clock.now())
                    await self.versions.settle_sku(tx, sku["sku"])
                await self.versions.settle_intake(tx, intake_id)

    async def change(self, sku: str, body: ChangeBody, change_id: UUID, actor: Actor) -> int:
        """Record that the article changed; returns the new version. The same change again changes nothing (R-16)."""
        async with self.db.transaction() as tx:
            with within(await self.versions.open_intake(tx, body.intake_id)):
                row = await self.versions.locked_sku(tx, sku)
                done = await tx.fetchrow(SQL["change_get"], change_id)
                if done is not None:
                    return int(done["sku_version"])
                await tx.execute(SQL["sku_reword"], sku, body.title, body.description)
                return await self.versions.begin_next(
                    tx,
                    row,
                    change_id=change_id,
                    reason=body.reason,
                    changed=body.changed,
                    intake_id=body.intake_id,
                    actor=actor,
                    keep_all=photos_stay_valid(body.changed),
                    retaken=(),
                )

    async def ask_reshoot(self, tx: Tx, event: ReshootAsked) -> None:
        """A reviewer wants new photos: note it; the first of them starts the next version."""
        row = await tx.fetchrow(SQL["sku_lock"], event.sku)
        if row is None or row["version"] != event.sku_version:
            return
        asked = (event.case_id, event.sku, event.sku_version, list(event.shots), event.actor.model_dump(mode="json"))
        await tx.execute(SQL["reshoot_insert"], *asked, self.clock.now())
