"""Sheets as they were checked. The last few stay in memory: a delivery asks for its own at each photo."""

import asyncio
import hashlib
from collections import OrderedDict

from trueshelf_console.service.intake import Delivery, sheet_bytes
from trueshelf_contracts.sheet import Card, Photo, Sheet, UnreadableSheetError, read_sheet
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Refused

MOST_BYTES = 16 * 1024 * 1024
"""A sheet of 20,000 rows has about 4 MB."""
KEPT = 6


class Checked:
    """A sheet with its photos by row."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.photos: dict[int, Photo] = {p.row: p for card in sheet.cards.values() for p in card.photos}
        wrong = {cells.get("sku", "") for cells in sheet.wrong.values()}
        self.waiting_skus = frozenset(wrong & sheet.cards.keys())
        """SKUs of which another row is wrong: they are not complete before that row is corrected."""

    def card(self, sku: str) -> Card | None:
        return self.sheet.cards.get(sku)


class Sheets:
    """Reads sheets off the event loop, each once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[str, Checked] = OrderedDict()
        self._one = asyncio.Lock()

    async def read(self, data: bytes) -> Checked:
        """Check a sheet. Raises UnreadableSheetError."""
        digest = hashlib.sha256(data).hexdigest()
        async with self._one:
            known = self._kept.get(digest) or Checked(await asyncio.to_thread(read_sheet, data))
            self._kept[digest] = known
            self._kept.move_to_end(digest)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return known

    async def of(self, delivery: Delivery) -> Checked:
        """Return the sheet of a delivery. Raises Refused for one that only an earlier release took."""
        known = self._kept.get(delivery.sha256)
        try:
            return known or await self.read(await sheet_bytes(self._db, delivery.delivery_id))
        except UnreadableSheetError as error:
            raise Refused(
                "invalid_sheet", str(error), "what was sent of it is safe; drop the rest as smaller sheets"
            ) from error
