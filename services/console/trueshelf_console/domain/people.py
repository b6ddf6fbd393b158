"""Accounts, sessions, and the person behind a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from trueshelf_contracts.event import Role

Kind = Literal["person", "machine", "drill"]
Level = Literal["junior", "senior"]
Language = Literal["en", "ru", "kk"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "kk")
ALL_ROLES: tuple[Role, ...] = ("capturer", "operator", "reviewer", "uploader", "auditor", "admin")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in. `levels` maps a category, or `*` for the rest, to the reviewer's level there."""

    account_id: str
    login: str
    name: str
    kind: Kind
    roles: tuple[Role, ...]
    levels: Mapping[str, Level] = field(default_factory=dict)
    language: Language = "en"
    deputy_of: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A login that holds. `csrf` is a secret of the session that pages send back with every write."""

    session_id: str
    csrf: str
    began_at: datetime
    seen_at: datetime
    authenticated_at: datetime | None = None
    """When the person last proved who they are; None where the company's login did not say."""

    def fresh(self, now: datetime, age: timedelta) -> bool:
        """Say whether something may be signed in the person's name (step-up)."""
        return self.authenticated_at is not None and now - self.authenticated_at <= age

    def ended(self, now: datetime, length: timedelta, idle: timedelta) -> bool:
        return now >= self.began_at + length or now >= self.seen_at + idle


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks for a page."""

    account: Account
    session: Session
    language: Language

    def may(self, *roles: Role) -> bool:
        return any(role in self.account.roles for role in roles)

    def role(self, *wanted: Role) -> Role:
        """Return the first of `wanted` that the person holds: the record says which role was used (R-65).

        Raises LookupError when the person holds none.
        """
        for role in wanted:
            if role in self.account.roles:
                return role
        raise LookupError(f"{self.account.account_id} holds none of {', '.join(wanted)}")
