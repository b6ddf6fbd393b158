"""Credits: what external generators cost, which calls nobody knows the end of, and what was refused."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.words import SLOTS
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_contracts.event import Role
from trueshelf_runtime.problem import Problem

WATCH: tuple[Role, ...] = ("operator", "auditor", "admin")
SETTLE: tuple[Role, ...] = ("operator", "admin")
READ: tuple[Role, ...] = ("operator", "reviewer", "auditor", "admin")
PAGE, REFUSED = "/operate/credits", "/operate/refused"
SENTENCE = Form(min_length=1, max_length=500)
CASES = 500
"""Open generation cases that are looked through for those of the page's items."""


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    _credits(routes, console)
    _refused(routes, console)
    return routes


def _credits(routes: APIRouter, console: Console) -> None:
    watchers, settlers = SignedIn(console, WATCH), SignedIn(console, SETTLE)

    @routes.get(PAGE)
    async def credits_(
        request: Request, person: Annotated[Person, Depends(watchers)], month: str = "", done: str = ""
    ) -> Response:
        role = person.role(*WATCH)
        spent: Json = await console.services.get(person, role, "generate", "/credits", month=month)
        known: Json = await console.services.get(person, role, "generate", "/generators")
        return console.pages.render(
            request,
            "operate/credits.html",
            person,
            spent=spent,
            known=known,
            approved=sum(line["approved"] for line in spent["generators"]),
            may_settle=person.may(*SETTLE),
            done=done,
        )

    @routes.post(PAGE + "/calls/{call_id}")
    async def settle(
        call_id: UUID,
        person: Annotated[Person, Depends(settlers)],
        charged: Annotated[bool, Form()],
        reason: Annotated[str, SENTENCE],
    ) -> Response:
        """Say what the bill says of a call. generate keeps it with the person's name."""
        body = {"charged": charged, "reason": reason.strip()}
        role = person.role(*SETTLE)
        await console.services.post(person, role, "generate", f"/credits/calls/{call_id}/settle", body)
        return RedirectResponse(f"{PAGE}?done=1#unknown", 303)


def _refused(routes: APIRouter, console: Console) -> None:
    readers = SignedIn(console, READ)

    @routes.get(REFUSED)
    async def refused(
        request: Request,
        person: Annotated[Person, Depends(readers)],
        before: Annotated[datetime | None, Query()] = None,
    ) -> Response:
        role = person.role(*READ)
        asked = before.isoformat() if before else None
        found: Json = await console.services.get(person, role, "generate", "/refusals", before=asked)
        cases = await _cases(console, person, role)
        items = [
            {
                **item,
                "picture": console.image(item["capture"]["preview"]),
                "case": cases.get((item["sku"], item["slot"], item["round"])),
            }
            for item in _together(found["items"])
        ]
        context: dict[str, Any] = {"items": items, "next": found["before"], "may_decide": person.may("reviewer")}
        context["slots"] = SLOTS
        return console.pages.render(request, "operate/refused.html", person, **context)


def _together(items: list[Json]) -> list[Json]:
    """Return the items with those of one place that were refused for the same reason as one, and what they cost."""
    groups: dict[tuple[str, ...], Json] = {}
    for item in items:
        key = tuple(str(item[name]) for name in ("sku", "slot", "round", "mode", "code", "message"))
        group = groups.setdefault(key, {**item, "drafts": 0, "credits": 0})
        group["drafts"] += 1
        group["credits"] += item["credits"]
    return list(groups.values())


async def _cases(console: Console, person: Person, role: Role) -> dict[tuple[str, str, int], str]:
    """Return the open generation cases by what they are about; none while review is down: the list is of generate."""
    try:
        lines = await console.services.get(
            person, role, "review", "/cases", kind="generation", state="open", limit=CASES
        )
    except Problem:
        return {}
    return {(line["sku"], line["slot"], line["round"]): line["case_id"] for line in lines}
