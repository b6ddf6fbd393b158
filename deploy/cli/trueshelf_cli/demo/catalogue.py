"""What the demo delivers: the shipped catalogue, a folder with a sheet, or a plain folder of photos."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from trueshelf_cli.backing.program import BackingError
from trueshelf_contracts.photos import EXTENSIONS
from trueshelf_contracts.refs import check_sku
from trueshelf_ingest.sheet import Card, Photo, Sheet, UnreadableSheetError, read_sheet

MOST = 20
"""Photos of a plain folder that the demo takes: one batch (R-27)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery, and which of its SKUs the practice accounts will decide."""

    reference: str
    sheet: Sheet
    category: str


def sample(folder: Path) -> Delivery:
    """Return the shipped catalogue; its category `accessories` is the batch that is decided."""
    return Delivery("demo-catalogue", read_sheet((folder / "catalogue.csv").read_bytes(), folder), "accessories")


def own(folder: Path) -> Delivery:
    """Return the user's photos: by the one CSV in the folder, or one SKU per photo. Raises BackingError."""
    if not folder.is_dir():
        raise BackingError(f"PHOTOS={folder} is no folder: give a folder of JPEG, PNG, WebP or HEIC photos")
    sheets = sorted(folder.glob("*.csv"))
    if len(sheets) > 1:
        raise BackingError(f"{folder} holds {len(sheets)} CSV files: leave the one that lists the photos")
    if sheets:
        try:
            sheet = read_sheet(sheets[0].read_bytes(), folder)
        except UnreadableSheetError as error:
            raise BackingError(f"{sheets[0]}: {error}") from error
        if not sheet.cards:
            raise BackingError(f"{sheets[0]}: no usable row; {'; '.join(map(str, sheet.errors[:3]))}")
        category = next(iter(sheet.cards.values())).category
        return Delivery(f"demo-{folder.name}", sheet, category)
    photos = sorted(p for p in folder.rglob("*") if p.suffix.lstrip(".").lower() in EXTENSIONS and p.is_file())
    if not photos:
        raise BackingError(f"{folder} holds no JPEG, PNG, WebP or HEIC photo")
    cards = dict(_card(path, number) for number, path in enumerate(photos[:MOST], start=1))
    return Delivery(f"demo-{folder.name}", Sheet(cards, (), len(cards)), "default")


def _card(path: Path, number: int) -> tuple[str, Card]:
    """One product, one photo: its name becomes the SKU, the shots that are not there are waived by name."""
    stem = unicodedata.normalize("NFC", path.stem)
    sku = check_sku(f"MY-{number:03d}-{re.sub(r'[^0-9A-Za-zА-Яа-яЁё._-]+', '-', stem)}"[:64].strip("-"))
    photo = Photo(number, sku, str(path), "front", "own", "", "", "", "phone")
    waived = dict.fromkeys(("profile", "macro"), "the demo takes one photo per product")
    return sku, Card(sku, "default", stem[:200], waived=waived, photos=[photo])
