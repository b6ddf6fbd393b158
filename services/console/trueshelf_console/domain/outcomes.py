"""A sheet of outcomes: one row per answer of a marketplace or return of a buyer (R-103 to R-107)."""

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, get_args

from trueshelf_contracts.refs import Marketplace, check_sku

MARKETPLACES: tuple[str, ...] = get_args(Marketplace)
KINDS: Final = ("moderation_accepted", "moderation_rejected", "return_not_as_pictured", "return_wrong_colour")
REQUIRED: Final = ("sku", "marketplace", "kind", "reported_on")
OPTIONAL: Final = ("reason", "checklist_item", "pack_id", "variant_id")
MOST_ROWS = 2000
MOST_BYTES = 2_000_000
MOST_REASON = 1000
SHOWN = 80
ITEM = re.compile(r"[a-z][a-z0-9_]*")
ID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "empty": ("nothing stands here", "fill the cell in"),
    "sku": ("this is no SKU: %(why)s", "copy the SKU from its page"),
    "marketplace": ("this is no marketplace that Trueshelf knows", "write one of %(known)s"),
    "kind": ("this is no kind of outcome", "write one of %(known)s"),
    "date": ("this is no day", "write it as 2026-11-21 or 21.11.2026"),
    "future": ("this day lies in the future", "enter the day of the report"),
    "too_long": ("%(length)s characters are more than %(most)s", "shorten the text"),
    "item": (
        "this is no code of a checklist item",
        "use the code from the checklist, such as colour_matches, or leave it",
    ),
    "id": ("this is no id", "copy the id from the pack's page, or leave the cell empty"),
    "cells": ("the row has more cells than the header", "put text that holds the separator into quotes"),
    "quotes": ("the quotes of this row do not match", "double each quote inside a text"),
}
"""Code → what is wrong, and what to do; both in the reader's language by the catalogue."""
UNREADABLE: Final[Mapping[str, str]] = {
    "workbook": "This is an Excel workbook: save the sheet as 'CSV UTF-8' and choose that file.",
    "encoding": "This is no text in UTF-8 or Windows-1251: save the sheet as 'CSV UTF-8' and choose that file.",
    "lacks": "The header lacks %(columns)s. The first row names the columns.",
    "unknown": "The header has columns that nobody knows: %(columns)s. Known are %(known)s.",
    "twice": "The header names %(columns)s twice.",
    "large": "The sheet is larger than 2 MB or has more than %(most)s rows: send it in parts.",
    "nothing": "The sheet holds no row.",
}


class UnreadableSheet(ValueError):  # noqa: N818 - says what it is
    """The file is no sheet of outcomes at all. `code` is a key of UNREADABLE."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(UNREADABLE[code] % details)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Wrong:
    """One cell that is wrong. `row` counts as the spreadsheet does: the header is row 1."""

    row: int
    column: str
    value: str
    code: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Good:
    """One row as export takes it. `key` is the same when the same sheet, or a corrected one, is sent again."""

    row: int
    body: Mapping[str, str | None]
    key: str


@dataclass(frozen=True, slots=True)
class Sheet:
    good: tuple[Good, ...]
    wrong: tuple[Wrong, ...]


def read_outcomes(data: bytes, today: date) -> Sheet:
    """Return the rows that can be recorded and every wrong cell of the others. Raises UnreadableSheet."""
    good: list[Good] = []
    wrong: list[Wrong] = []
    seen: Counter[tuple[str | None, ...]] = Counter()
    count = 0
    for number, cells, fault in _rows(data):
        count += 1
        if count > MOST_ROWS:
            raise UnreadableSheet("large", most=str(MOST_ROWS))
        faults = [Wrong(number, "", "", fault)] if fault else list(_faults(number, cells, today))
        if faults:
            wrong += faults
            continue
        body: dict[str, str | None] = {name: cells.get(name) or None for name in (*REQUIRED, *OPTIONAL)}
        body["reason"] = cells.get("reason", "")
        body["reported_on"] = _day(cells["reported_on"]).isoformat()
        content = tuple(body[name] for name in (*REQUIRED, *OPTIONAL))
        seen[content] += 1
        digest = hashlib.sha256(repr((content, seen[content])).encode()).hexdigest()
        good.append(Good(number, body, f"outcome-{digest[:40]}"))
    if not count:
        raise UnreadableSheet("nothing")
    return Sheet(tuple(good), tuple(wrong))


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str], str]]:
    """Yield (row, cells, what breaks the row or nothing) of the rows that hold anything."""
    text = _decoded(data)
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise UnreadableSheet("lacks", columns=", ".join(REQUIRED)) from error
    while header and not header[-1]:
        header.pop()
    _check_header(header)
    number = 1
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, {}, "quotes"
            continue
        if any(value.strip() for value in values):
            extra = any(value.strip() for value in values[len(header) :])
            cells = {name: value.strip() for name, value in zip(header, values, strict=False)}
            cells["sku"] = unicodedata.normalize("NFC", cells.get("sku", ""))
            yield number, cells, "cells" if extra else ""


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise UnreadableSheet("lacks", columns=", ".join(missing))
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        known = ", ".join((*REQUIRED, *OPTIONAL))
        raise UnreadableSheet("unknown", columns=", ".join(name or "?" for name in unknown), known=known)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnreadableSheet("twice", columns=", ".join(twice))


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise UnreadableSheet("large", most=str(MOST_ROWS))
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableSheet("workbook")
    if b"\0" not in data:
        for encoding in ("utf-8-sig", "cp1251"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise UnreadableSheet("encoding")


def _faults(row: int, cells: Mapping[str, str], today: date) -> Iterator[Wrong]:
    for column in REQUIRED:
        if not cells.get(column):
            yield Wrong(row, column, "", "empty")
    for column, value in cells.items():
        if value:
            for code, details in _of_cell(column, value, today):
                yield Wrong(row, column, value[:SHOWN], code, details)


def _of_cell(column: str, value: str, today: date) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the code and details of what is wrong with one cell that is not empty."""
    match column:
        case "sku":
            if why := _no_sku(value):
                yield "sku", {"why": why}
        case "marketplace" if value not in MARKETPLACES:
            yield "marketplace", {"known": ", ".join(MARKETPLACES)}
        case "kind" if value not in KINDS:
            yield "kind", {"known": ", ".join(KINDS)}
        case "reported_on":
            if code := _no_day(value, today):
                yield code, {}
        case "reason" if len(value) > MOST_REASON:
            yield "too_long", {"length": str(len(value)), "most": str(MOST_REASON)}
        case "checklist_item" if not ITEM.fullmatch(value):
            yield "item", {}
        case "pack_id" | "variant_id" if not ID.fullmatch(value):
            yield "id", {}


def _no_sku(value: str) -> str:
    try:
        check_sku(value)
    except ValueError as error:
        return str(error)
    return ""


def _no_day(value: str, today: date) -> str:
    try:
        return "future" if _day(value) > today else ""
    except ValueError:
        return "date"


def _day(text: str) -> date:
    """Return the day that a cell names, as 2026-11-21 or 21.11.2026. Raises ValueError."""
    parts = text.split(".")
    if len(parts) == 3 and len(parts[2]) == 4:  # noqa: PLR2004 - day, month, year
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    return date.fromisoformat(text)
