"""What the viewer asks for while a case is on the screen. Review decides; the console adds addresses and names."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Response
from fastapi.responses import JSONResponse

from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_console.web.review.showing import SQL, Json, show
from trueshelf_runtime.problem import Problem

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
NO_STORE = {"Cache-Control": "no-store"}
NOTHING = 204


def router(console: Console) -> APIRouter:
    routes = APIRouter(prefix="/review/api", include_in_schema=False)
    reviewer = Annotated[Person, Depends(SignedIn(console, ("reviewer",)))]
    signer = Annotated[Person, Depends(SignedIn(console, ("reviewer",), signs=True))]
    services = console.services

    async def shown(person: Person, case: Json) -> Response:
        return JSONResponse(await show(console, person, case), headers=NO_STORE)

    @routes.get("/session")
    async def session(person: reviewer) -> Response:
        """The session's secret and whose it is: a page that was open over a new login of its person goes on with it."""
        mine = {"csrf": person.session.csrf, "account": person.account.account_id}
        return JSONResponse(mine, headers=NO_STORE)

    @routes.get("/cases/{case_id}")
    async def case(case_id: UUID, person: reviewer) -> Response:
        return await shown(person, await services.get(person, "reviewer", "review", f"/cases/{case_id}"))

    @routes.post("/cases/{case_id}/lease")
    async def lease(case_id: UUID, person: reviewer) -> Response:
        """Take the case or keep it."""
        return await shown(person, await services.post(person, "reviewer", "review", f"/cases/{case_id}/lease"))

    @routes.post("/cases/{case_id}/begin")
    async def begin(case_id: UUID, person: reviewer) -> Response:
        """Begin to look at a case that was taken ahead: its time counts from now, not from the taking (R-74)."""
        await services.send(person, "reviewer", "review", "DELETE", f"/cases/{case_id}/lease")
        return await shown(person, await services.post(person, "reviewer", "review", f"/cases/{case_id}/lease"))

    @routes.post("/cases/{case_id}/give-back", status_code=NOTHING)
    async def give_back(case_id: UUID, person: reviewer) -> None:
        await services.send(person, "reviewer", "review", "DELETE", f"/cases/{case_id}/lease")

    @routes.post("/next")
    async def take_next(person: reviewer, wish: Annotated[Json | None, Body()] = None) -> Response:
        found = await services.post(person, "reviewer", "review", "/cases/next", wish or {})
        return Response(status_code=NOTHING) if found is None else await shown(person, found)

    @routes.post("/cases/{case_id}/decisions", status_code=201)
    async def decide(case_id: UUID, person: signer, key: Key, body: Annotated[Json, Body()]) -> Response:
        """Decide. The same key again is the same decision, however often it is sent."""
        about = body.pop("about", {})
        taken = await services.post(person, "reviewer", "review", f"/cases/{case_id}/decisions", body, key=key)
        await _remember(console, person, taken, about)
        kept = ("decision_id", "case_id", "kind", "state", "decided_at", "undo_until", "review_seconds")
        left = datetime.fromisoformat(taken["undo_until"]) - console.clock.now()
        answer = {name: taken[name] for name in kept} | {"undo_seconds": max(0.0, left.total_seconds())}
        return JSONResponse(answer, 201, headers=NO_STORE)

    @routes.post("/decisions/{decision_id}/undo")
    async def undo(decision_id: UUID, person: reviewer) -> Response:
        """Take a decision back; the answer is its case, open again and held by the person."""
        taken = await services.post(person, "reviewer", "review", f"/decisions/{decision_id}/undo")
        await console.db.execute(SQL["set_undone"], decision_id, person.account.account_id)
        return await shown(person, await services.get(person, "reviewer", "review", f"/cases/{taken['case_id']}"))

    return routes


async def _remember(console: Console, person: Person, taken: Json, about: Any) -> None:
    """Note the decision for "my last decisions". `about` is the viewer's word and used for nothing else."""

    def word(name: str, longest: int = 64) -> str:
        return str(about.get(name) or "")[:longest] if isinstance(about, dict) else ""

    try:
        await console.db.execute(
            SQL["add_taken"],
            UUID(taken["decision_id"]),
            person.account.account_id,
            UUID(taken["case_id"]),
            word("kind"),
            taken["kind"],
            word("sku"),
            word("slot") or None,
            word("category"),
            datetime.fromisoformat(taken["decided_at"]),
            datetime.fromisoformat(taken["undo_until"]),
            float(taken["review_seconds"]),
        )
    except (KeyError, ValueError) as error:
        raise Problem(502, "service_unclear", f"review answered something unreadable: {error}", "try again") from error
