"""The whole sheet: rows become cards of SKUs with their photos; what is wrong is named and set aside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from trueshelf_contracts.sheet.cells import check_cells, listed
from trueshelf_contracts.sheet.reasons import RowError
from trueshelf_contracts.sheet.table import Line, Table, UnreadableSheetError, open_table

MOST_ROWS = 50_000
MOST_LISTED = 5_000
"""Errors beyond it are counted; their rows are set aside like the others."""
CARD_COLUMNS = ("category", "title", "description", "kit", "waived")


@dataclass(frozen=True, slots=True)
class Photo:
    """One good row's photo; `file` as the sheet names it."""

    row: int
    sku: str
    file: str
    shot: str
    rights_basis: str
    rights_reference: str
    warehouse_batch: str
    colour_note: str
    source_type: str

    @property
    def path(self) -> Path:
        return Path(self.file)

    @property
    def form(self) -> dict[str, str]:
        """Return what goes with the photo to ingest, beside the intake."""
        return {
            "shot": self.shot,
            "rights_basis": self.rights_basis,
            "rights_reference": self.rights_reference,
            "warehouse_batch": self.warehouse_batch,
            "colour_note": self.colour_note,
            "source_type": self.source_type,
        }


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

    @property
    def body(self) -> dict[str, object]:
        """Return what ingest is told of the SKU, beside the intake."""
        return {
            "category": self.category,
            "title": self.title,
            "description": self.description,
            "kit": self.kit,
            "waived": self.waived,
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """The usable part of a sheet, the cells that are not usable, and the rows that these stand in.

    `errors` are of the first wrong rows, each of them with all of its own; `more_errors` is how many the others have.
    """

    cards: dict[str, Card]
    errors: tuple[RowError, ...]
    rows: int
    wrong: dict[int, dict[str, str]] = field(default_factory=dict)
    table: Table | None = None
    more_errors: int = 0


def read_sheet(
    data: bytes, *, file_problem: Callable[[str], str | None] = lambda _name: None, place: str | Path = ""
) -> Sheet:
    """Read a delivery sheet. Row numbers are those that a spreadsheet shows: the header is row 1.

    A row with an error is left out, the others stay usable. `file_problem` says why a file cannot be used, as a code of
    REASONS; `place` is put before each file's name. Raises UnreadableSheetError.
    """
    table = open_table(data)
    reading = _Reading(file_problem, place)
    rows = 0
    for line in table.lines():
        rows += 1
        if rows > MOST_ROWS:
            raise UnreadableSheetError("large", most=f"{MOST_ROWS:,}")
        reading.take(line)
    return Sheet(reading.cards, tuple(reading.errors), rows, reading.wrong, table, reading.more)


class _Reading:
    def __init__(self, file_problem: Callable[[str], str | None], place: str | Path) -> None:
        self.cards: dict[str, Card] = {}
        self.errors: list[RowError] = []
        self.more = 0
        self.wrong: dict[int, dict[str, str]] = {}
        self._seen: dict[tuple[str, str, str], int] = {}
        self._file_problem = file_problem
        self._place = place

    def take(self, line: Line) -> None:
        problems = [line.broken] if line.broken else self._problems(line)
        if problems:
            if len(self.errors) < MOST_LISTED:
                self.errors.extend(problems)
            else:
                self.more += len(problems)
            self.wrong[line.number] = line.cells
            return
        cells = line.cells
        card = self.cards.get(cells["sku"])
        if card is None:
            card = self.cards[cells["sku"]] = _card(cells)
        self._seen[cells["sku"], cells["shot"], cells["file"]] = line.number
        card.photos.append(_photo(line.number, cells, self._place))

    def _problems(self, line: Line) -> list[RowError]:
        row, cells = line.number, line.cells
        problems = list(check_cells(row, cells))
        if line.extra:
            problems.insert(0, RowError(row, "(last)", "extra_cells", details={"count": str(line.extra)}))
        name = cells.get("file", "")
        if name and not any(problem.column == "file" for problem in problems):
            code = self._file_problem(name)
            if code:
                problems.append(RowError(row, "file", code, name))
        if problems:
            return problems
        card = self.cards.get(cells["sku"])
        if card is not None:
            problems = _disagreements(row, cells, card)
        seen = self._seen.get((cells["sku"], cells["shot"], name))
        if not problems and seen is not None:
            problems = [RowError(row, "file", "repeated", name, {"row": str(seen)})]
        return problems


def _disagreements(row: int, cells: dict[str, str], card: Card) -> list[RowError]:
    other = _card(cells)
    details = {"sku": card.sku, "row": str(card.photos[0].row)}
    return [
        RowError(row, column, "differs", cells.get(column, ""), details)
        for column in CARD_COLUMNS
        if getattr(other, column) and getattr(other, column) != getattr(card, column)
    ]


def _card(cells: dict[str, str]) -> Card:
    waived = dict(part.split("=", 1) for part in listed(cells.get("waived", "")))
    return Card(
        sku=cells["sku"],
        category=cells["category"],
        title=cells["title"],
        description=cells.get("description", ""),
        kit=tuple(listed(cells.get("kit", ""))),
        waived={shot.strip(): reason.strip() for shot, reason in waived.items()},
    )


def _photo(row: int, cells: dict[str, str], place: str | Path) -> Photo:
    name = cells["file"]
    return Photo(
        row=row,
        sku=cells["sku"],
        file=str(Path(place) / name) if place else name,
        shot=cells["shot"],
        rights_basis=cells["rights"],
        rights_reference=cells.get("rights_reference", ""),
        warehouse_batch=cells.get("warehouse_batch", ""),
        colour_note=cells.get("colour_note", ""),
        source_type=cells.get("source_type", "") or "phone",
    )
