"""/capture: photos from a phone: which article, which shot, how to take it, and on its way."""

from typing import Annotated
from unicodedata import normalize

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.web.intake.desk import Desk, Json, sku_path
from trueshelf_console.web.intake.sku import put_card
from trueshelf_contracts.photos import EXTENSIONS, MAX_PHOTO_BYTES
from trueshelf_contracts.refs import Category, Shot, check_sku
from trueshelf_contracts.sheet import LONGEST, RIGHTS
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.web import MAX_BODY

NOT_FOUND = 404


class Card(BaseModel):
    """A new article, as somebody with a phone in the hand writes it."""

    category: Category
    title: str = Field(min_length=1, max_length=LONGEST["title"])
    kit: list[str] = Field(default=[], max_length=50)


class Snap(BaseModel):
    """What goes with a photo."""

    sku: str
    shot: Shot
    name: str = Field(default="photo.jpg", max_length=200)
    rights_basis: str = Field(default="own", pattern=f"^({'|'.join(RIGHTS)})$")
    rights_reference: str = Field(default="", max_length=LONGEST["rights_reference"])
    warehouse_batch: str = Field(default="", max_length=LONGEST["warehouse_batch"])
    colour_note: str = Field(default="", max_length=LONGEST["colour_note"])

    @property
    def form(self) -> dict[str, str]:
        return {**self.model_dump(exclude={"sku", "name"}), "source_type": "phone"}


def router(desk: Desk) -> APIRouter:  # noqa: C901 - one route after another
    routes = APIRouter()
    console = desk.console

    @routes.get("/capture")
    async def page(request: Request, person: Annotated[Person, Depends(desk.senders)], sku: str = "") -> Response:
        batches, reshoots = await desk.under_way(person)
        return console.pages.render(
            request,
            "intake/capture.html",
            person,
            sku=sku,
            words=words,
            categories=sorted({batch["category"] for batch in batches or ()}),
            reshoots=reshoots,
            names={shot: console.pages.say(person, request, each.name) for shot, each in words.SHOTS.items()},
            shows={shot: console.pages.say(person, request, each.shows) for shot, each in words.SHOTS.items()},
            limits={"bytes": MAX_PHOTO_BYTES, "endings": sorted(EXTENSIONS)},
        )

    @routes.get("/capture/guide")
    async def guide(request: Request, person: Annotated[Person, Depends(desk.readers)]) -> Response:
        return console.pages.render(request, "intake/guide.html", person, words=words)

    @routes.get("/capture/skus/{sku}")
    async def look(request: Request, sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """Return what is known of an article, and which shots are still missing."""
        name = _checked(desk, request, person, sku)
        try:
            return _brief(await desk.ask(person, sku_path(name)))
        except Problem as problem:
            if problem.status != NOT_FOUND:
                raise desk.in_words(person, problem) from problem
            return {"sku": name, "known": False}

    @routes.put("/capture/skus/{sku}")
    async def register(
        request: Request, sku: str, card: Card, person: Annotated[Person, Depends(desk.senders)]
    ) -> Json:
        name = _checked(desk, request, person, sku)
        body = {**card.model_dump(), "description": "", "waived": {}}
        return _brief(await put_card(desk, person, name, body))

    @routes.post("/capture/photos", max_body_size=MAX_BODY)
    async def take(
        request: Request, snap: Annotated[Snap, Query()], person: Annotated[Person, Depends(desk.senders)]
    ) -> JSONResponse:
        """Take a photo; the request's body is the file."""
        sku = _checked(desk, request, person, snap.sku)
        form = {"intake_id": await desk.by_hand(person), **snap.form}
        try:
            said, new = await desk.send_photo(person, request, sku, form, snap.name)
        except Problem as problem:
            if problem.code == "intake_complete":
                desk.forget_by_hand(person)
            raise
        return JSONResponse({"capture_id": said["capture_id"], "state": said["state"]}, 202 if new else 200)

    @routes.post("/capture/skus/{sku}/complete")
    async def complete(request: Request, sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        name = _checked(desk, request, person, sku)
        return _brief(await desk.tell(person, "POST", f"{sku_path(name)}/complete"))

    return routes


def _checked(desk: Desk, request: Request, person: Person, sku: str) -> str:
    """Return the SKU as it is written everywhere. Raises Problem 422."""
    name = normalize("NFC", sku.strip())
    try:
        return check_sku(name)
    except ValueError as error:
        say = desk.console.pages.say
        message = say(person, request, "This is no SKU: 1 to 64 letters, digits, '.', '_' or '-'.")
        raise Problem(422, "no_sku", message if person.language != "en" else str(error)) from error


def _brief(view: Json) -> Json:
    return {
        "sku": view["sku"],
        "known": True,
        "title": view["title"],
        "category": view["category"],
        "version": view["version"],
        "state": view["state"],
        "missing": view["missing_shots"],
        "reshoot": view["reshoot_asked"],
        "captures": [
            {"shot": c["shot"], "state": c["state"], "sha256": c["original_sha256"], "findings": c["findings"]}
            for c in view["captures"]
        ],
    }
