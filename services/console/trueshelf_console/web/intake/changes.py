"""The article changed (R-16): what ends with it is shown first, then confirmed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.web.intake.desk import Desk, Json, sku_path
from trueshelf_console.web.intake.sku import ALMOST_ALL, Part, page_of, part
from trueshelf_runtime.problem import Problem

ENDED_PACKS = frozenset({"refused", "withdrawn"})


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """What somebody says has changed. `key` makes two presses of the button one change."""

    version: Annotated[int, Form()]
    reason: Annotated[str, Form(max_length=500)] = ""
    changed: Annotated[Sequence[str], Form()] = ()
    title: Annotated[str, Form(max_length=1024)] = ""
    description: Annotated[str, Form(max_length=20_000)] = ""
    key: Annotated[str, Form(max_length=100)] = ""
    confirmed: Annotated[bool, Form()] = False


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()
    console = desk.console

    @routes.get("/intake/skus/{sku}/change")
    async def form(request: Request, sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        view = await desk.ask(person, sku_path(sku))
        given = {"reason": "", "changed": (), "title": view["title"], "description": view["description"]}
        return console.pages.render(
            request, "intake/change.html", person, view=view, words=words, given=given, missing=False
        )

    @routes.post("/intake/skus/{sku}/change")
    async def change(
        request: Request,
        sku: str,
        said: Annotated[ChangeForm, Depends()],
        person: Annotated[Person, Depends(desk.senders)],
    ) -> Response:
        view = await desk.ask(person, sku_path(sku))
        if view["version"] != said.version:
            message = console.pages.say(
                person, request, "The SKU is at version %(version)s now: somebody changed it meanwhile.", **view
            )
            advice = console.pages.say(person, request, "Look at what it is now, then record the change again.")
            raise Problem(409, "changed_meanwhile", message, advice)
        changed = _changed(said, view)
        if not changed or not said.reason.strip():
            given = {"reason": said.reason, "changed": changed, "title": said.title, "description": said.description}
            return console.pages.render(
                request, "intake/change.html", person, status=422, view=view, words=words, given=given, missing=True
            )
        if said.confirmed and said.key:
            body = {**_body(said, changed, view), "intake_id": await desk.by_hand(person)}
            await desk.tell(person, "POST", f"{sku_path(sku)}/changes", body, key=said.key)
            return RedirectResponse(page_of(sku), 303)
        effects = await _effects(desk, person, sku)
        return console.pages.render(
            request,
            "intake/change_confirm.html",
            person,
            view=view,
            said=said,
            changed=changed,
            keeps=set(changed) == {"text"},
            effects=effects,
            key=str(uuid4()),
            words=words,
        )

    return routes


def _changed(said: ChangeForm, view: Json) -> tuple[str, ...]:
    """Return what changed; words that somebody rewrote count, whether or not the box is ticked."""
    given = set(said.changed)
    if _words(said, view):
        given.add("text")
    return tuple(code for code in words.CHANGES if code in given)


def _words(said: ChangeForm, view: Json) -> dict[str, str]:
    """Return the title and the description where they are not what ingest has; an empty title is no title."""
    title, description = said.title.strip(), said.description.replace("\r\n", "\n").strip()
    new = {}
    if title and title != view["title"]:
        new["title"] = title
    if description != view["description"].strip():
        new["description"] = description
    return new


def _body(said: ChangeForm, changed: tuple[str, ...], view: Json) -> Json:
    """Return what ingest is told; words only where they differ from what it has."""
    return {"reason": said.reason.strip(), "changed": changed, **_words(said, view)}


async def _effects(desk: Desk, person: Person, sku: str) -> dict[str, Part]:
    """Return what the change ends: standing approvals, open cases, packs; each as far as its service tells."""
    approvals, cases, packs = await asyncio.gather(
        part(desk, person, "review", "/approvals", ALMOST_ALL, sku=sku),
        part(desk, person, "review", "/cases", ALMOST_ALL, sku=sku),
        part(desk, person, "export", "/orders", ALMOST_ALL, sku=sku),
    )
    return {
        "approvals": _only(approvals, lambda each: each["withdrawn_at"] is None),
        "cases": _only(cases, lambda each: each["state"] in {"open", "pending"}),
        "packs": _only(packs, lambda each: each["state"] not in ENDED_PACKS),
    }


def _only(told: Part, keep: Any) -> Part:
    return told if told.data is None else Part([each for each in told.data if keep(each)])
