"""Versioned checklists per category; a person answers the items of scope `variant` one by one (R-50, R-71)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from trueshelf_review.domain.refusal import Refusal

Scope = Literal["capture", "variant", "pack", "marketplace", "team"]
LAST_RESORT = "default"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at. `slots` empty means every slot; texts by language, English always."""

    code: str
    scope: Scope
    text: Mapping[str, str]
    documents: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    may_not_apply: bool = False


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a category's checklist; `sha256` is over its canonical JSON."""

    name: str
    version: str
    sha256: str
    items: tuple[Item, ...]

    def for_slot(self, slot: str) -> tuple[Item, ...]:
        """Return the items that the approver of a picture in `slot` answers."""
        return tuple(i for i in self.items if i.scope == "variant" and (not i.slots or slot in i.slots))


@dataclass(frozen=True, slots=True)
class Answer:
    """One item answered. `no` can be said, and then the variant is not approvable."""

    item: str
    answer: Literal["yes", "no", "not_applicable"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checklists:
    """The checklists in force, by category; categories without one use `default`."""

    by_name: Mapping[str, Checklist] = field(default_factory=dict)

    def of(self, category: str) -> Checklist:
        return self.by_name.get(category) or self.by_name[LAST_RESORT]


def check_answers(checklist: Checklist, slot: str, answers: Iterable[Answer]) -> None:
    """Raise Refusal unless every item of scope variant is answered exactly once and none with no (R-71)."""
    items = {item.code: item for item in checklist.for_slot(slot)}
    given: dict[str, Answer] = {}
    for answer in answers:
        if answer.item not in items:
            raise Refusal(
                "incomplete",
                "unknown_item",
                f"'{answer.item}' is no item of checklist {checklist.name} {checklist.version} for slot {slot}",
                f"answer exactly: {', '.join(items)}",
            )
        if answer.item in given:
            raise Refusal("incomplete", "answered_twice", f"'{answer.item}' is answered twice", "answer it once")
        given[answer.item] = answer
    if missing := [code for code in items if code not in given]:
        raise Refusal(
            "incomplete",
            "items_unanswered",
            f"not answered: {', '.join(missing)} (R-71)",
            "look at each item and answer it; nothing is approved with an item open",
        )
    for code, answer in given.items():
        if answer.answer == "no":
            raise Refusal(
                "incomplete",
                "item_failed",
                f"'{code}' is answered no",
                "reject the variant with this item as the reason",
            )
        if answer.answer == "not_applicable" and not items[code].may_not_apply:
            raise Refusal("incomplete", "item_applies", f"'{code}' always applies", "answer it with yes, or reject")
