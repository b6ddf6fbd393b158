"""Presets and modes per category: what is in force, drafts to confirm, rules to give, scenes to bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_contracts.event import Role
from trueshelf_contracts.photos import MAX_PHOTO_BYTES
from trueshelf_contracts.refs import Slot
from trueshelf_runtime.problem import Problem

READ: tuple[Role, ...] = ("operator", "reviewer", "auditor", "admin")
WRITE: tuple[Role, ...] = ("operator", "admin")
PAGE = "/operate/presets"
SLOTS: tuple[Slot, ...] = ("detail", "macro", "scale", "profile", "bundle", "social")
"""Slots that photos fill; charts and instructions are not photographed."""
REFUSED = (400, 404, 409, 413, 415, 422)
NUMBERS = ("fill", "aspect", "exposure")
DIGITS = 6
"""More than any number of the form has; `int` refuses thousands."""
SWITCHES = ("neutralise", "keep_light")


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False, prefix=PAGE)
    page = Page(console)
    writing = Depends(SignedIn(console, WRITE))
    _reading(routes, page, Depends(SignedIn(console, READ)))
    _presets(routes, page, writing)
    _scenes(routes, page, writing)
    return routes


@dataclass(frozen=True, slots=True)
class Page:
    """The one page: what generate tells, and what it said to the last form."""

    console: Console

    async def show(self, request: Request, person: Person, *, wrong: Problem | None = None, **typed: Any) -> Response:
        services, role = self.console.services, person.role(*READ)
        shown: Json = await services.get(person, role, "generate", "/presets")
        scenes: list[Json] = await services.get(person, role, "generate", "/scenes")
        return self.console.pages.render(
            request,
            "operate/presets.html",
            person,
            status=wrong.status if wrong else 200,
            shown=shown,
            scenes=[{**one, "address": self.console.image(one["preview"])} for one in scenes],
            wrong=wrong,
            slots=SLOTS,
            may_write=person.may(*WRITE),
            typed=typed,
            people=await _people(self.console, shown, scenes),
        )

    async def send(self, request: Request, person: Person, path: str, /, **typed: Any) -> Response:
        """Send `json`, or `data` and `files`, to generate; what it refuses comes back with the form as it was typed."""
        how = {name: typed.pop(name) for name in ("json", "data", "files") if name in typed}
        try:
            await self.console.services.send(person, person.role(*WRITE), "generate", "POST", path, **how)
        except Problem as problem:
            if problem.status not in REFUSED:
                raise
            return await self.show(request, person, wrong=problem, **typed)
        return RedirectResponse(f"{PAGE}?done=1", 303)


def _reading(routes: APIRouter, page: Page, reader: Any) -> None:
    @routes.get("")
    async def presets(
        request: Request, person: Annotated[Person, reader], copy: str = "", category: str = "", done: str = ""
    ) -> Response:
        return await page.show(request, person, copy=copy, category=category, done=done)


def _presets(routes: APIRouter, page: Page, writer: Any) -> None:
    @routes.post("/drafts")
    async def draft(request: Request, person: Annotated[Person, writer]) -> Response:
        form = await _form(request)
        copy_of = form.get("copy_of", "")
        body = {"name": form.get("name", ""), "copy_of": copy_of, "values": values_of(form)}
        return await page.send(request, person, "/presets", json=body, copy=copy_of, form=form)

    @routes.post("/drafts/{name}/{number}/confirm")
    async def confirm(request: Request, person: Annotated[Person, writer], name: str, number: int) -> Response:
        return await page.send(request, person, f"/presets/{quote(name, safe='')}/{number}/confirm")

    @routes.post("/drafts/{name}/{number}/drop")
    async def drop(request: Request, person: Annotated[Person, writer], name: str, number: int) -> Response:
        body = {"reason": (await _form(request)).get("reason", "")}
        return await page.send(request, person, f"/presets/{quote(name, safe='')}/{number}/drop", json=body)

    @routes.post("/rules")
    async def rule(request: Request, person: Annotated[Person, writer]) -> Response:
        form = await _form(request)
        category = form.get("category", "")
        main = [form[name] for name in ("main-1", "main-2", "main-3") if form.get(name)]
        slots = {slot: form[f"slot-{slot}"] for slot in SLOTS if form.get(f"slot-{slot}")}
        body = {"main": main, "slots": slots, "reason": form.get("reason", "")}
        path = f"/rules/{quote(category, safe='') or '-'}"
        return await page.send(request, person, path, json=body, category=category, form=form)


def _scenes(routes: APIRouter, page: Page, writer: Any) -> None:
    @routes.post("/scenes", max_body_size=MAX_PHOTO_BYTES + 1024 * 1024)
    async def bring(request: Request, person: Annotated[Person, writer], picture: UploadFile) -> Response:
        form = await _form(request)
        told = {name: value for name, value in form.items() if value and name != "csrf"}
        files = {"picture": (picture.filename or "scene", await picture.read(), picture.content_type or "")}
        return await page.send(request, person, "/scenes", data=told, files=files, form=form)

    @routes.post("/scenes/{scene_id}/retire")
    async def retire(request: Request, person: Annotated[Person, writer], scene_id: str) -> Response:
        body = {"reason": (await _form(request)).get("reason", "")}
        return await page.send(request, person, f"/scenes/{quote(scene_id, safe='')}/retire", json=body)


async def _form(request: Request) -> dict[str, str]:
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


def values_of(form: Mapping[str, str]) -> Json:
    """Return the preset's values as generate takes them; what is no number goes as typed, and is refused by name."""
    mode = form.get("mode", "")
    values: Json = {"mode": mode, "title": form.get("title", ""), "shadow": form.get("shadow", "none")}
    values |= {name: _number(form.get(name, "")) for name in NUMBERS}
    values |= {name: name in form for name in SWITCHES}
    values["background"] = None if mode == "lifestyle" else [_whole(form.get(f"ground-{each}", "")) for each in "rgb"]
    values["scene"] = form.get("scene") or None
    return values


def _number(text: str) -> float | str:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return number if isfinite(number) else text


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else text


async def _people(console: Console, shown: Json, scenes: list[Json]) -> Mapping[str, str]:
    """Return id → name of everybody that the page names."""
    actors = [one[by] for one in shown["confirmed"].values() for by in ("made_by", "confirmed_by")]
    actors += [one["made_by"] for one in (*shown["drafts"], *scenes)]
    actors += [rule["given_by"] for rule in shown["rules"].values() if rule["given_by"]]
    ids = sorted({actor["id"] for actor in actors})
    rows = await console.db.fetch(SQL["names"], ids) if ids else []
    return {row["account_id"]: row["name"] for row in rows}
