"""/intake: where a delivery begins, and what is under way."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse

from trueshelf_console.adapters.sheets import MOST_BYTES
from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.service import intake
from trueshelf_console.web.intake.desk import Desk
from trueshelf_contracts.sheet import OPTIONAL, REQUIRED, UNREADABLE, UnreadableSheetError
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.web import MAX_BODY

COLUMNS = (*REQUIRED, *OPTIONAL)
EXAMPLE = """\
RING-01,jewelry,Ring with blue stone,ring_front.jpg,front,own,"Silver, size 17",,,W47,cool silver,,clasp=none on a ring
RING-01,jewelry,Ring with blue stone,ring_profile.jpg,profile,own,,,,W47,,,
RING-01,jewelry,Ring with blue stone,ring_macro.jpg,macro,own,,,,W47,,,
"""


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()
    console = desk.console

    @routes.get("/intake")
    async def start(request: Request, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        mine = await intake.latest(console.db, person.account.account_id)
        batches, reshoots = await desk.under_way(person)
        return console.pages.render(
            request,
            "intake/start.html",
            person,
            deliveries=mine,
            batches=None if batches is None else [batch for batch in batches if batch["state"] == "open"],
            reshoots=reshoots,
            words=words,
            required=REQUIRED,
            optional=OPTIONAL,
            address=console.settings.url,
        )

    @routes.get("/intake/example.csv")
    async def example(person: Annotated[Person, Depends(desk.senders)]) -> Response:  # noqa: ARG001 - the guard
        text = ",".join(COLUMNS) + "\n" + EXAMPLE
        return _csv(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "trueshelf-sheet.csv")

    @routes.get("/intake/session")
    async def session(person: Annotated[Person, Depends(desk.senders)]) -> JSONResponse:
        """The session's secret and whose it is: a page that was open over a new login of its person goes on with it."""
        mine = {"csrf": person.session.csrf, "account": person.account.account_id}
        return JSONResponse(mine, headers={"Cache-Control": "no-store"})

    @routes.get("/intake/skus")
    async def find(person: Annotated[Person, Depends(desk.readers)], sku: str = "") -> Response:  # noqa: ARG001
        from trueshelf_console.web.intake.sku import page_of  # noqa: PLC0415 - modules of one package

        return RedirectResponse(page_of(sku.strip()) if sku.strip() else "/intake", 303)

    @routes.post("/intake/sheets", max_body_size=MAX_BODY)
    async def take(request: Request, sheet: UploadFile, person: Annotated[Person, Depends(desk.senders)]) -> Response:
        """Check a sheet and keep it. Nothing is sent to ingest."""
        data = await sheet.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise Problem(
                413,
                "sheet_too_large",
                console.pages.say(person, request, "The sheet is larger than 16 MB."),
                console.pages.say(person, request, "Split it into several sheets."),
            )
        try:
            checked = await desk.sheets.read(data)
        except UnreadableSheetError as error:
            message = console.pages.say(person, request, UNREADABLE[error.code]) % error.details
            raise Problem(422, f"sheet_{error.code}", message) from error
        dropped = intake.Dropped(sheet.filename or "sheet.csv", data, checked.sheet)
        delivery_id = await intake.keep(console.db, person.account.account_id, dropped, console.clock.now())
        address = f"/intake/{delivery_id}"
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(address, 303)
        return JSONResponse({"address": address}, 201)

    return routes


def _csv(data: bytes, name: str) -> Response:
    return Response(
        data,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
