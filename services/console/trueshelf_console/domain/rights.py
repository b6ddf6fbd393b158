"""Roles and levels: what may be given, what a deputy holds, and when a change takes something away."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trueshelf_console.domain.people import ALL_ROLES, Level
from trueshelf_contracts.event import Role

REST = "*"
"""Stands for every category that has no level of its own."""
CATEGORY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MOST_CATEGORIES = 50


class BadRights(Exception):  # noqa: N818 - says what it is
    """These rights cannot be given; `code` says why in a word."""

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(code, value)
        self.code = code
        self.value = value


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account may do: roles, and a reviewer's level per category."""

    roles: tuple[Role, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)

    def level(self, category: str) -> Level | None:
        """Return the reviewer's level in a category; None without the role."""
        return self.levels.get(category, self.levels.get(REST)) if "reviewer" in self.roles else None

    def joined(self, lent: "Rights") -> "Rights":
        """Return these rights and those that a deputy holds besides (R-72): in each category the higher level."""
        roles = tuple(role for role in ALL_ROLES if role in self.roles or role in lent.roles)
        levels: dict[str, Level] = {}
        for category in (*self.levels, *lent.levels):
            level = _higher(self.level(category), lent.level(category))
            if level is not None:
                levels[category] = level
        return Rights(roles, levels)

    def lacks(self, before: "Rights") -> bool:
        """Say whether something of `before` is gone: a role, a category, a senior's level."""
        if set(before.roles) - set(self.roles):
            return True
        return any(
            _rank(self.level(category)) < _rank(before.level(category))
            for category in {*before.levels, *self.levels, REST}
        )


def checked(roles: Iterable[str], levels: Iterable[tuple[str, str]]) -> Rights:
    """Return rights as an administrator gave them. Raises BadRights.

    Only a reviewer has levels, and he has at least one: the administrator's role gives none (R-60).
    """
    wanted = set(roles)
    known = tuple(role for role in ALL_ROLES if role in wanted)
    if len(known) != len(wanted):
        raise BadRights("role_unknown", ", ".join(sorted(wanted - set(known))))
    if "reviewer" not in known:
        return Rights(known)
    given: dict[str, Level] = {}
    for category, level in levels:
        name = category.strip().lower()
        if not name or not level:
            continue
        if name != REST and not CATEGORY.fullmatch(name):
            raise BadRights("category_malformed", category)
        if name in given:
            raise BadRights("category_twice", name)
        match level:
            case "junior" | "senior":
                given[name] = level
            case _:
                raise BadRights("level_unknown", level)
    if not given:
        raise BadRights("level_missing")
    if len(given) > MOST_CATEGORIES:
        raise BadRights("categories_too_many", str(MOST_CATEGORIES))
    return Rights(known, given)


def _rank(level: Level | None) -> int:
    return {None: 0, "junior": 1, "senior": 2}[level]


def _higher(one: Level | None, other: Level | None) -> Level | None:
    return max(one, other, key=_rank)
