"""HTTP → the policies in force, earlier versions of them, and the keys that verify decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from trueshelf_contracts.refs import Category
from trueshelf_review.adapters.policies import checklist_of
from trueshelf_review.adapters.reasons import reasons_of
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.reading import checklist_view, reasons_view
from trueshelf_review.service.context import Review
from trueshelf_review.views import ChecklistView, Jwks, ReasonsView
from trueshelf_runtime.db import Database
from trueshelf_runtime.identity import Principal, anyone, require
from trueshelf_runtime.problem import Problem

Reader = Annotated[Principal, Depends(require("reviewer", "auditor", "operator", "uploader", "admin"))]


def policies_router(review: Review, db: Database, jwks: Jwks) -> APIRouter:
    """Return the routes of what a decision is measured by."""
    routes = APIRouter()

    async def earlier(kind: str, name: str, version: str, has: str) -> dict[str, Any]:
        row = await db.fetchrow(SQL["policy"], kind, name, version)
        if row is None:
            raise Problem(404, "no_version", f"{has} no version {version}")
        return dict(row["body"])

    @routes.get("/checklists/{category}")
    async def get_checklist(category: Category, _: Reader, version: str | None = None) -> ChecklistView:
        """The category's checklist in force, or an earlier version of it; all scopes."""
        current = review.checklists.of(category)
        if version is None or version == current.version:
            return checklist_view(current)
        return checklist_view(
            checklist_of(await earlier("checklist", current.name, version, f"checklist {current.name} has"))
        )

    @routes.get("/reasons")
    async def get_reasons(_: Reader, version: str | None = None) -> ReasonsView:
        """The reasons in force, or an earlier version of them; a decision says no other (R-64)."""
        current = review.reasons
        if version is None or version == current.version:
            return reasons_view(current)
        return reasons_view(reasons_of(await earlier("review", current.name, version, "the reasons have")))

    @routes.get("/keys", dependencies=[Depends(anyone("public keys, for whoever verifies decisions"))])
    async def keys() -> Jwks:
        """The public halves of the keys that signed decisions, as a JSON Web Key Set."""
        return jwks

    return routes
