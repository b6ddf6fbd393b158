"""The delivery sheet: one row per photo, checked as a whole before anything is sent."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from trueshelf_contracts.refs import Shot, SourceType, check_sku
from trueshelf_ingest.formats import EXTENSIONS

REQUIRED = ("sku", "category", "title", "file", "shot", "rights")
OPTIONAL = ("description", "kit", "rights_reference", "warehouse_batch", "colour_note", "source_type", "waived")
RIGHTS = ("own", "licensed", "supplier_licensed")


@dataclass(frozen=True, slots=True)
class RowError:
    """One cell that cannot be used: where it is, what is wrong, what to do."""

    row: int
    column: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}; {self.fix}"


@dataclass(frozen=True, slots=True)
class Photo:
    """One good row's photo."""

    row: int
    sku: str
    path: Path
    shot: str
    rights_basis: str
    rights_reference: str
    warehouse_batch: str
    colour_note: str
    source_type: str


@dataclass(slots=True)
class Card:
    """What the rows of one SKU agree on."""

    sku: str
    category: str
    title: str
    description: str = ""
    kit: tuple[str, ...] = ()
    waived: dict[str, str] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The usable part of a sheet, and every cell that is not usable."""

    cards: dict[str, Card]
    errors: tuple[RowError, ...]
    rows: int


class UnreadableSheetError(ValueError):
    """The file is no sheet at all: wrong encoding, no header, a needed column missing."""


def read_sheet(data: bytes, folder: Path) -> Sheet:
    """Read a CSV (UTF-8 with or without BOM; comma, semicolon or tab) whose files lie in `folder`.

    Row numbers are those that a spreadsheet shows: the header is row 1. A row with an error is left out, the others
    stay usable. Raises UnreadableSheetError.
    """
    cards: dict[str, Card] = {}
    errors: list[RowError] = []
    seen: dict[tuple[str, str, str], int] = {}
    rows = 0
    for number, cells in _rows(data):
        rows += 1
        problems = list(_check(number, cells, folder))
        sku = cells["sku"]
        card = cards.get(sku)
        if not problems and card is not None:
            problems = list(_disagreements(number, cells, card))
        place = (sku, cells["shot"], cells["file"])
        if not problems and place in seen:
            fix = "remove one of the two rows"
            problems = [RowError(number, "file", f"the same photo stands in row {seen[place]}", fix)]
        if problems:
            errors.extend(problems)
            continue
        seen[place] = number
        if card is None:
            card = cards[sku] = _card(cells)
        card.photos.append(_photo(number, cells, folder))
    return Sheet(cards, tuple(errors), rows)


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSheetError(
            f"byte {error.start} is not UTF-8: save the sheet as 'CSV UTF-8' and try again"
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise UnreadableSheetError(f"the header lacks {', '.join(missing)}; needed are {', '.join(REQUIRED)}")
    unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
    if unknown:
        raise UnreadableSheetError(f"unknown column {', '.join(unknown)}; known are {', '.join(REQUIRED + OPTIONAL)}")
    for number, values in enumerate(reader, start=2):
        if not any(value.strip() for value in values):
            continue
        padded = values + [""] * (len(header) - len(values))
        cells = {name: value.strip() for name, value in zip(header, padded, strict=False)}
        cells["sku"] = unicodedata.normalize("NFC", cells["sku"])
        if len(values) > len(header):
            cells["#extra"] = str(len(values) - len(header))
        yield number, {name: cells.get(name, "") for name in (*REQUIRED, *OPTIONAL, "#extra")}


def _check(row: int, cells: dict[str, str], folder: Path) -> Iterator[RowError]:
    if cells["#extra"]:
        fix = "quote cells that contain the delimiter"
        yield RowError(row, "(last)", f"{cells['#extra']} cell(s) more than the header has columns", fix)
    try:
        check_sku(cells["sku"])
    except ValueError as error:
        yield RowError(row, "sku", str(error), "correct the SKU")
    category = cells["category"]
    if not category or not category.isascii() or not category.replace("_", "").replace("-", "").isalnum():
        yield RowError(row, "category", f"{category!r} is no category code", "use lower-case letters, e.g. jewelry")
    elif category != category.lower():
        yield RowError(row, "category", f"{category!r} is not lower case", f"write {category.lower()}")
    if not cells["title"]:
        yield RowError(row, "title", "empty", "give the product's title")
    yield from _check_words(row, cells)
    yield from _check_rights(row, cells)
    yield from _check_file(row, cells["file"], folder)


def _check_words(row: int, cells: dict[str, str]) -> Iterator[RowError]:
    if cells["shot"] not in get_args(Shot):
        yield RowError(row, "shot", f"{cells['shot']!r} is no shot", f"use one of {', '.join(get_args(Shot))}")
    if cells["source_type"] and cells["source_type"] not in get_args(SourceType):
        fix = f"use one of {', '.join(get_args(SourceType))}"
        yield RowError(row, "source_type", f"{cells['source_type']!r} is no source type", fix)
    for part in _listed(cells["waived"]):
        shot, _, reason = part.partition("=")
        if shot.strip() not in get_args(Shot) or not reason.strip():
            fix = "write shot=reason, e.g. clasp=a ring has no clasp"
            yield RowError(row, "waived", f"{part!r} is no shot with a reason", fix)


def _check_rights(row: int, cells: dict[str, str]) -> Iterator[RowError]:
    if cells["rights"] not in RIGHTS:
        fix = f"use one of {', '.join(RIGHTS)} (R-04)"
        yield RowError(row, "rights", f"{cells['rights']!r} says nothing about the right to use the photo", fix)
    elif cells["rights"] != "own" and not cells["rights_reference"]:
        yield RowError(row, "rights_reference", "empty", f"{cells['rights']} art needs the contract or invoice (R-04)")


def _check_file(row: int, name: str, folder: Path) -> Iterator[RowError]:
    if not name:
        yield RowError(row, "file", "empty", "name the photo's file")
        return
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        yield RowError(row, "file", f"{name!r} lies outside the folder", "put the photo into the folder")
    elif path.suffix.lstrip(".").lower() not in EXTENSIONS:
        yield RowError(row, "file", f"{name!r} is no JPEG, PNG, WebP or HEIC by its name", "export it as JPEG")
    elif not path.is_file():
        yield RowError(row, "file", f"{name!r} is not in the folder", "check the spelling or copy the file there")


def _disagreements(row: int, cells: dict[str, str], card: Card) -> Iterator[RowError]:
    other = _card(cells)
    for column in ("category", "title", "description", "kit", "waived"):
        mine, known = getattr(other, column), getattr(card, column)
        if mine and mine != known:
            fix = f"write the same as in row {card.photos[0].row}, or leave it empty"
            yield RowError(row, column, f"differs from an earlier row of SKU {card.sku}", fix)


def _card(cells: dict[str, str]) -> Card:
    waived = dict(part.split("=", 1) for part in _listed(cells["waived"]))
    return Card(
        sku=cells["sku"],
        category=cells["category"],
        title=cells["title"],
        description=cells["description"],
        kit=tuple(_listed(cells["kit"])),
        waived={shot.strip(): reason.strip() for shot, reason in waived.items()},
    )


def _photo(row: int, cells: dict[str, str], folder: Path) -> Photo:
    return Photo(
        row=row,
        sku=cells["sku"],
        path=folder / cells["file"],
        shot=cells["shot"],
        rights_basis=cells["rights"],
        rights_reference=cells["rights_reference"],
        warehouse_batch=cells["warehouse_batch"],
        colour_note=cells["colour_note"],
        source_type=cells["source_type"] or "phone",
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]
