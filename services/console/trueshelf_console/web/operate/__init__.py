"""Operate: services, lag, jobs, dead letters, policy versions, for those who run the stack."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain.people import Person
from trueshelf_console.service.overview import SQL
from trueshelf_console.settings import SIX
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_console.web.operate import credits as credits_pages
from trueshelf_console.web.operate import presets
from trueshelf_console.web.operate.letters import WATCHERS, AllLetters, Verb
from trueshelf_console.web.operate.watching import Watcher
from trueshelf_console.web.overview import unless_known
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import TOPICS
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.lag import consumer_lag
from trueshelf_runtime.letters_web import Letters
from trueshelf_runtime.problem import Problem

LAG_KEPT = 4.0
LAG_SECONDS = 10.0
ORDER: tuple[Service, ...] = (*SIX, "console")


class Lag:
    """How far the groups are behind, asked of Kafka at most every few seconds, whoever looks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._one = asyncio.Lock()
        self._at = float("-inf")
        self._kept: dict[str, int] | None = None

    async def now(self) -> dict[str, int] | None:
        """Return group → records behind; None where Kafka does not answer."""
        async with self._one:
            if self._console.clock.monotonic() - self._at > LAG_KEPT:
                try:
                    async with asyncio.timeout(LAG_SECONDS):
                        self._kept = await consumer_lag(self._console.settings.kafka_options())
                except (Outage, TimeoutError):
                    self._kept = None
                self._at = self._console.clock.monotonic()
            return self._kept


def router(console: Console, watcher: Watcher) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    producers = [topic.owner for topic in TOPICS if "console" in topic.consumers]
    letters = AllLetters(console, Letters(console.settings, console.db, producers, console.clock))
    lag = Lag(console)
    Watching = Annotated[Person, Depends(SignedIn(console, WATCHERS))]  # noqa: N806 - a type
    Operating = Annotated[Person, Depends(SignedIn(console, ("operator",)))]  # noqa: N806 - a type

    async def page(request: Request, person: Person, template: str) -> Response:
        rows, behind = await asyncio.gather(watcher.rows(), lag.now())
        policies = await console.db.fetch(SQL["policies"])
        context: dict[str, Any] = {"order": ORDER, "rows": rows, "lag": _by_consumer(behind), "policies": policies}
        context["started"] = lambda at: datetime.fromtimestamp(at, UTC)
        return console.pages.render(request, template, person, **context)

    async def letters_page(request: Request, person: Person, done: str = "") -> Response:
        found = await letters.found(person)
        may = person.may("operator")
        return console.pages.render(request, "operate/letters.html", person, found=found, may_decide=may, done=done)

    @routes.get("/operate")
    async def operate(request: Request, person: Watching) -> Response:
        return await page(request, person, "operate/operate.html")

    @routes.get("/operate/live")
    async def live(request: Request, person: Watching) -> Response:
        return unless_known(request, await page(request, person, "operate/parts.html"))

    @routes.get("/operate/letters")
    async def list_letters(request: Request, person: Watching) -> Response:
        return await letters_page(request, person)

    @routes.post("/operate/letters/{service}/{letter}/{verb}")
    async def decide(
        request: Request,
        person: Operating,
        *,
        service: Service,
        letter: UUID,
        verb: Annotated[Verb, Path()],
        reason: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        if not reason.strip():
            raise Problem(422, "reason_missing", "say why; it goes into the audit trail", "nothing has happened yet")
        await letters.decide(person, service, letter, verb, reason.strip())
        if "hx-request" not in request.headers:
            return RedirectResponse("/operate#letters", 303)
        return await letters_page(request, person, verb)

    routes.include_router(presets.router(console))
    routes.include_router(credits_pages.router(console))
    return routes


def _by_consumer(lag: dict[str, int] | None) -> dict[str, dict[str, int]] | None:
    """Return consumer → producer → records behind."""
    if lag is None:
        return None
    table: dict[str, dict[str, int]] = {}
    for group, behind in lag.items():
        _, consumer, producer = group.split(".")
        table.setdefault(consumer, {})[producer] = behind
    return table
