"""An order: every SKU's pack on its way, live, with what it waits for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.export.choose import answers_of
from trueshelf_console.web.export.reading import ORDER, READ, desk
from trueshelf_console.web.guard import SignedIn

ENDED = frozenset({"ready", "refused", "withdrawn"})
WAITS_FOR_PEOPLE = frozenset({"waiting_rules", "awaiting_answers"})


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    reader = SignedIn(console, READ)

    @routes.get("/export/orders/{order_id}")
    async def order(
        request: Request, order_id: UUID, person: Annotated[Person, Depends(reader)], live: bool = False
    ) -> Response:
        at = desk(console, person)
        view = await at.get("export", f"/orders/{order_id}")
        packs = view["packs"]
        counts = {state: sum(pack["state"] == state for pack in packs) for state in {p["state"] for p in packs}}
        profile = await at.perhaps(at.get("export", f"/profiles/{view['marketplace']}"), None)
        return at.page(
            request,
            "export/order_packs.html" if live else "export/order.html",
            order=view,
            counts=counts,
            ended=sum(pack["state"] in ENDED for pack in packs),
            moving=any(pack["state"] not in ENDED for pack in packs),
            profile=profile,
            may_order=person.may(*ORDER),
        )

    @routes.post("/export/packs/{pack_id}/answers")
    async def answer(
        request: Request, pack_id: UUID, person: Annotated[Person, Depends(SignedIn(console, ORDER))]
    ) -> Response:
        at = desk(console, person, ORDER)
        form = await request.form()
        answers = answers_of({name: str(value) for name, value in form.items()})
        if answers:
            body = {"answers": answers}
            await console.services.post(person, at.role, "export", f"/packs/{pack_id}/answers", body)
        return RedirectResponse(f"/export/packs/{pack_id}", 303)

    return routes
