"""/intake/skus/{sku}: one article: its card, its photos, and as far as they tell what the other services made of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.words import SLOTS
from trueshelf_console.web.intake.desk import READERS, Desk, Json, sku_path
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service, Shot
from trueshelf_runtime.problem import Problem

WITHOUT_CAPTURER: tuple[Role, ...] = ("operator", "reviewer", "auditor", "admin")
ALMOST_ALL: tuple[Role, ...] = ("operator", "reviewer", "uploader", "auditor", "admin")
OTHERS: Mapping[Service, tuple[str, tuple[Role, ...]]] = {
    "generate": ("/plans", WITHOUT_CAPTURER),
    "review": ("/cases", ALMOST_ALL),
    "export": ("/orders", ALMOST_ALL),
}
"""Where each service tells of a SKU, and to whom."""
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Part:
    """What one service tells. `problem`: why it does not; `closed`: none of the person's roles may see it."""

    data: Any = None
    problem: Problem | None = None
    closed: bool = False


def page_of(sku: str) -> str:
    return f"/intake/skus/{quote(sku, safe='')}"


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()
    console = desk.console

    @routes.get("/intake/skus/{sku}")
    async def page(request: Request, sku: str, person: Annotated[Person, Depends(desk.readers)]) -> Response:
        card, *others = await asyncio.gather(
            part(desk, person, "ingest", sku_path(sku), READERS),
            *(part(desk, person, name, path, roles, sku=sku) for name, (path, roles) in OTHERS.items()),
        )
        if card.problem is not None and card.problem.status == NOT_FOUND:
            raise card.problem
        return console.pages.render(
            request,
            "intake/sku.html",
            person,
            sku=sku,
            card=card,
            captures=_by_shot(card.data) if card.data else [],
            parts=dict(zip(OTHERS, others, strict=True)),
            words=words,
            slots=SLOTS,
            image=console.image,
            sends=person.may("capturer", "operator"),
            standing=[case for case in others[1].data or () if case["state"] in {"open", "pending"}],
        )

    @routes.post("/intake/skus/{sku}/complete")
    async def complete(sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        await desk.tell(person, "POST", f"{sku_path(sku)}/complete")
        return RedirectResponse(page_of(sku), 303)

    @routes.post("/intake/skus/{sku}/waive")
    async def waive(
        sku: str,
        shot: Annotated[Shot, Form()],
        why: Annotated[str, Form(min_length=1, max_length=300)],
        person: Annotated[Person, Depends(desk.senders)],
    ) -> Response:
        """Say why the article cannot have a shot. Some shots a category cannot do without; ingest says so (R-14)."""
        view = await desk.ask(person, sku_path(sku))
        await put_card(desk, person, sku, {**card_of(view), "waived": {**view["waived"], shot: why}})
        return RedirectResponse(page_of(sku), 303)

    return routes


async def part(desk: Desk, person: Person, service: Service, path: str, roles: tuple[Role, ...], **params: Any) -> Part:
    """Ask one service; what it does not tell leaves the rest of the page as it is."""
    try:
        role = person.role(*roles)
    except LookupError:
        return Part(closed=True)
    try:
        return Part(await desk.console.services.get(person, role, service, path, **params))
    except Problem as problem:
        return Part(problem=problem)


def card_of(view: Json) -> Json:
    """Return the fields of a SKU's view that its card has."""
    return {name: view[name] for name in ("category", "title", "description", "kit", "waived")}


async def put_card(desk: Desk, person: Person, sku: str, card: Json) -> Json:
    """Register or change a card, in the person's intake of today. Raises Problem."""
    body = {"intake_id": await desk.by_hand(person), **card}
    try:
        view: Json = await desk.tell(person, "PUT", sku_path(sku), body)
    except Problem as problem:
        if problem.code != "intake_complete":
            raise
        desk.forget_by_hand(person)
        view = await desk.tell(person, "PUT", sku_path(sku), {**body, "intake_id": await desk.by_hand(person)})
    return view


def _by_shot(view: Json) -> list[Json]:
    order = {shot: place for place, shot in enumerate(words.SHOT_ORDER)}
    return sorted(view["captures"], key=lambda c: (c["state"] == "refused", order.get(c["shot"], 99), c["received_at"]))
