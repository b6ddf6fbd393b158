"""What the pages of intake share."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.requests import ClientDisconnect

from trueshelf_console.adapters.photos import Arriving, pass_on
from trueshelf_console.adapters.sheets import Sheets
from trueshelf_console.domain import intake_words
from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_contracts.event import Role
from trueshelf_contracts.photos import MAX_PHOTO_BYTES
from trueshelf_runtime.problem import Problem

SENDERS: tuple[Role, ...] = ("capturer", "operator")
READERS: tuple[Role, ...] = ("capturer", "operator", "reviewer", "uploader", "auditor", "admin")
MOST_BY_HAND = 50
BATCHES_SHOWN = 500
RESHOOTS_SHOWN = 200
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """The console, the sheets that were checked, and the day's intake of whoever sends photos by hand."""

    console: Console
    sheets: Sheets
    senders: SignedIn
    readers: SignedIn
    _by_hand: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, console: Console) -> "Desk":
        return cls(console, Sheets(console.db), SignedIn(console, SENDERS), SignedIn(console, READERS))

    async def ask(self, person: Person, path: str, **params: Any) -> Any:
        """Return what ingest answers. Raises Problem."""
        return await self.console.services.get(person, person.role(*READERS), "ingest", path, **params)

    async def under_way(self, person: Person) -> tuple[list[Json] | None, list[Json] | None]:
        """Return the latest batches, and the SKUs of which review wants new photos; None for what cannot be had."""

        async def listed(path: str, limit: int) -> list[Json] | None:
            try:
                found: list[Json] = await self.ask(person, path, limit=limit)
            except Problem:
                return None
            return found

        return await asyncio.gather(listed("/batches", BATCHES_SHOWN), listed("/reshoots", RESHOOTS_SHOWN))

    async def tell(self, person: Person, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Have ingest do something in the person's name. Raises Problem, in the person's language where it is known."""
        role = person.role(*SENDERS)
        try:
            answer = await self.console.services.send(person, role, "ingest", method, path, json=body, key=key)
        except Problem as problem:
            raise self.in_words(person, problem) from problem
        return answer.json() if answer.content else None

    async def by_hand(self, person: Person) -> str:
        """Return the person's open intake of today, for what is sent without a sheet. Raises Problem."""
        day = self.console.clock.now().date().isoformat()
        mine = (person.account.account_id, day)
        if mine not in self._by_hand:
            for number in range(1, MOST_BY_HAND):
                reference = f"by hand {day}" if number == 1 else f"by hand {day} ({number})"
                view = await self.tell(person, "POST", "/intakes", {"reference": reference})
                if view["state"] == "open":
                    self._by_hand[mine] = view["intake_id"]
                    break
            else:
                raise Problem(409, "intake_complete", "all intakes of today are complete", "try again tomorrow")
        return self._by_hand[mine]

    def forget_by_hand(self, person: Person) -> None:
        """Open another one next time: somebody has completed the one that we knew."""
        for mine in [known for known in self._by_hand if known[0] == person.account.account_id]:
            del self._by_hand[mine]

    async def send_photo(
        self, person: Person, request: Request, sku: str, form: Mapping[str, str], name: str
    ) -> tuple[Json, bool]:
        """Pass the request's body on to ingest as a photo. Raises Problem."""
        photo = Arriving(sku, form, name, _size(request), _pieces(request))
        role = person.role(*SENDERS)
        try:
            return await pass_on(self.console.services, person, role, photo)
        except Problem as problem:
            raise self.in_words(person, problem) from problem
        except ClientDisconnect as error:
            raise Problem(400, "cut_off", "the connection broke in the middle of the photo", "send it again") from error

    def in_words(self, person: Person, problem: Problem) -> Problem:
        """Return the problem in the person's language; what ingest says in English has more detail."""
        words = intake_words.PROBLEMS.get(problem.code)
        if words is None or person.language == "en":
            return problem
        message, advice = (self.console.pages.words(person.language, "/intake", sentence) for sentence in words)
        return Problem(problem.status, problem.code, message, advice, headers=problem.headers, errors=problem.errors)


def sku_path(sku: str) -> str:
    """Return ingest's path of a SKU."""
    return f"/skus/{quote(sku, safe='')}"


def _size(request: Request) -> int:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Problem(411, "length_required", "the photo's length is missing", "send it with a browser of today")
    if int(length) > MAX_PHOTO_BYTES:
        raise Problem(413, "too_many_bytes", f"the photo has more than {MAX_PHOTO_BYTES:,} bytes", "send a smaller one")
    return int(length)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        if piece:
            yield piece
