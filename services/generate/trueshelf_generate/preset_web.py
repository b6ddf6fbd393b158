"""HTTP → presets and rules: read by all who plan and judge, written by operators and administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from trueshelf_contracts.refs import Category
from trueshelf_generate.domain.offers import Offers
from trueshelf_generate.domain.preset import PresetError
from trueshelf_generate.domain.presets import Rule
from trueshelf_generate.policy import Library
from trueshelf_generate.preset_views import PresetBody, PresetsView, ReasonBody, RuleBody, presets_view
from trueshelf_generate.presets_desk import PresetsDesk, RuleError
from trueshelf_generate.sql import SQL
from trueshelf_runtime.db import Database
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.problem import FieldProblem
from trueshelf_runtime.web import Problem

Reader = Annotated[Principal, Depends(require("operator", "reviewer", "auditor", "admin"))]
Writer = Annotated[Principal, Depends(require("operator", "admin"))]
Name = Annotated[str, Path(max_length=100)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
IMPOSSIBLE = "correct the values named; nothing has been written"


def build_router(db: Database, library: Library, desk: PresetsDesk, offers: Offers) -> APIRouter:
    """Return the routes of presets and rules."""
    router = APIRouter()

    async def view() -> PresetsView:
        async with db.transaction() as tx:
            policy = await library.current(tx)
            rows = [await tx.fetch(SQL[name]) for name in ("presets_confirmed", "presets_drafts", "rules_in_force")]
        return presets_view(policy, offers, *rows)

    @router.get("/presets")
    async def presets(_: Reader) -> PresetsView:
        return await view()

    @router.post("/presets", status_code=201)
    async def draft(body: PresetBody, who: Writer) -> PresetsView:
        with told():
            async with db.transaction() as tx:
                await desk.draft(tx, body.name, body.values, body.copy_of, who)
        return await view()

    @router.post("/presets/{name}/{number}/confirm")
    async def confirm(name: Name, number: Number, who: Writer) -> PresetsView:
        async with db.transaction() as tx:
            await desk.confirm(tx, name, number, who)
        return await view()

    @router.post("/presets/{name}/{number}/drop")
    async def drop(name: Name, number: Number, body: ReasonBody, who: Writer) -> PresetsView:
        async with db.transaction() as tx:
            await desk.drop(tx, name, number, who, body.reason)
        return await view()

    @router.post("/rules/{category}", status_code=201)
    async def rule(category: Category, body: RuleBody, who: Writer) -> PresetsView:
        with told():
            async with db.transaction() as tx:
                given = Rule(tuple(body.main), dict(body.slots))  # type: ignore[arg-type]
                await desk.rule(tx, category, given, who, body.reason)
        return await view()

    return router


@contextmanager
def told() -> Iterator[None]:
    """Answer 422 with each field, what was given and what is allowed."""
    try:
        yield
    except PresetError as error:
        faults = [FieldProblem(field=f"values.{fault.field}", message=str(fault)) for fault in error.faults]
        raise Problem(422, "invalid_preset", str(error), IMPOSSIBLE, errors=faults) from error
    except RuleError as error:
        faults = [FieldProblem(field=fault.split(" ")[0], message=fault) for fault in error.faults]
        raise Problem(422, "invalid_rule", str(error), IMPOSSIBLE, errors=faults) from error
