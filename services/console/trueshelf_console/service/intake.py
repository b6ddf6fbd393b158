"""Deliveries that people begin in the browser: their sheets are kept until they are long done."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

from trueshelf_contracts.ids import derive
from trueshelf_contracts.sheet import Sheet
from trueshelf_runtime.db import Database, Row, load_queries
from trueshelf_runtime.errors import Refused

SQL = load_queries("trueshelf_console", "intake.sql")
KEPT = timedelta(days=90)
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Delivery:
    """A sheet that somebody dropped. `photos`: its usable rows; `intake_id`: once its sending has begun."""

    delivery_id: UUID
    account_id: str
    name: str
    sha256: str
    rows: int
    photos: int
    wrong: int
    intake_id: UUID | None
    finished_at: datetime | None
    created_at: datetime

    @property
    def reference(self) -> str:
        """Return the delivery's name at ingest: the same sheet again is the same one, as with the verb."""
        return f"{self.name}:{self.sha256[:16]}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that somebody dropped, and what was read from it."""

    name: str
    data: bytes
    sheet: Sheet


async def keep(db: Database, account_id: str, dropped: Dropped, now: datetime) -> UUID:
    """Keep a sheet; the same one again is the same delivery. What is older than 90 days is forgotten."""
    data, sheet = dropped.data, dropped.sheet
    digest = hashlib.sha256(data).hexdigest()
    plain = _plain(dropped.name)
    delivery_id = derive("delivery", account_id, plain, digest)
    photos = sum(len(card.photos) for card in sheet.cards.values())
    await db.execute(SQL["deliveries_forget"], now - KEPT)
    await db.execute(
        SQL["delivery_insert"],
        delivery_id,
        account_id,
        plain,
        digest,
        data,
        sheet.rows,
        photos,
        len(sheet.wrong),
        now,
    )
    return delivery_id


async def find(db: Database, account_id: str, delivery_id: UUID) -> Delivery:
    """Return somebody's own delivery. Raises Refused (404), also for another person's."""
    row = await db.fetchrow(SQL["delivery"], delivery_id, account_id)
    if row is None:
        raise Refused("delivery_not_found", "there is no such delivery of yours", "drop its sheet again")
    return _delivery(row)


async def latest(db: Database, account_id: str) -> list[Delivery]:
    return [_delivery(row) for row in await db.fetch(SQL["deliveries_of"], account_id)]


async def sheet_bytes(db: Database, delivery_id: UUID) -> bytes:
    return bytes(await db.fetchval(SQL["delivery_sheet"], delivery_id))


def _delivery(row: Row) -> Delivery:
    return Delivery(**dict(row))


def _plain(name: str) -> str:
    """Return a file's name without folders and without what cannot be printed."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return "".join(char for char in base if char.isprintable())[:LONGEST_NAME].strip() or "sheet.csv"
