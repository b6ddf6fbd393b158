"""HTTP → plans and items. It changes nothing: drafts are asked for through review."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.refs import ImageRef, Mode, Slot, check_sku
from trueshelf_contracts.review import RegenerationChange
from trueshelf_generate.sql import SQL
from trueshelf_runtime.db import Database, Row
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.web import Problem

Reader = Annotated[Principal, Depends(require("operator", "reviewer", "auditor", "admin"))]


class RefusalView(BaseModel):
    """Why an item was not made, and what to do."""

    code: str
    message: str
    advice: str
    value: float | None = None
    threshold: float | None = None


class ItemView(BaseModel):
    """One draft, made or to be made."""

    item_id: UUID
    plan_id: UUID
    variant_id: UUID
    sku: str
    sku_version: int
    round: int
    slot: Slot
    index: int
    mode: Mode
    preset: str
    capture_id: UUID
    cutout_id: UUID | None
    state: Literal["planned", "removed", "generated", "refused", "ended"]
    master: ImageRef | None
    refusal: RefusalView | None
    planned_at: AwareDatetime
    ended_at: AwareDatetime | None


class PlanView(BaseModel):
    """One round of drafts."""

    plan_id: UUID
    sku: str
    sku_version: int
    scope: str
    round: int
    category: str
    presets: PolicyRef
    wish: RegenerationChange | None = Field(description="what a person asked for, with what stayed as it was; R-26")
    made_at: AwareDatetime
    items: list[ItemView]


def build_router(db: Database) -> APIRouter:
    """Return generate's routes."""
    router = APIRouter()

    @router.get("/plans")
    async def plans(sku: Annotated[str, Query(), AfterValidator(check_sku)], _: Reader) -> list[PlanView]:
        rows = await db.fetch(SQL["plans_of_sku"], sku)
        return [await _plan_view(db, row) for row in rows]

    @router.get("/items/{item_id}")
    async def item(item_id: UUID, _: Reader) -> ItemView:
        row = await db.fetchrow(SQL["item_get"], item_id)
        if row is None:
            raise Problem(404, "unknown_item", f"no item {item_id}", "Look at GET /plans?sku= for the items of a SKU.")
        return _item_view(row)

    return router


async def _plan_view(db: Database, row: Row) -> PlanView:
    items = [_item_view(item) for item in await db.fetch(SQL["items_of_plan"], row["plan_id"])]
    return PlanView.model_validate({**dict(row), "items": items})


def _item_view(row: Row) -> ItemView:
    facts: dict[str, Any] = dict(row)
    return ItemView.model_validate(facts | {"index": row["place"], "capture_id": row["capture"]["capture_id"]})
