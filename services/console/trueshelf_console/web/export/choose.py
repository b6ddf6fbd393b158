"""Choosing SKUs for a marketplace: what may not leave is shown with its reasons before anything is ordered (R-89)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.export.reading import MOST_SHOWN, ORDER, READ, Desk, candidates, choices, desk
from trueshelf_console.web.guard import SignedIn
from trueshelf_contracts.refs import Marketplace
from trueshelf_runtime.problem import Problem

MARKETPLACES: tuple[Marketplace, ...] = get_args(Marketplace)
BATCHES = 500


class Asked(BaseModel):
    """What the page shows."""

    marketplace: str = "wildberries"
    q: str = Field(default="", max_length=20_000)
    batch: str = ""
    category: str = ""


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/export/new")
    async def choose(
        request: Request,
        person: Annotated[Person, Depends(SignedIn(console, READ))],
        asked: Annotated[Asked, Query()],
    ) -> Response:
        return await _page(desk(console, person), request, asked.model_dump())

    @routes.post("/export/orders")
    async def order(request: Request, person: Annotated[Person, Depends(SignedIn(console, ORDER))]) -> Response:
        at = desk(console, person, ORDER)
        form = await request.form()
        asked = {name: str(form.get(name, "")) for name in ("marketplace", "q", "batch", "category")}
        chosen = [str(sku) for sku in form.getlist("sku")]
        typed = {name: str(value) for name, value in form.items() if name.startswith("answer-")}
        wrong = ""
        if not chosen:
            wrong = "Choose at least one SKU."
        elif len(chosen) > MOST_SHOWN:
            wrong = "An order takes 200 SKUs at most."
        else:
            body = {
                "marketplace": asked["marketplace"],
                "skus": chosen,
                "answers": answers_of(typed),
                "iptc": form.get("iptc") == "yes",
            }
            try:
                placed = await console.services.post(
                    person, at.role, "export", "/orders", body, key=str(form.get("key", "")) or None
                )
            except Problem as problem:
                if problem.status == 403:  # noqa: PLR2004 - a refusal for lack of right is a page of its own
                    raise
                wrong = f"{problem.message} {problem.advice}".strip()
            else:
                return RedirectResponse(f"/export/orders/{placed['order_id']}", 303)
        return await _page(at, request, asked, chosen=chosen, typed=typed, wrong=wrong, form=form)

    return routes


def answers_of(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of a checklist's radio buttons; what was left open stays open."""
    return {
        name.removeprefix("answer-"): answer
        for name, answer in typed.items()
        if name.startswith("answer-") and answer in ("yes", "not_applicable")
    }


async def _page(
    at: Desk,
    request: Request,
    asked: Mapping[str, str],
    *,
    chosen: Sequence[str] = (),
    typed: Mapping[str, str] | None = None,
    wrong: str = "",
    form: FormData | None = None,
) -> Response:
    marketplace = asked["marketplace"] if asked["marketplace"] in MARKETPLACES else "wildberries"
    batches: list[Json] = await at.perhaps(at.get("ingest", "/batches", limit=BATCHES), [])
    profiles: list[Json] = await at.perhaps(at.get("export", "/profiles"), [])
    found, more = await candidates(at, asked["q"], asked["batch"], asked["category"])
    empty: list[Json] = []
    lines = await at.perhaps(choices(at, found, marketplace), empty)
    for line in lines:
        line["preview_url"] = at.console.image(line["preview"])
    checklist: dict[str, Any] = await at.perhaps(at.get("export", "/checklists"), {"pack": []})
    return at.page(
        request,
        "export/choose.html",
        status=422 if wrong else 200,
        asked={**asked, "marketplace": marketplace},
        profiles=profiles,
        profile=next((p for p in profiles if p["marketplace"] == marketplace), None),
        batches=batches,
        categories=sorted({each["category"] for each in batches}),
        lines=lines,
        more=more,
        items=checklist["pack"],
        chosen=set(chosen),
        typed=typed or {},
        iptc=form is None or form.get("iptc") == "yes",
        wrong=wrong,
        key=str(form.get("key", "")) if form and form.get("key") else str(uuid4()),
        may_order=at.person.may(*ORDER),
    )
