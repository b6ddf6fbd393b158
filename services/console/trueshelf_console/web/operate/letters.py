"""Dead letters of every service: listed, replayed and dropped through the service that they belong to."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from trueshelf_console.domain.people import Person
from trueshelf_console.settings import SIX
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import acting
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.letters_web import Letters
from trueshelf_runtime.problem import Problem

Verb = Literal["replay", "drop"]
VERBS: tuple[str, ...] = get_args(Verb)
WATCHERS: tuple[Role, ...] = ("operator", "auditor", "admin")
OPEN = frozenset({"open", "failed", "waiting"})
DECIDED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The letters of all services, and what kept somebody from telling theirs."""

    open: list[dict[str, Any]]
    decided: list[dict[str, Any]]
    silent: Mapping[Service, str]

    @property
    def waiting(self) -> bool:
        return any(letter["state"] == "waiting" for letter in self.open)


class AllLetters:
    """Asks every service for its dead letters; the console's own are read here."""

    def __init__(self, console: Console, own: Letters) -> None:
        self._console = console
        self._own = own

    async def found(self, person: Person) -> Found:
        """Return every letter, oldest first; a service that does not answer is named beside."""
        services: Sequence[Service] = (*SIX, "console")
        answers = await asyncio.gather(*(self._of(person, service) for service in services))
        silent = {service: said for service, said in zip(services, answers, strict=True) if isinstance(said, str)}
        letters = [letter for said in answers if not isinstance(said, str) for letter in said]
        letters.sort(key=lambda letter: (str(letter["died_at"]), str(letter["id"])))
        decided = [letter for letter in letters if letter["state"] not in OPEN]
        wanting = [_readable(letter) for letter in letters if letter["state"] in OPEN]
        return Found(wanting, decided[-DECIDED_SHOWN:], silent)

    async def _of(self, person: Person, service: Service) -> list[dict[str, Any]] | str:
        try:
            if service == "console":
                return [view.model_dump(mode="json") for view in await self._own.list(everything=True)]
            role = person.role(*WATCHERS)
            return list(await self._console.services.get(person, role, service, "/dead-letters", all="true"))
        except Problem as problem:
            return problem.message

    async def decide(self, person: Person, service: Service, letter: UUID, verb: Verb, reason: str) -> None:
        """Replay or drop a letter. Raises Problem or Refused as the service does."""
        if service == "console":
            act = self._own.replay if verb == "replay" else self._own.drop
            await act(letter, acting(person, "operator").actor(), reason)
            return
        await self._console.services.post(
            person, "operator", service, f"/dead-letters/{letter}/{verb}", {"reason": reason}
        )


def _readable(letter: dict[str, Any]) -> dict[str, Any]:
    """Return the letter with its value laid out, where it is JSON and whole."""
    try:
        value = json.dumps(json.loads(letter["value"]), indent=2, ensure_ascii=False)
    except ValueError:
        value = letter["value"]
    return {**letter, "value": value}
