"""The delivery sheet: one row per photo. Its grammar is one for all who send one: the `intake` verb and the console."""

from trueshelf_contracts.sheet.cells import LONGEST, OPTIONAL, REQUIRED, RIGHTS
from trueshelf_contracts.sheet.reading import Card, Photo, Sheet, read_sheet
from trueshelf_contracts.sheet.reasons import REASONS, RowError
from trueshelf_contracts.sheet.table import (
    FORMULA_STARTS,
    REASON_COLUMN,
    UNREADABLE,
    Table,
    UnreadableSheetError,
    open_table,
)

__all__ = [
    "FORMULA_STARTS",
    "LONGEST",
    "OPTIONAL",
    "REASONS",
    "REASON_COLUMN",
    "REQUIRED",
    "RIGHTS",
    "UNREADABLE",
    "Card",
    "Photo",
    "RowError",
    "Sheet",
    "Table",
    "UnreadableSheetError",
    "open_table",
    "read_sheet",
]
