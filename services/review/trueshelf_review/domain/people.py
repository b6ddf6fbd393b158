"""Who decides: named people, with a level per category (R-60, R-66)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from trueshelf_review.domain.refusal import Refusal

Level = Literal["junior", "senior"]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person (or a practice account) in the role of reviewer, with the level held in the case's category."""

    id: str
    kind: Literal["person", "machine", "drill"]
    level: Level | None
    session: str

    @property
    def drill(self) -> bool:
        return self.kind == "drill"

    @property
    def senior(self) -> bool:
        return self.level == "senior"


@dataclass(frozen=True, slots=True)
class Rights:
    """A reviewer's level per category; `rest` covers the categories that are not named."""

    named: Mapping[str, Level] = field(default_factory=dict)
    rest: Level | None = None

    def level(self, category: str) -> Level | None:
        return self.named.get(category, self.rest)

    @property
    def senior_in(self) -> tuple[str, ...]:
        """Named categories in which the person is a senior."""
        return tuple(category for category, level in self.named.items() if level == "senior")


def must_be_person(reviewer: Reviewer) -> None:
    """Raise Refusal for a machine: no automatic approval path exists (R-60)."""
    if reviewer.kind not in ("person", "drill"):
        raise Refusal("forbidden", "not_a_person", "only a named person decides (R-60)", "sign in as a reviewer")


def must_be_senior(reviewer: Reviewer, what: str) -> None:
    """Raise Refusal unless `reviewer` is a senior; `what` completes the sentence "only a senior …"."""
    if not reviewer.senior:
        raise Refusal("forbidden", "senior_only", f"only a senior of the category {what}", "hand it to a senior")
