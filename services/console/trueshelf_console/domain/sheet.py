"""What the console makes of a delivery sheet: the list of its wrong rows, and photos joined with rows."""

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from trueshelf_contracts.sheet import FORMULA_STARTS, OPTIONAL, REASON_COLUMN, REQUIRED, RowError, Sheet

Path = tuple[str, ...]
SHOWN_MOST = 120
_CARD_EXTRAS = ("description", "kit", "waived")


def wrong_rows(sheet: Sheet, sentence: Callable[[RowError], str]) -> bytes:
    """Return a CSV of only the wrong rows with why: it can be corrected and dropped as a sheet of its own.

    Cells that a spreadsheet would calculate are kept from it by an apostrophe, which reading takes off again. What the
    other rows of the SKU say of it (its kit, its text) is filled in: a corrected row alone would else wipe it out.
    """
    delimiter = sheet.table.delimiter if sheet.table else ","
    reasons: dict[int, list[str]] = defaultdict(list)
    for error in sheet.errors:
        reasons[error.row].append(f"{error.column}: {sentence(error)}")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    columns = (*REQUIRED, *OPTIONAL)
    writer.writerow((*columns, REASON_COLUMN))
    for number, cells in sheet.wrong.items():
        known = _card_cells(sheet, cells.get("sku", ""))
        why = reasons.get(number) or [sentence(RowError(number, "(row)", "unlisted"))]
        row = [cells.get(name, "") or known.get(name, "") for name in columns]
        writer.writerow([harmless(cell) for cell in (*row, " | ".join(why))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def harmless(cell: str) -> str:
    """Return the cell as a spreadsheet shows it and does not calculate it (security.md, rule 8)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def visible(cell: str) -> str:
    """Return a cell as people can see it: invisible characters are named, a long one is cut."""
    shown = "".join(_seen(char) for char in cell[:SHOWN_MOST])
    return shown + "…" if len(cell) > SHOWN_MOST else shown


def _seen(char: str) -> str:
    if char == "\n":
        return "⏎"
    if char != " " and unicodedata.category(char) in {"Cc", "Cf", "Zs", "Zl", "Zp"}:
        return f"⟨U+{ord(char):04X}⟩"
    return char


def _card_cells(sheet: Sheet, sku: str) -> dict[str, str]:
    card = sheet.cards.get(sku)
    if card is None:
        return {}
    waived = "|".join(f"{shot}={why}" for shot, why in card.waived.items())
    return dict(zip(_CARD_EXTRAS, (card.description, "|".join(card.kit), waived), strict=True))


@dataclass(slots=True)
class Matching:
    """Which photo belongs to which row."""

    found: dict[int, int] = field(default_factory=dict)
    """Row → position of the photo."""
    rows_without: list[int] = field(default_factory=list)
    photos_without: list[int] = field(default_factory=list)
    ambiguous: dict[int, list[int]] = field(default_factory=dict)
    """Row → the photos that could be meant."""


def match_photos(rows: Iterable[tuple[int, str]], names: Sequence[str]) -> Matching:
    """Join rows (number, file) with photos by name.

    One name may be longer than the other by folders: a sheet says `photos/a.jpg` where the photo was picked as `a.jpg`,
    or the other way round. Letters' case, the direction of slashes and the Unicode form (macOS takes letters apart) do
    not count. Where several photos fit equally well, none is taken and the row is named.
    """
    paths = [_path(name) for name in names]
    matching = Matching()
    wanted: dict[Path, list[int]] = defaultdict(list)
    for row, name in rows:
        wanted[_path(name)].append(row)
    taken: dict[int, list[Path]] = defaultdict(list)
    choice = _fitting(wanted, paths)
    for file, positions in choice.items():
        if len(positions) == 1:
            taken[positions[0]].append(file)
    for file, positions in choice.items():
        shared = len(positions) == 1 and len(taken[positions[0]]) > 1 and paths[positions[0]] != file
        for row in wanted[file]:
            if not positions:
                matching.rows_without.append(row)
            elif len(positions) > 1 or shared:
                matching.ambiguous[row] = positions
            else:
                matching.found[row] = positions[0]
    meant = {position for positions in {id(each): each for each in choice.values()}.values() for position in positions}
    matching.photos_without = [position for position in range(len(names)) if position not in meant]
    matching.rows_without.sort()
    return matching


def _fitting(files: Iterable[Path], paths: Sequence[Path]) -> dict[Path, list[int]]:
    """Return for each file the photos that share the most folders with it, of those that contradict it nowhere.

    Those are the photos whose names end with the whole file; without any, the longest name that the file ends with.
    """
    wanted: dict[Path, list[int]] = {file: [] for file in files}
    whole: dict[Path, list[int]] = defaultdict(list)
    depths = {len(file) for file in wanted}
    for position, path in enumerate(paths):
        whole[path].append(position)
        for ending in _endings(path, depths):
            if ending in wanted:
                wanted[ending].append(position)
    flatter = {len(path) for path in whole}
    for file, positions in wanted.items():
        if not positions:
            wanted[file] = next((whole[ending] for ending in _endings(file, flatter) if ending in whole), [])
    return wanted


def _endings(path: Path, depths: Container[int]) -> Iterator[Path]:
    """Yield what the path ends with, the longest first, of those depths."""
    return (path[-depth:] for depth in range(len(path), 0, -1) if depth in depths)


def _path(name: str) -> Path:
    plain = unicodedata.normalize("NFC", name).casefold().replace("\\", "/")
    return tuple(part for part in plain.split("/") if part not in {"", "."})
