"""HTTP → use cases. Reading only: there is nothing to decide here (R-53)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.qa import Report
from trueshelf_qa.policy import as_json
from trueshelf_qa.service import NotChecked, Qa
from trueshelf_runtime.identity import require
from trueshelf_runtime.problem import RESPONSES, Problem

READER = require("reviewer", "operator", "uploader", "auditor", "admin")


class ThresholdsView(BaseModel):
    """The limits in force: profile → category → check → metric → flag and stop."""

    policy: PolicyRef
    profiles: dict[str, dict[str, dict[str, dict[str, dict[str, float | None]]]]]


def build_router(qa: Qa) -> APIRouter:
    """Return qa's endpoints."""
    router = APIRouter(tags=["qa"], responses=RESPONSES, dependencies=[Depends(READER)])

    @router.get("/reports/{subject_id}", response_model=Report)
    async def report(subject_id: UUID) -> Any:
        """The report on a variant or rendition, byte for byte as stored; the ETag is the hash that approvals bind."""
        try:
            ref, data = await qa.report(subject_id)
        except NotChecked as why:
            raise Problem(
                404, "not_checked", str(why), "ask again when VariantChecked or RenditionChecked is out"
            ) from why
        return Response(data, media_type="application/json", headers={"ETag": f'"{ref.sha256}"'})

    @router.get("/thresholds")
    async def thresholds() -> ThresholdsView:
        """The thresholds that new reports are made with."""
        tables = {
            profile: {category: as_json(checks) for category, checks in categories.items()}
            for profile, categories in qa.policy.tables.items()
        }
        return ThresholdsView(policy=qa.policy.ref, profiles=tables)

    return router
