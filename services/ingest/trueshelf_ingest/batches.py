"""Batches: a SKU version joins its category's open batch; a full, ended, asked-for or aged batch is sealed (R-27)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from trueshelf_contracts.event import BatchMember
from trueshelf_contracts.ids import derive
from trueshelf_contracts.ingest import BatchOpened, BatchSealed
from trueshelf_ingest.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.origin import stamp

Reason = Literal["full", "intake_ended", "asked", "aged"]


@dataclass(frozen=True, slots=True)
class Batches:
    """The use cases of batches."""

    size: int
    clock: Clock

    async def join(self, tx: Tx, sku: str, version: int, category: str, intake_id: UUID) -> UUID:
        """Put the SKU version into its category's open batch, opening one where there is none; seal it when full."""
        now = self.clock.now()
        await tx.execute(SQL["batch_category_lock"], category)
        row = await tx.fetchrow(SQL["batch_open_of"], category)  # locked: whoever seals it goes first or waits for us
        if row is None:
            batch_id = derive("batch", category, sku, version)
            await tx.execute(SQL["batch_insert"], batch_id, category, self.size, now)
            named = stamp("BatchOpened", batch_id, at=now)
            await tx.emit(BatchOpened(**named, batch_id=batch_id, category=category, size_limit=self.size))
            count, limit = 0, self.size
        else:
            batch_id, count, limit = row["batch_id"], row["members"], row["size_limit"]
        await tx.execute(SQL["batch_add"], sku, version, batch_id, intake_id)
        if count + 1 >= limit:
            await self.seal(tx, batch_id, "full")
        return batch_id

    async def seal(self, tx: Tx, batch_id: UUID, reason: Reason) -> bool:
        """Close the batch and name its members. Returns False when it was sealed before or has no member."""
        row = await tx.fetchrow(SQL["batch_lock"], batch_id)
        if row is None or row["state"] == "sealed":
            return False
        members = await tx.fetch(SQL["batch_members"], batch_id)
        if not members:
            return False
        now = self.clock.now()
        await tx.execute(SQL["batch_seal"], batch_id, now, reason)
        sealed = BatchSealed(
            **stamp("BatchSealed", batch_id, at=now),
            batch_id=batch_id,
            category=row["category"],
            members=tuple(BatchMember(sku=m["sku"], sku_version=m["sku_version"]) for m in members),
            reason=reason,
        )
        await tx.emit(sealed)
        return True

    async def seal_aged(self, db: Database, max_age: timedelta) -> int:
        """Seal every open batch older than `max_age`; return how many."""
        sealed = 0
        for row in await db.fetch(SQL["batch_aged"], self.clock.now() - max_age):
            async with db.transaction() as tx:
                sealed += await self.seal(tx, row["batch_id"], "aged")
        return sealed
