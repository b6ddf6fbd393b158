"""Checklist items of the scopes pack and marketplace; one by one, nothing ticked as a whole (R-71)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Answer = Literal["yes", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Item:
    """One question. Some cannot be not applicable."""

    item: str
    question: str
    not_applicable: bool


@dataclass(frozen=True, slots=True)
class Checklists:
    """One version of both lists."""

    version: str
    pack: tuple[Item, ...]
    marketplace: tuple[Item, ...]


def read_checklists(data: Mapping[str, Any]) -> Checklists:
    """Return the lists that the shipped file states."""
    return Checklists(
        version=data["version"],
        pack=tuple(Item(**entry) for entry in data["pack"]),
        marketplace=tuple(Item(**entry) for entry in data["marketplace"]),
    )


def unanswered(items: tuple[Item, ...], answers: Mapping[str, Answer]) -> dict[str, str]:
    """Return item → question of every item without an answer that counts."""
    return {
        item.item: item.question
        for item in items
        if item.item not in answers or (answers[item.item] == "not_applicable" and not item.not_applicable)
    }


def unknown(items: tuple[Item, ...], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """Return the answered items that the list does not have, so that a misspelt one is told and not lost."""
    return tuple(sorted(set(answers) - {item.item for item in items}))
