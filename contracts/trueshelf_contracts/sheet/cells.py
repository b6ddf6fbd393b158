"""What may stand in a cell."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import get_args

from trueshelf_contracts.photos import EXTENSIONS, extension_of
from trueshelf_contracts.refs import Shot, SourceType, check_sku
from trueshelf_contracts.sheet.reasons import RowError

REQUIRED = ("sku", "category", "title", "file", "shot", "rights")
OPTIONAL = ("description", "kit", "rights_reference", "warehouse_batch", "colour_note", "source_type", "waived")
KNOWN = frozenset((*REQUIRED, *OPTIONAL))
RIGHTS = ("own", "licensed", "supplier_licensed")
SHOTS = frozenset(get_args(Shot))
SOURCES = frozenset(get_args(SourceType))
LONGEST: Mapping[str, int] = {
    "title": 1024,
    "description": 20_000,
    "rights_reference": 200,
    "warehouse_batch": 100,
    "colour_note": 300,
}
"""Characters; ingest's API takes no more."""
MOST_PARTS = 50
_CATEGORY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#Н/Д", "#ССЫЛКА!", "#ИМЯ?", "#ЗНАЧ!"}
)
_SCIENTIFIC = re.compile(r"\d[.,]?\d*[eE]\+\d+")


def check_cells(row: int, cells: Mapping[str, str]) -> Iterator[RowError]:
    """Yield what is wrong with a row's cells, each by itself."""
    told = set()
    for column, value in cells.items():
        if value[:1] in ("=", "#") or "\n" in value or "\r" in value:
            for error in _spreadsheet(row, column, value):
                told.add(column)
                yield error
    for error in _columns(row, cells):
        if error.column not in told:
            yield error


def listed(cell: str) -> list[str]:
    """Return the parts of a cell that `|` separates."""
    return [part.strip() for part in cell.split("|") if part.strip()] if cell else []


def _columns(row: int, cells: Mapping[str, str]) -> Iterator[RowError]:
    yield from _sku(row, cells.get("sku", ""))
    yield from _category(row, cells.get("category", ""))
    if not cells.get("title"):
        yield RowError(row, "title", "empty_title")
    yield from _words(row, cells)
    yield from _rights(row, cells)
    yield from _file(row, cells.get("file", ""))
    yield from _lengths(row, cells)


def _spreadsheet(row: int, column: str, value: str) -> Iterator[RowError]:
    if value.upper() in _SPREADSHEET_ERRORS:
        yield RowError(row, column, "spreadsheet_error", value)
    elif value[:1] == "=":
        yield RowError(row, column, "formula", value)
    elif column != "description" and ("\n" in value or "\r" in value):
        yield RowError(row, column, "line_break", value)


def _sku(row: int, sku: str) -> Iterator[RowError]:
    try:
        check_sku(sku)
    except ValueError:
        if _SCIENTIFIC.fullmatch(sku):
            yield RowError(row, "sku", "sku_number", sku)
            return
        wrong = ((place, char) for place, char in enumerate(sku, 1) if not (char.isalnum() or char in "._-"))
        place, char = next(wrong, (0, ""))
        if not place:
            yield RowError(row, "sku", "sku_length", sku, {"count": str(len(sku))})
            return
        invisible = unicodedata.category(char) in {"Cf", "Cc", "Zs"} and char != " "
        code = "sku_invisible" if invisible else "sku_character"
        shown = f"U+{ord(char):04X}" if invisible else ascii(char) if char == " " else char
        yield RowError(row, "sku", code, sku, {"position": str(place), "character": shown})


def _category(row: int, category: str) -> Iterator[RowError]:
    if _CATEGORY.fullmatch(category):
        return
    lower = category.lower()
    if lower != category and _CATEGORY.fullmatch(lower):
        yield RowError(row, "category", "category_case", category, {"right": lower})
    else:
        yield RowError(row, "category", "category", category)


def _words(row: int, cells: Mapping[str, str]) -> Iterator[RowError]:
    shot, source = cells.get("shot", ""), cells.get("source_type", "")
    if shot not in SHOTS:
        yield RowError(row, "shot", "shot", shot, {"known": ", ".join(get_args(Shot))})
    if source and source not in SOURCES:
        yield RowError(row, "source_type", "source_type", source, {"known": ", ".join(get_args(SourceType))})
    for part in listed(cells.get("waived", "")):
        waived, _, reason = part.partition("=")
        if waived.strip() not in SHOTS or not reason.strip():
            yield RowError(row, "waived", "waived", part)


def _rights(row: int, cells: Mapping[str, str]) -> Iterator[RowError]:
    basis = cells.get("rights", "")
    if basis not in RIGHTS:
        yield RowError(row, "rights", "rights", basis, {"known": ", ".join(RIGHTS)})
    elif basis != "own" and not cells.get("rights_reference"):
        yield RowError(row, "rights_reference", "empty_reference", details={"basis": basis})


def _file(row: int, name: str) -> Iterator[RowError]:
    if not name:
        yield RowError(row, "file", "empty_file")
    elif name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in name.replace("\\", "/").split("/"):
        yield RowError(row, "file", "file_outside", name)
    elif extension_of(name) not in EXTENSIONS:
        yield RowError(row, "file", "file_type", name)


def _lengths(row: int, cells: Mapping[str, str]) -> Iterator[RowError]:
    for column, most in LONGEST.items():
        value = cells.get(column, "")
        if len(value) > most:
            yield RowError(row, column, "too_long", value[:60] + "…", {"length": str(len(value)), "most": str(most)})
    parts = listed(cells.get("kit", ""))
    if len(parts) > MOST_PARTS:
        yield RowError(row, "kit", "too_many_parts", "", {"count": str(len(parts)), "most": str(MOST_PARTS)})
