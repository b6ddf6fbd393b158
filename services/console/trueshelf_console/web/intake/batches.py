"""/intake/batches: how full the open ones are, what each holds, and sealing one before it is full (R-27)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.people import Person
from trueshelf_console.web.guard import SignedIn, acting
from trueshelf_console.web.intake.desk import Desk
from trueshelf_console.web.intake.planning import credits_plan
from trueshelf_runtime.acts import act

MOST = 30
"""SKUs of a batch, whatever is set (R-27)."""


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()
    console = desk.console
    operators = SignedIn(console, ("operator",))

    @routes.get("/intake/batches")
    async def batches(request: Request, person: Annotated[Person, Depends(desk.readers)]) -> Response:
        found = await desk.ask(person, "/batches", limit=200)
        found.sort(key=lambda batch: batch["state"] != "open")
        return console.pages.render(request, "intake/batches.html", person, batches=found, words=words, most=MOST)

    @routes.get("/intake/batches/{batch_id}")
    async def batch(request: Request, batch_id: UUID, person: Annotated[Person, Depends(desk.readers)]) -> Response:
        found = await desk.ask(person, f"/batches/{batch_id}")
        plan = None
        if found["state"] == "open":
            plan = await credits_plan(console, person, [found["category"]] * found["count"], str(batch_id))
        return console.pages.render(
            request, "intake/batch.html", person, batch=found, words=words, most=MOST, plan=plan
        )

    @routes.post("/intake/batches/{batch_id}/seal")
    async def seal(
        batch_id: UUID,
        reason: Annotated[str, Form(min_length=1, max_length=500)],
        person: Annotated[Person, Depends(operators)],
    ) -> Response:
        """Seal a batch. ingest keeps that it was asked for; the reason stands with the person's act in the log."""
        await console.services.post(person, "operator", "ingest", f"/batches/{batch_id}/seal")
        async with console.db.transaction() as tx:
            who = acting(person, "operator")
            target = f"batch {batch_id}"
            await act(tx, "console.batch_sealed", target=target, who=who, reason=reason, at=console.clock.now())
        return RedirectResponse(f"/intake/batches/{batch_id}", 303)

    return routes
