"""/intake/{delivery}: the rows of a sheet, which are right, which wait, and what became of their photos."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from trueshelf_console.adapters.sheets import Checked
from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.sheet import match_photos, visible, wrong_rows
from trueshelf_console.service import intake
from trueshelf_console.web.guard import acting
from trueshelf_console.web.intake.desk import SENDERS, Desk, Json
from trueshelf_console.web.intake.planning import credits_plan
from trueshelf_contracts.photos import EXTENSIONS, MAX_PHOTO_BYTES
from trueshelf_contracts.sheet import REASONS, RowError
from trueshelf_runtime.acts import act
from trueshelf_runtime.problem import Problem

SHOWN = 200
"""Errors and refused photos on the page; the list of all is a download."""

MEANT = 10
"""Photos that are named for a row where many could be meant."""


class Names(BaseModel):
    """What photos are there, by their names with folders."""

    names: list[str] = Field(max_length=100_000)


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()
    console = desk.console

    @routes.get("/intake/{delivery_id}")
    async def page(request: Request, delivery_id: UUID, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        checked = await desk.sheets.of(delivery)
        sheet = checked.sheet
        return console.pages.render(
            request,
            "intake/delivery.html",
            person,
            delivery=delivery,
            encoding=sheet.table.encoding if sheet.table else "",
            errors=[(error, visible(error.value), _shown(error)) for error in sheet.errors[:SHOWN]],
            error_count=len(sheet.errors) + sheet.more_errors,
            listed=len(sheet.errors),
            reasons=REASONS,
            skus=len(sheet.cards),
            plan=await credits_plan(console, person, (card.category for card in sheet.cards.values())),
            limits={"bytes": MAX_PHOTO_BYTES, "endings": sorted(EXTENSIONS)},
        )

    @routes.get("/intake/{delivery_id}/wrong.csv")
    async def wrong(request: Request, delivery_id: UUID, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        checked = await desk.sheets.of(delivery)

        def sentence(error: RowError) -> str:
            said = (console.pages.say(person, request, part) % error.words for part in REASONS[error.code])
            return "; ".join(said)

        data = wrong_rows(checked.sheet, sentence)
        async with console.db.transaction() as tx:
            who = acting(person, person.role(*SENDERS))
            await act(tx, "console.download", target=f"wrong rows of {delivery_id}", who=who, at=console.clock.now())
        name = quote(f"wrong-{delivery.name.rpartition('.')[0] or delivery.name}.csv")
        return Response(
            data,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"},
        )

    @routes.post("/intake/{delivery_id}/photos", max_body_size=8 * 1024 * 1024)
    async def match(delivery_id: UUID, body: Names, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """Join the sheet's right rows with photos by name."""
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        checked = await desk.sheets.of(delivery)
        rows = [(photo.row, photo.file) for photo in checked.photos.values()]
        found = await asyncio.to_thread(match_photos, rows, body.names)
        waiting = await asyncio.to_thread(_of_wrong_rows, checked, found.photos_without, body.names)
        left = {photo.sku for photo in checked.photos.values() if photo.row not in found.found}
        return {
            "photos": [
                {"row": row, "at": at, "sku": checked.photos[row].sku, "shot": checked.photos[row].shot}
                for row, at in sorted(found.found.items())
            ],
            "rows_without": [_row(checked.photos[row]) for row in found.rows_without],
            "photos_without": [body.names[at] for at in found.photos_without if at not in waiting],
            "photos_of_wrong_rows": [body.names[at] for at in sorted(waiting)],
            "ambiguous": [
                {**_row(checked.photos[row]), "names": [body.names[at] for at in ats[:MEANT]], "more": len(ats) - MEANT}
                for row, ats in sorted(found.ambiguous.items())
            ],
            "waiting_skus": sorted(left | checked.waiting_skus),
        }

    @routes.get("/intake/{delivery_id}/outcome")
    async def outcome(
        request: Request, delivery_id: UUID, person: Annotated[Person, Depends(desk.senders)]
    ) -> Response:
        """What became of the photos, as a part of the page that renews itself."""
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        context: dict[str, Any] = {"delivery": delivery, "view": None, "away": None}
        if delivery.intake_id is not None:
            try:
                context["view"] = _outcome(
                    await desk.ask(person, f"/intakes/{delivery.intake_id}/summary", limit=SHOWN)
                )
            except Problem as problem:
                context["away"] = problem
        return console.pages.render(request, "intake/outcome.html", person, words=words, **context)

    return routes


def _outcome(view: Json) -> Json:
    states = ("received", "accepted", "refused")
    return view | {
        "counts": {state: view[state] for state in states},
        "collecting": view["skus"] - view["ready"],
        "every": 3 + sum(view[state] for state in states) // 150,
    }


def _of_wrong_rows(checked: Checked, left: list[int], names: list[str]) -> set[int]:
    """Return the photos of those left over that belong to rows which are wrong: they wait with them."""
    files = [(number, cells.get("file", "")) for number, cells in checked.sheet.wrong.items()]
    nowhere = set(match_photos(files, [names[at] for at in left]).photos_without)
    return {at for position, at in enumerate(left) if position not in nowhere}


def _row(photo: Any) -> Json:
    return {"row": photo.row, "sku": photo.sku, "shot": photo.shot, "file": photo.file}


def _shown(error: RowError) -> dict[str, str]:
    return {name: visible(value) for name, value in error.words.items()}
