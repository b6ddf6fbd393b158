"""HTTP → external generators, credits, and what was refused: read by those who answer for it, settled on record."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from trueshelf_generate.catalogue import Catalogue
from trueshelf_generate.credits_views import (
    BatchSpending,
    CreditsPlanView,
    CreditsView,
    GeneratorsView,
    GeneratorView,
    ModelSpending,
    Month,
    PlanBody,
    RefusedItem,
    RefusedView,
    SettleBody,
    UnknownCall,
    caps_view,
    offer_view,
    plan_view,
)
from trueshelf_generate.domain.credits import Spent, month_of, next_month, planned
from trueshelf_generate.domain.gate import Gate, fresh
from trueshelf_generate.domain.offers import External
from trueshelf_generate.sql import CREDITS
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Row
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.web import Problem

Watcher = Annotated[Principal, Depends(require("operator", "auditor", "admin"))]
Planner = Annotated[Principal, Depends(require("capturer", "operator", "admin"))]
Settler = Annotated[Principal, Depends(require("operator", "admin"))]
Reader = Annotated[Principal, Depends(require("operator", "reviewer", "auditor", "admin"))]
OLD = timedelta(minutes=15)
"""An intent that is older is shown among the unknown ones: no call lasts so long unless its worker is gone."""
PAGE = 50


def build_router(db: Database, clock: Clock, catalogue: Catalogue) -> APIRouter:
    """Return the routes of credits and refused items."""
    router = APIRouter()
    _credits(router, db, clock, catalogue)

    @router.get("/generators")
    async def generators(_: Watcher) -> GeneratorsView:
        gates = {row["generator"]: row for row in await db.fetch(CREDITS["gates"])}
        now = clock.now()
        shown = [_generator(catalogue, one, gates.get(one.name), now) for one in catalogue.offers.generators]
        return GeneratorsView(policy=catalogue.ref, generators=shown)

    @router.get("/refusals")
    async def refusals(_: Reader, before: Annotated[AwareDatetime | None, Query()] = None) -> RefusedView:
        rows = await db.fetch(CREDITS["refused_items"], before, PAGE + 1)
        shown = [RefusedItem.model_validate({**dict(row), **row["refusal"]}) for row in rows[:PAGE]]
        return RefusedView(items=shown, before=shown[-1].ended_at if len(rows) > PAGE else None)

    return router


def _credits(router: APIRouter, db: Database, clock: Clock, catalogue: Catalogue) -> None:
    offers = catalogue.offers

    @router.get("/credits")
    async def credits_(_: Watcher, month: Annotated[Month | None, Query()] = None) -> CreditsView:
        begin = month_of(clock.now()) if month is None else datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        between = (begin, next_month(begin))
        totals = await db.fetch(CREDITS["month_totals"], *between)
        found = await db.fetch(CREDITS["month_approved"], *between)
        approved = {(row["generator"], row["model"]): row["approved"] for row in found}
        spending = [_spending(row, approved.get((row["generator"], row["model"]), 0)) for row in totals]
        months = {row["month"] for row in await db.fetch(CREDITS["months"])} | {begin.strftime("%Y-%m")}
        unknown = await db.fetch(CREDITS["calls_unknown"], clock.now() - OLD)
        return CreditsView(
            month=begin.strftime("%Y-%m"),
            months=sorted(months | {month_of(clock.now()).strftime("%Y-%m")}, reverse=True),
            caps=caps_view(offers.caps),
            credits=sum(one.credits for one in spending),
            credits_unknown=sum(one.credits_unknown for one in spending),
            approved_own=await db.fetchval(CREDITS["own_approved"], *between),
            generators=spending,
            batches=[BatchSpending(**dict(row)) for row in await db.fetch(CREDITS["month_batches"], *between)],
            unknown=[UnknownCall.model_validate(dict(row)) for row in unknown],
        )

    @router.post("/credits/plan")
    async def plan(body: PlanBody, _: Planner) -> CreditsPlanView:
        """Say what an intake or a batch will use at most; nothing is reserved."""
        chosen = offers.offer(body.preset)
        if body.preset is not None and chosen is None:
            names = ", ".join(offer.name for offer in offers.offers) or "none is configured"
            raise Problem(422, "unknown_offer", f"no offer {body.preset!r}", f"Offers: {names}.")
        lines = planned([(one.category, one.count) for one in body.skus], offers, chosen)
        batch = body.batch_id or uuid4()
        row = await db.fetchrow(CREDITS["spent"], batch, month_of(clock.now()))
        first = int(await db.fetchval(CREDITS["spent_first"], batch))
        return plan_view(lines, first, Spent(**dict(row or {})), offers.caps)

    @router.post("/credits/calls/{call_id}/settle")
    async def settle(call_id: UUID, body: SettleBody, who: Settler) -> UnknownCall:
        """Say what the generator's bill says of a call whose end is unknown."""
        async with db.transaction() as tx:
            state = "charged" if body.charged else "not_charged"
            row = await tx.fetchrow(CREDITS["call_settle"], call_id, state, clock.now())
            if row is None:
                raise Problem(404, "unknown_call", f"no call {call_id} of unknown end", "Look at GET /credits.")
            details = {"credits": str(row["credits"]), "charged": "yes" if body.charged else "no"}
            await act(
                tx,
                "generate.call_settled",
                target=str(call_id),
                who=who,
                reason=body.reason,
                details=details,
                at=clock.now(),
            )
        return UnknownCall.model_validate(dict(row))


def _generator(catalogue: Catalogue, external: External, row: Row | None, now: datetime) -> GeneratorView:
    gate = fresh(external, now) if row is None else Gate(**{each.name: row[each.name] for each in fields(Gate)})
    offers = [offer_view(offer) for offer in catalogue.offers.offers if offer.generator == external.name]
    return GeneratorView(
        name=external.name,
        kind=external.kind,
        host=urlsplit(external.base_url).hostname or "",
        per_minute=external.per_minute,
        in_flight=external.in_flight,
        failures=gate.failures,
        broken=gate.broken,
        held_until=gate.not_before if gate.not_before and gate.not_before > now else None,
        blocked=gate.blocked,
        offers=offers,
    )


def _spending(row: Row, approved: int) -> ModelSpending:
    per = round(row["credits"] / approved, 2) if approved else None
    return ModelSpending(**dict(row), approved=approved, per_approved=per)
