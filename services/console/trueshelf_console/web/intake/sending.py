"""Sending a delivery: its intake, the cards of its SKUs, its photos one by one, and that no more will come."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from trueshelf_console.adapters.sheets import Checked
from trueshelf_console.domain.people import Person
from trueshelf_console.service import intake
from trueshelf_console.service.intake import SQL, Delivery
from trueshelf_console.web.intake.desk import Desk, Json, sku_path
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.web import MAX_BODY


def router(desk: Desk) -> APIRouter:  # noqa: C901 - one route after another
    routes = APIRouter()
    console = desk.console

    async def opened(person: Person, delivery_id: UUID) -> tuple[Delivery, Checked, str]:
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        if delivery.intake_id is None:
            raise Problem(409, "not_begun", "the delivery has not begun", "press Send again")
        return delivery, await desk.sheets.of(delivery), str(delivery.intake_id)

    @routes.post("/intake/{delivery_id}/begin")
    async def begin(delivery_id: UUID, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """Open the intake, or find it; say which photos are there already, so that they are not sent twice."""
        delivery = await intake.find(console.db, person.account.account_id, delivery_id)
        view = await desk.tell(person, "POST", "/intakes", {"reference": delivery.reference})
        await console.db.execute(SQL["delivery_begun"], delivery_id, UUID(view["intake_id"]))
        known = [[c["sku"], c["shot"], c["original_sha256"]] for c in view["captures"]]
        return {"state": view["state"], "known": known}

    @routes.put("/intake/{delivery_id}/skus/{sku}")
    async def card(delivery_id: UUID, sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """Register the SKU as the sheet describes it."""
        _, checked, intake_id = await opened(person, delivery_id)
        found = checked.card(sku)
        if found is None:
            raise Problem(404, "sku_not_found", f"the sheet has no right row of SKU {sku}")
        view = await desk.tell(person, "PUT", sku_path(sku), {"intake_id": intake_id, **found.body})
        return {"state": view["state"], "missing": view["missing_shots"]}

    @routes.post("/intake/{delivery_id}/rows/{row}", max_body_size=MAX_BODY)
    async def photo(
        request: Request, delivery_id: UUID, row: int, person: Annotated[Person, Depends(desk.senders)]
    ) -> JSONResponse:
        """Take the photo of a row; the request's body is the file."""
        _, checked, intake_id = await opened(person, delivery_id)
        found = checked.photos.get(row)
        if found is None:
            raise Problem(404, "row_not_found", f"row {row} is no right row of the sheet")
        form = {"intake_id": intake_id, **found.form}
        said, new = await desk.send_photo(person, request, found.sku, form, found.file)
        return JSONResponse({"capture_id": said["capture_id"], "state": said["state"]}, 202 if new else 200)

    @routes.post("/intake/{delivery_id}/skus/{sku}/complete")
    async def complete(delivery_id: UUID, sku: str, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """No further photo of this version will come (ADR 0004). A SKU of which a row is wrong waits for it."""
        _, checked, _ = await opened(person, delivery_id)
        if checked.card(sku) is None or sku in checked.waiting_skus:
            raise Problem(409, "rows_wait", f"SKU {sku} has wrong rows in this sheet", "correct them first")
        view = await desk.tell(person, "POST", f"{sku_path(sku)}/complete")
        return {"state": view["state"], "missing": view["missing_shots"]}

    @routes.post("/intake/{delivery_id}/finish")
    async def finish(delivery_id: UUID, person: Annotated[Person, Depends(desk.senders)]) -> Json:
        """The delivery is over: every SKU of it is declared complete, its batches are sealed."""
        _, _, intake_id = await opened(person, delivery_id)
        view = await desk.tell(person, "POST", f"/intakes/{intake_id}/complete")
        await console.db.execute(SQL["delivery_finished"], delivery_id, console.clock.now())
        return {"state": view["state"]}

    return routes
