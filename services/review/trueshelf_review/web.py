"""HTTP → use cases."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Response
from pydantic import BaseModel, Field

from trueshelf_contracts.refs import Shot
from trueshelf_contracts.review import Reason
from trueshelf_review.adapters.desk import PostgresDesk
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.people import Reviewer, Rights
from trueshelf_review.domain.queue import Wish
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.reading import (
    batch_view,
    case_view,
    checklist_for,
    taken_view,
    whole_batch,
)
from trueshelf_review.service import changes, deciding, quarantine, queue
from trueshelf_review.service.bodies import DecisionBody
from trueshelf_review.service.context import Review, reviewer_of
from trueshelf_review.views import (
    ApprovalView,
    BatchView,
    CaseLine,
    CaseView,
    MinutesLine,
    NextBody,
    QueueLine,
    QueueView,
    RejectionLine,
    SampleView,
    TakenView,
)
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.identity import Principal, Require, require
from trueshelf_runtime.problem import Problem

STATUS = {"conflict": 409, "incomplete": 422, "forbidden": 403, "missing": 404, "gone": 409, "too_fast": 429}
ON_RECORD = frozenset({"forbidden", "too_fast"})
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
Decider = Annotated[Principal, Depends(require("reviewer"))]
Reader = Annotated[Principal, Depends(require("reviewer", "auditor", "operator", "uploader", "admin"))]
Limit = Annotated[int, Query(ge=1, le=1000)]


class ReleaseBody(BaseModel):
    """Why a quarantine ends."""

    reason: str = Field(min_length=1, max_length=1000)


class WithdrawBody(BaseModel):
    """Why an approval no longer holds, and what to photograph again."""

    reasons: tuple[Reason, ...] = Field(min_length=1, max_length=20)
    cause: Literal["person", "spot_check", "outcome"] = "person"
    shots: tuple[Shot, ...] = ()


class Desks:
    """Opens transactions for requests and turns the domain's refusals into answers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @asynccontextmanager
    async def open(self, doing: str, target: object, who: Principal) -> AsyncIterator[Tx]:
        """Give a transaction. A refusal for lack of right or for haste is on record: it counts as much as a grant."""
        try:
            async with self._db.transaction() as tx:
                yield tx
        except Refusal as refusal:
            if refusal.nature in ON_RECORD:
                async with self._db.transaction() as tx:
                    reason = f"{refusal.code}: {refusal.message}"
                    await act(tx, doing, target=str(target), outcome="refused", who=who, reason=reason)
            headers = {"Retry-After": str(math.ceil(refusal.wait.total_seconds()))} if refusal.wait else {}
            status = STATUS[refusal.nature]
            raise Problem(status, refusal.code, refusal.message, refusal.advice, headers=headers) from refusal


def rights_of(who: Principal) -> Rights:
    """Return the person's level per category; `*` in the token covers the others."""
    named = {category: level for category, level in who.levels.items() if category != "*"}
    return Rights(named, who.levels.get("*"))


def person(who: Principal, category: str) -> Reviewer:
    return reviewer_of(who.actor(category))


def router(review: Review, db: Database) -> APIRouter:
    """Return review's routes."""
    routes = APIRouter()
    desks = Desks(db)
    _queue_routes(routes, review, db, desks)
    _decision_routes(routes, review, desks)
    _batch_routes(routes, review, db, desks)
    _approval_routes(routes, review, db, desks)
    return routes


def _queue_routes(routes: APIRouter, review: Review, db: Database, desks: Desks) -> None:
    @routes.get("/queue")
    async def get_queue(who: Reader) -> QueueView:
        """What waits, by kind and category: for a reviewer what they may decide, for others everything."""
        now, rights = review.clock.now(), rights_of(who)
        everything = who.role != "reviewer" or rights.rest is not None
        rows = await db.fetch(SQL["queue_counts"], now, everything, list(rights.named))
        lines = tuple(QueueLine(**dict(r), oldest_seconds=(now - r["oldest"]).total_seconds()) for r in rows)
        return QueueView(total=sum(line.waiting for line in lines), lines=lines)

    @routes.get("/cases")
    async def list_cases(
        _: Reader,
        *,
        sku: str | None = None,
        state: str | None = None,
        kind: str | None = None,
        batch_id: UUID | None = None,
        after: UUID | None = None,
        limit: Limit = 100,
    ) -> list[CaseLine]:
        """Cases by filter; `after` is the last case's id of the page before."""
        rows = await db.fetch(SQL["list_cases"], sku, state, kind, batch_id, after, limit)
        return [CaseLine(**dict(r), leased_by=r["lease_holder"], leased_until=r["lease_until"]) for r in rows]

    @routes.post("/cases/next", responses={204: {"description": "nothing waits for you"}})
    async def take_next(
        who: Decider, response: Response, body: Annotated[NextBody | None, Body()] = None
    ) -> CaseView | None:
        """Lease the first case of the queue that you may decide."""
        wish = Wish(body.kinds, body.categories) if body else Wish()
        async with desks.open("review.next", "", who) as tx:
            case = await queue.lease_next(review, PostgresDesk(tx), reviewer_of(who.actor()), rights_of(who), wish)
            if case is not None:
                return await case_view(review, tx, case, person(who, case.category))
        response.status_code = 204
        return None

    @routes.get("/cases/{case_id}")
    async def get_case(case_id: UUID, who: Reader) -> CaseView:
        async with desks.open("review.show", case_id, who) as tx:
            case = await queue.known(PostgresDesk(tx), case_id, lock=False)
            reviewer = person(who, case.category) if who.role == "reviewer" else None
            return await case_view(review, tx, case, reviewer)

    @routes.post("/cases/{case_id}/lease")
    async def lease(case_id: UUID, who: Decider) -> CaseView:
        """Take this case, or keep it: a heartbeat."""
        async with desks.open("review.lease", case_id, who) as tx:
            desk = PostgresDesk(tx)
            category = (await queue.known(desk, case_id, lock=False)).category
            case = await queue.lease(review, desk, case_id, person(who, category))
            return await case_view(review, tx, case, person(who, category))

    @routes.delete("/cases/{case_id}/lease", status_code=204)
    async def give_back(case_id: UUID, who: Decider) -> None:
        async with desks.open("review.give_back", case_id, who) as tx:
            await queue.give_back(PostgresDesk(tx), case_id, reviewer_of(who.actor()))


def _signing(review: Review) -> Require:
    """Return the guard of whatever is signed in a person's name: a reviewer who logged in lately (security.md)."""
    return require("reviewer", within=review.policy.login_age)


def _decision_routes(routes: APIRouter, review: Review, desks: Desks) -> None:
    signer = Annotated[Principal, Depends(_signing(review))]

    @routes.post("/cases/{case_id}/decisions", status_code=201)
    async def decide(case_id: UUID, body: DecisionBody, who: signer, key: Key) -> TakenView:
        """Decide the case. It is pending until `undo_until`; then its events are stated and signed."""
        async with desks.open("review.decide", case_id, who) as tx:
            desk = PostgresDesk(tx)
            case = await queue.known(desk, case_id, lock=False)
            checklist = await checklist_for(review, tx, case)
            record = await deciding.decide(
                review, desk, case_id, body, who.actor(case.category), key=key, checklist=checklist
            )
            return taken_view({**_fields(record), "actor_id": record.actor_id})

    @routes.post("/decisions/{decision_id}/undo")
    async def undo(decision_id: UUID, who: Decider) -> TakenView:
        """Take your decision back within the time; the case is open again and yours."""
        async with desks.open("review.undo", decision_id, who) as tx:
            record = await deciding.undo(review, PostgresDesk(tx), decision_id, who.actor())
            return taken_view({**_fields(record), "actor_id": record.actor_id})


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in TakenView.model_fields if hasattr(record, name)}


def _batch_routes(routes: APIRouter, review: Review, db: Database, desks: Desks) -> None:
    signer = Annotated[Principal, Depends(_signing(review))]

    @routes.get("/batches")
    async def list_batches(
        _: Reader, state: str | None = None, category: str | None = None, limit: Limit = 100
    ) -> list[BatchView]:
        return [batch_view(row) for row in await db.fetch(SQL["list_batches"], state, category, None, limit)]

    @routes.get("/batches/{batch_id}")
    async def get_batch(batch_id: UUID, who: Reader) -> BatchView:
        async with desks.open("review.batch", batch_id, who) as tx:
            return await _known_batch(tx, batch_id)

    @routes.post("/batches/{batch_id}/release")
    async def release(batch_id: UUID, body: ReleaseBody, who: signer) -> BatchView:
        """End a quarantine: a senior who approved nothing in the batch says why."""
        async with desks.open("review.release", batch_id, who) as tx:
            category = (await _known_batch(tx, batch_id)).category
            await quarantine.release(review, PostgresDesk(tx), batch_id, who.actor(category), body.reason)
            return await _known_batch(tx, batch_id)

    @routes.post("/batches/{batch_id}/audit", status_code=201)
    async def audit(batch_id: UUID, who: Decider) -> SampleView:
        """Look again at every tenth of a batch that has passed (R-69): spot cases that hold nothing back."""
        async with desks.open("review.audit", batch_id, who) as tx:
            sample = tuple(sku for sku, _ in await quarantine.audit(review, PostgresDesk(tx), batch_id))
            await act(tx, "review.audit", target=str(batch_id), who=who, details={"sample": ", ".join(sample)})
            return SampleView(batch_id=batch_id, sample=sample)


async def _known_batch(tx: Tx, batch_id: UUID) -> BatchView:
    view = await whole_batch(tx, batch_id)
    if view is None:
        raise Refusal("missing", "no_batch", f"there is no batch {batch_id}", "see GET /batches")
    return view


def _approval_routes(routes: APIRouter, review: Review, db: Database, desks: Desks) -> None:
    signer = Annotated[Principal, Depends(_signing(review))]

    @routes.get("/approvals")
    async def list_approvals(
        _: Reader, sku: str | None = None, batch_id: UUID | None = None, limit: Limit = 100
    ) -> list[ApprovalView]:
        return [ApprovalView(**dict(row)) for row in await db.fetch(SQL["list_approvals"], sku, batch_id, limit)]

    @routes.post("/approvals/{approval_id}/withdraw")
    async def withdraw(approval_id: UUID, body: WithdrawBody, who: signer) -> ApprovalView:
        """End an approval that stands; `approval_id` is the event id of its VariantApproved."""
        async with desks.open("review.withdraw", approval_id, who) as tx:
            desk = PostgresDesk(tx)
            category = (await changes.known_approval(desk, approval_id)).category
            actor = who.actor(category)
            done = await changes.withdraw(
                review, desk, approval_id, actor, body.reasons, cause=body.cause, shots=body.shots
            )
            return ApprovalView(**{name: getattr(done, name) for name in ApprovalView.model_fields})

    @routes.get("/rejections")
    async def rejections(
        _: Reader, sku: str | None = None, since: datetime | None = None, limit: Limit = 200
    ) -> list[RejectionLine]:
        """The rejection log: ours, marketplaces' and buyers', joined to approver and generator (R-103)."""
        return [RejectionLine(**dict(row)) for row in await db.fetch(SQL["rejection_log"], sku, since, limit)]

    @routes.get("/minutes")
    async def minutes(_: Reader, since: datetime | None = None) -> list[MinutesLine]:
        """Review time, from lease to decision (R-74)."""
        return [MinutesLine(**dict(row)) for row in await db.fetch(SQL["review_minutes"], since)]
