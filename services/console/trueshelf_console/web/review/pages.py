"""The queue, the case's page, the settings of the keys, batches and their spot checks."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain.people import Person
from trueshelf_console.domain.review_pace import progress_rate
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_console.web.review.showing import SQL, Json, reason_words, show
from trueshelf_runtime.problem import Problem

LAST = 20
KINDS = ("slot", "generation", "second", "spot", "rendition")
CONFLICT = 409
Words = Annotated[list[str], Query()]


def router(console: Console) -> APIRouter:
    routes = APIRouter(prefix="/review", include_in_schema=False)
    _queue_routes(routes, console)
    _case_routes(routes, console)
    _batch_routes(routes, console)
    return routes


def _queue_routes(routes: APIRouter, console: Console) -> None:
    reviewer = SignedIn(console, ("reviewer",))

    @routes.get("")
    async def queue(
        request: Request, person: Annotated[Person, Depends(reviewer)], empty: bool = False, part: str = ""
    ) -> Response:
        """Show what waits; `part=live` is the piece that the page asks for again and again."""
        context = await _queue(console, person) | {"empty": empty}
        template = "review/queue_live.html" if part == "live" else "review/queue.html"
        return console.pages.render(request, template, person, **context)

    @routes.post("/start")
    async def start(
        person: Annotated[Person, Depends(reviewer)],
        kind: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies defaults
        category: Annotated[list[str], Form()] = [],  # noqa: B006
    ) -> Response:
        """Take the first case that the wish allows and go to it."""
        wish = {"kinds": [k for k in kind if k], "categories": [c for c in category if c]}
        case = await console.services.post(person, "reviewer", "review", "/cases/next", wish)
        if case is None:
            return RedirectResponse("/review?empty=true", 303)
        query = urlencode([("kind", k) for k in wish["kinds"]] + [("category", c) for c in wish["categories"]])
        return RedirectResponse(f"/review/cases/{case['case_id']}" + (f"?{query}" if query else ""), 303)

    @routes.post("/decisions/{decision_id}/undo")
    async def undo(decision_id: UUID, person: Annotated[Person, Depends(reviewer)]) -> Response:
        """Take a decision back from the list of the last ones."""
        taken = await console.services.post(person, "reviewer", "review", f"/decisions/{decision_id}/undo")
        await console.db.execute(SQL["set_undone"], decision_id, person.account.account_id)
        return RedirectResponse(f"/review/cases/{taken['case_id']}", 303)

    @routes.get("/keys")
    async def keys(request: Request, person: Annotated[Person, Depends(reviewer)]) -> Response:
        return console.pages.render(request, "review/keys.html", person)


async def _queue(console: Console, person: Person) -> dict[str, Any]:
    """Return the queue's lines by category and kind, the person's progress today, and the last decisions."""
    account, now = person.account.account_id, console.clock.now()
    lines: list[Json] | None = None
    batches: list[Json] = []
    try:
        lines = (await console.services.get(person, "reviewer", "review", "/queue"))["lines"]
        batches = await console.services.get(person, "reviewer", "review", "/batches", limit=500)
    except Problem as problem:
        away: Problem | None = problem
    else:
        away = None
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    progress = await console.db.fetchrow(SQL["progress"], account, today)
    taken = await console.db.fetch(SQL["last_taken"], account, LAST)
    states: dict[str, int] = {}
    for batch in batches:
        states[batch["state"]] = states.get(batch["state"], 0) + 1
    return {
        "lines": lines,
        "away": away,
        "kinds": [k for k in KINDS if any(line["kind"] == k for line in lines or ())],
        "categories": sorted({line["category"] for line in lines or ()}),
        "cells": {(line["category"], line["kind"]): line for line in lines or ()},
        "total": sum(line["waiting"] for line in lines or ()),
        "leased": sum(line["leased"] for line in lines or ()),
        "batch_states": states,
        "decided": progress["decided"] if progress else 0,
        "rate": progress_rate(progress["decided"], progress["span_seconds"]) if progress else None,
        "median": progress["median_seconds"] if progress else 0,
        "taken": [dict(row) | {"pending": not row["undone"] and row["undo_until"] > now} for row in taken],
    }


def _case_routes(routes: APIRouter, console: Console) -> None:
    reviewer = SignedIn(console, ("reviewer",))

    @routes.get("/cases/{case_id}")
    async def case(
        request: Request,
        case_id: UUID,
        person: Annotated[Person, Depends(reviewer)],
        kind: Words = [],  # noqa: B006
        category: Words = [],  # noqa: B006
    ) -> Response:
        found = await console.services.get(person, "reviewer", "review", f"/cases/{case_id}")
        try:
            known = await console.services.get(person, "reviewer", "generate", "/presets")
            presets = [*known["presets"], *known["offers"]]
        except Problem:
            presets = []  # the choice of another preset is not offered while generate is down
        reasons = await console.services.get(person, "reviewer", "review", "/reasons")
        return console.pages.render(
            request,
            "review/case.html",
            person,
            reason_words=reason_words(reasons, person.language),
            local=console.settings.local_accounts,
            company=bool(console.settings.oidc_issuer),
            data={
                "case": await show(console, person, found),
                "presets": presets,
                "wish": {"kinds": kind, "categories": category},
                "account": person.account.account_id,
                "language": person.language,
                "senior": person.account.levels.get(found["category"], person.account.levels.get("*")) == "senior",
            },
        )


def _batch_routes(routes: APIRouter, console: Console) -> None:
    reader = SignedIn(console, ("reviewer", "auditor", "operator", "admin"))
    signer = SignedIn(console, ("reviewer",), signs=True)

    @routes.get("/batches")
    async def batches(
        request: Request, person: Annotated[Person, Depends(reader)], state: str = "", category: str = ""
    ) -> Response:
        role = person.role("reviewer", "auditor", "operator", "admin")
        found = await console.services.get(
            person, role, "review", "/batches", state=state or None, category=category or None, limit=500
        )
        found.sort(key=lambda batch: batch["first_seen_at"], reverse=True)
        return console.pages.render(request, "review/batches.html", person, batches=found, state=state)

    @routes.get("/batches/{batch_id}")
    async def batch(request: Request, batch_id: UUID, person: Annotated[Person, Depends(reader)]) -> Response:
        role = person.role("reviewer", "auditor", "operator", "admin")
        found = await console.services.get(person, role, "review", f"/batches/{batch_id}")
        return await _batch_page(console, request, person, found)

    @routes.post("/batches/{batch_id}/release")
    async def release(
        request: Request,
        batch_id: UUID,
        person: Annotated[Person, Depends(signer)],
        reason: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        """End a quarantine; what review refuses is shown on the page, with what was typed still there."""
        body = {"reason": reason.strip()}
        try:
            await console.services.post(person, "reviewer", "review", f"/batches/{batch_id}/release", body)
        except Problem as problem:
            found = await console.services.get(person, "reviewer", "review", f"/batches/{batch_id}")
            return await _batch_page(console, request, person, found, problem=problem, typed=reason)
        return RedirectResponse(f"/review/batches/{batch_id}", 303)


async def _batch_page(
    console: Console, request: Request, person: Person, batch: Json, *, problem: Problem | None = None, typed: str = ""
) -> Response:
    level = person.account.levels.get(batch["category"], person.account.levels.get("*"))
    cases: list[Json] = []
    if person.may("reviewer"):
        cases = await console.services.get(
            person, "reviewer", "review", "/cases", batch_id=batch["batch_id"], kind="spot", limit=1000
        )
    return console.pages.render(
        request,
        "review/batch.html",
        person,
        status=problem.status if problem else 200,
        batch=batch,
        may_release=person.may("reviewer") and level == "senior" and batch["state"] == "quarantined",
        spots={case["sku"]: case for case in cases},
        problem=problem,
        typed=typed,
    )
