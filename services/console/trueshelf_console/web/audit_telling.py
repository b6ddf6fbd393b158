"""Entries of the log as people read them: sentences, names of today's accounts, pictures as they were."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.trail import Said, ids_in, pictures_of, previews_in, said
from trueshelf_console.domain.trail_facts import facts_of
from trueshelf_console.domain.trail_words import FACTS, WORDS
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.context import Console
from trueshelf_contracts.event import Role

READ: tuple[Role, ...] = ("auditor", "admin")


@dataclass(slots=True)
class Reader:
    """One person who reads the log, in the role that the record shall name."""

    console: Console
    person: Person
    role: Role

    async def get(self, path: str, **params: Any) -> Any:
        return await self.console.services.get(self.person, self.role, "audit", path, **params)

    def page(self, request: Request, template: str, **context: Any) -> Response:
        def tr(text: str) -> str:
            return self.console.pages.say(self.person, request, text) if text else ""

        return self.console.pages.render(request, template, self.person, tr=tr, **context)

    @staticmethod
    def pretty(event: Any) -> str:
        return json.dumps(event, ensure_ascii=False, indent=2)


def reader(console: Console, person: Person) -> Reader:
    return Reader(console, person, person.role(*READ))


async def told(
    at: Reader, request: Request, entries: Sequence[Json], *, pictures: bool = False
) -> list[dict[str, Any]]:
    """Return the entries, each with its sentence, who acted, and where wanted the addresses of its pictures."""
    events = [entry["event"] for entry in entries]
    names = await _names(at.console, ids_in(events))
    smaller = previews_in(events)
    lines = []
    for entry, event in zip(entries, events, strict=True):
        shown = pictures_of(event, smaller) if pictures else []
        addresses = [(what, _address(at.console, ref), ref["sha256"]) for what, ref in shown]
        lines.append(
            {
                **entry,
                "sentence": _sentence(at, request, said(event), names),
                "pictures": [each for each in addresses if each[1]],
                "facts": [(FACTS[label], text) for label, text in facts_of(event)],
                "slot": _word(at, request, str((event or {}).get("slot", ""))),
                "acted": _acted(event),
                "who": names.get(entry["actor_id"] or "", ""),
                "at": _decided(event) or entry["occurred_at"] or entry["logged_at"],
            }
        )
    return lines


def _sentence(at: Reader, request: Request, what: Said, names: Mapping[str, str]) -> str:
    def say(text: str) -> str:
        return at.console.pages.say(at.person, request, text)

    def words(codes: Sequence[str]) -> str:
        return ", ".join(say(WORDS[code]) if code in WORDS else code for code in codes if code)

    def people(ids: Sequence[str]) -> str:
        return ", ".join(names.get(each) or each for each in ids if each) or say(WORDS["nobody"])

    values = dict(what.values)
    values |= {name: words(codes) for name, codes in what.codes.items()}
    values |= {name: people(ids) for name, ids in what.people.items()}
    return (say(what.text) % values).strip()


def _word(at: Reader, request: Request, code: str) -> str:
    return at.console.pages.say(at.person, request, WORDS[code]) if code in WORDS else code


def _address(console: Console, ref: Mapping[str, Any]) -> str:
    """Return a picture's signed address; empty for a reference that is none: the log holds whatever was said."""
    try:
        return console.image(ref)
    except ValueError:
        return ""


def _acted(event: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return role and session of who acted, as the event says."""
    actor = (event or {}).get("actor")
    return (str(actor.get("role", "")), str(actor.get("session", ""))) if isinstance(actor, Mapping) else ("", "")


def _decided(event: Mapping[str, Any] | None) -> str:
    """Return when a decision was taken, where the event says so in a way that can be read."""
    text = str((event or {}).get("decided_at") or "")
    try:
        return text if datetime.fromisoformat(text).tzinfo else ""
    except ValueError:
        return ""


async def _names(console: Console, ids: set[str]) -> dict[str, str]:
    """Return id → name for accounts of ours; others (machines, erased people) stay ids."""
    rows = await console.db.fetch(SQL["names"], sorted(ids)) if ids else []
    return {row["account_id"]: row["name"] for row in rows}
