"""The first export page, and a marketplace's rules: where they come from, how old they are, and their confirmation."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.addresses import safe_next
from trueshelf_console.web.context import Console
from trueshelf_console.web.export.reading import CONFIRM, ORDER, READ, Desk, desk
from trueshelf_console.web.guard import SignedIn
from trueshelf_runtime.problem import Problem

VALID_DAYS = 90
NEWEST = 20
UNPROCESSABLE = 422


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    reader, confirmer = SignedIn(console, READ), SignedIn(console, CONFIRM)

    @routes.get("/export")
    async def first(request: Request, person: Annotated[Person, Depends(reader)], sku: str = "") -> Response:
        at = desk(console, person)
        profiles = await at.perhaps(at.get("export", "/profiles"), [])
        packs = await at.perhaps(_packs(at, sku.strip()), []) if sku.strip() else None
        orders = await console.db.fetch(SQL["newest_orders"], NEWEST)
        return at.page(
            request,
            "export/first.html",
            profiles=profiles,
            packs=packs,
            sku=sku.strip(),
            orders=orders,
            may_order=person.may(*ORDER),
            may_confirm=person.may(*CONFIRM),
        )

    @routes.get("/export/rules/{marketplace}")
    async def rules(
        request: Request, marketplace: str, person: Annotated[Person, Depends(reader)], next: str = ""
    ) -> Response:
        at = desk(console, person)
        return _page(at, request, await at.get("export", f"/profiles/{quote(marketplace)}"), next=next)

    @routes.post("/export/rules/{marketplace}")
    async def confirm(request: Request, marketplace: str, person: Annotated[Person, Depends(confirmer)]) -> Response:
        at = desk(console, person, CONFIRM)
        profile = await at.get("export", f"/profiles/{quote(marketplace)}")
        typed = {name: str(value).strip() for name, value in (await request.form()).items()}
        body, wrong = confirmation_of(profile, typed)
        after = safe_next(typed.get("next") or f"/export/rules/{profile['marketplace']}")
        if not wrong:
            path = f"/profiles/{profile['marketplace']}/confirmations"
            try:
                await console.services.post(person, at.role, "export", path, body, key=typed.get("key") or None)
            except Problem as problem:
                wrong = {"": f"{problem.message} {problem.advice}".strip()}
            else:
                return RedirectResponse(after, 303)
        return _page(at, request, profile, typed=typed, wrong=wrong, next=typed.get("next", ""))

    return routes


def _page(
    at: Desk,
    request: Request,
    profile: Json,
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    next: str = "",
) -> Response:
    today = at.console.clock.now().date()
    given = typed or {"checked_on": str(today), "valid_until": str(today + timedelta(days=VALID_DAYS))}
    return at.page(
        request,
        "export/rules.html",
        status=UNPROCESSABLE if wrong else 200,
        profile=profile,
        typed=given,
        wrong=wrong or {},
        next=next,
        key=given.get("key") or str(uuid4()),
        today=str(today),
        may_confirm=at.person.may(*CONFIRM),
    )


def confirmation_of(profile: Json, typed: dict[str, str]) -> tuple[Json, dict[str, str]]:
    """Return the confirmation as export takes it, and what is wrong with the form, by field."""
    wrong: dict[str, str] = {}
    if not typed.get("source"):
        wrong["source"] = "name what was read: an address, or the page of the cabinet"
    dates: dict[str, str] = {}
    for name in ("checked_on", "valid_until"):
        try:
            dates[name] = date.fromisoformat(typed.get(name, "")).isoformat()
        except ValueError:
            wrong[name] = "enter a day"
    answers: dict[str, str] = {}
    for item in profile["checklist"]:
        answer = typed.get(f"answer-{item['item']}", "")
        if answer in ("yes", "not_applicable"):
            answers[item["item"]] = answer
        else:
            wrong[f"answer-{item['item']}"] = "answer this question"
    values: dict[str, Any] = {}
    names = set(profile["to_enter"]) | {name for name in typed if name.startswith("value-") and typed[name]}
    for name in sorted({name.removeprefix("value-") for name in names}):
        text = typed.get(f"value-{name}", "").replace(" ", "")
        if not text:
            wrong[f"value-{name}"] = "enter the number that the cabinet names"
        elif not (text.isascii() and text.isdigit() and int(text) > 0):
            wrong[f"value-{name}"] = "enter a whole number, without a unit"
        else:
            values[name] = int(text)
    return {"source": typed.get("source", ""), **dates, "answers": answers, "values": values}, wrong


async def _packs(at: Desk, sku: str) -> list[Json]:
    try:
        return list(await at.get("export", "/orders", sku=sku))
    except Problem as problem:
        if problem.status == UNPROCESSABLE:  # no SKU at all: there are no packs of it
            return []
        raise
