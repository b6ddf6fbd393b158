"""From a file's bytes to rows of cells: encodings, separators, quotes."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trueshelf_contracts.sheet.cells import KNOWN, OPTIONAL, REQUIRED
from trueshelf_contracts.sheet.reasons import RowError

Encoding = Literal["utf-8", "utf-16", "cp1251"]
REASON_COLUMN = "reason"
"""What a list of wrong rows adds; the corrected list is read with it."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CELL_MOST = 131_072


class UnreadableSheetError(ValueError):
    """The file is no sheet at all: wrong encoding, no header, a needed column missing.

    `code` and `details` say the same for people's languages; see `UNREADABLE`.
    """

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(UNREADABLE[code] % details)
        self.code = code
        self.details = details


UNREADABLE = {
    "workbook": "this is an Excel or OpenDocument workbook: save the sheet as 'CSV UTF-8' and try again",
    "not_text": "this is no text: save the sheet as 'CSV UTF-8' and try again",
    "encoding": "byte %(position)s is neither UTF-8 nor Windows-1251: save the sheet as 'CSV UTF-8' and try again",
    "lacks": "the header lacks %(columns)s; needed are %(needed)s",
    "unknown": "unknown column %(columns)s; known are %(known)s",
    "twice": "the column %(columns)s stands twice in the header",
    "header": "the header's quotes do not match",
    "large": "the sheet has more than %(most)s rows: split it into several sheets and drop each",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row as a spreadsheet counts it. `extra`: cells beyond the header; `broken`: the reason that it is no row."""

    number: int
    cells: dict[str, str]
    extra: int = 0
    broken: RowError | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose header is right."""

    encoding: Encoding
    delimiter: str
    header: tuple[str, ...]
    text: str

    def lines(self) -> Iterator[Line]:
        """Yield the rows that hold anything; a row whose quotes do not match is yielded broken."""
        reader = _reader(self.text, self.delimiter)
        next(reader, None)
        columns = self.header
        width = len(columns)
        number = 1
        while True:
            number += 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                endless = "unexpected end" in str(error) or "field larger" in str(error)
                yield Line(number, {}, broken=RowError(number, "(row)", "quote_open" if endless else "quotes"))
                if endless:
                    return
                continue
            if not any(value and not value.isspace() for value in values):
                continue
            cells = {name: unquoted(value.strip()) for name, value in zip(columns, values, strict=False) if name}
            if "sku" in cells and not cells["sku"].isascii():
                cells["sku"] = unicodedata.normalize("NFC", cells["sku"])
            extra = len(values) - width
            if extra > 0 and not any(value.strip() for value in values[width:]):
                extra = 0
            yield Line(number, cells, max(extra, 0))


def open_table(data: bytes) -> Table:
    """Read a CSV's encoding, separator and header. Raises UnreadableSheetError.

    UTF-8 with or without a mark, UTF-16 with one, else Windows-1251; comma, semicolon or tab.
    """
    encoding, text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        header = [name.strip().lower() for name in next(_reader(text, delimiter), [])]
    except csv.Error as error:
        raise UnreadableSheetError("header") from error
    while header and not header[-1]:
        header.pop()
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise UnreadableSheetError("lacks", columns=", ".join(missing), needed=", ".join(REQUIRED))
    unknown = [name for name in header if name not in KNOWN and name != REASON_COLUMN]
    if unknown:
        raise UnreadableSheetError("unknown", columns=", ".join(unknown), known=", ".join((*REQUIRED, *OPTIONAL)))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnreadableSheetError("twice", columns=", ".join(twice))
    return Table(encoding, delimiter, tuple("" if name == REASON_COLUMN else name for name in header), text)


def unquoted(cell: str) -> str:
    """Return the cell without the apostrophe that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS and len(cell) > 1 else cell


def _decoded(data: bytes) -> tuple[Encoding, str]:
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableSheetError("workbook")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return "utf-16", data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise UnreadableSheetError("not_text") from error
    if b"\0" in data:
        raise UnreadableSheetError("not_text")
    try:
        return "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return "cp1251", data.decode("cp1251")
    except UnicodeDecodeError as error:
        raise UnreadableSheetError("encoding", position=str(error.start)) from error


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_CELL_MOST)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
