"""A delivery sheet and the folder that its photos lie in, checked as a whole before anything is sent."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from trueshelf_contracts import sheet as contract
from trueshelf_contracts.sheet import Card, Photo, RowError, Sheet, UnreadableSheetError
from trueshelf_ingest.domain.shots import ShotLists
from trueshelf_runtime.typed import nearest

__all__ = [
    "Card",
    "NewCategory",
    "Photo",
    "RowError",
    "Sheet",
    "UnreadableSheetError",
    "listed_categories",
    "read_sheet",
    "without_new_categories",
]


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


@dataclass(frozen=True, slots=True)
class NewCategory(RowError):  # noqa: N818 - a row error is no exception
    """A category that has no shot list and was never delivered: legal, but more often a slip of the hand.

    A slip costs required photos (R-11): the SKU falls to the `default` list. `details`: rows, known, meant.
    """

    @property
    def message(self) -> str:
        rows = self.details["rows"]
        return f"there is no category '{self.value}' yet{f' ({rows} rows)' if rows != '1' else ''}"

    @property
    def fix(self) -> str:
        meant = self.details["meant"]
        return (
            f"{f'did you mean {meant}? ' if meant else ''}Known are {self.details['known']}. "
            "If it is a new one, say --allow-new-categories: it then needs the photos of the default list"
        )


def without_new_categories(read: Sheet, known: Collection[str]) -> Sheet:
    """Return the sheet without the SKUs whose category is none of `known`; each such category is one error."""
    new: dict[str, list[int]] = {}
    for card in read.cards.values():
        if card.category not in known:
            new.setdefault(card.category, []).extend(photo.row for photo in card.photos)
    errors = [
        NewCategory(
            min(rows),
            "category",
            "category_new",
            category,
            {"rows": str(len(rows)), "known": ", ".join(sorted(known)), "meant": nearest(category, known)},
        )
        for category, rows in new.items()
    ]
    cards = {sku: card for sku, card in read.cards.items() if card.category not in new}
    return replace(read, cards=cards, errors=tuple(sorted((*read.errors, *errors), key=lambda error: error.row)))


def listed_categories() -> frozenset[str]:
    """Return the categories that have a shot list of their own in this release."""
    raw = files("trueshelf_ingest").joinpath("policy", "shot_lists.json").read_bytes()
    return frozenset(ShotLists.from_data(json.loads(raw)).categories)
