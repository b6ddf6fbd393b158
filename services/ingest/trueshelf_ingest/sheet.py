"""A delivery sheet and the folder that its photos lie in, checked as a whole before anything is sent."""

from pathlib import Path

from trueshelf_contracts import sheet as contract
from trueshelf_contracts.sheet import Card, Photo, RowError, Sheet, UnreadableSheetError

__all__ = ["Card", "Photo", "RowError", "Sheet", "UnreadableSheetError", "read_sheet"]


def read_sheet(data: bytes, folder: Path) -> Sheet:
    """Read a sheet whose files lie in `folder`; the photos of the result are named by their whole path.

    Raises UnreadableSheetError.
    """
    inside = folder.resolve()

    def problem(name: str) -> str | None:
        path = (folder / name).resolve()
        if not path.is_relative_to(inside):
            return "file_outside"
        return None if path.is_file() else "file_missing"

    return contract.read_sheet(data, file_problem=problem, place=folder)
