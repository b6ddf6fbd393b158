"""A person decides; for some seconds the decision can be taken back, and no event exists yet."""

from dataclasses import replace
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_contracts.ids import derive
from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.checklists import Checklist
from trueshelf_review.domain.leases import Lease, must_hold
from trueshelf_review.domain.pace import MINUTE, check_pace
from trueshelf_review.domain.reasons import about, codes_in
from trueshelf_review.domain.records import DecisionRecord
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.domain.rules import Seen, check_decision
from trueshelf_review.ports import Desk
from trueshelf_review.service.bodies import DecisionBody, to_decision
from trueshelf_review.service.context import Review, reviewer_of
from trueshelf_review.service.queue import known, must_be_open


async def decide(
    review: Review, desk: Desk, case_id: UUID, body: DecisionBody, actor: Actor, *, key: str, checklist: Checklist
) -> DecisionRecord:
    """Record the decision as pending and have it finalised later. The same key again returns the same record.

    `checklist` is the version that the case began with. Raises Refusal for every rule that is broken.
    """
    await lock_for(desk, await known(desk, case_id, lock=False))
    decision_id = derive("decision", case_id, actor.id, key)
    payload = body.model_dump(mode="json")
    if there := await desk.decision(decision_id):
        if dict(there.body) != payload:
            raise Refusal(
                "conflict", "key_reused", "this Idempotency-Key was used for another decision", "use a new key"
            )
        return there
    if actor.kind == "person":
        now = review.clock.now()
        check_pace(await desk.decided_by(actor.id, now - MINUTE), review.policy.per_minute, now)
    case = await known(desk, case_id)
    decision = to_decision(body)
    seen = Seen(body.viewport.width, body.case_version)
    who = reviewer_of(actor)
    await must_be_open(desk, case, who)
    check_decision(case, decision, who, seen, checklist=checklist, policy=review.policy)
    review.reasons.check(about(case.kind), codes_in(decision))
    if case.slot and case.kind != "rendition" and await desk.slot_is_pending(case.sku, case.sku_version, case.slot):
        raise Refusal(
            "conflict", "slot_pending", "another decision about this slot is pending", "try again in a moment"
        )
    record = _record(review, case, must_hold(case.lease, actor.id), body, actor=actor, decision_id=decision_id)
    await desk.put_decision(record)
    await desk.put_case(replace(case, state="pending", lease=None))
    await desk.finalise_later(decision_id, review.policy.undo)
    return record


def _record(
    review: Review, case: Case, lease: Lease, body: DecisionBody, *, actor: Actor, decision_id: UUID
) -> DecisionRecord:
    now = review.clock.now()
    return DecisionRecord(
        decision_id=decision_id,
        case_id=case.case_id,
        kind=body.kind,
        sku=case.sku,
        sku_version=case.sku_version,
        slot=case.slot if case.kind != "rendition" else None,
        actor=actor.model_dump(mode="json"),
        body=body.model_dump(mode="json"),
        viewport_width=body.viewport.width,
        decided_at=now,
        undo_until=now + review.policy.undo,
        review_seconds=max(0.0, (now - lease.since).total_seconds()),
        first_reviewer=case.subject.first_reviewer,
    )


async def undo(review: Review, desk: Desk, decision_id: UUID, actor: Actor) -> DecisionRecord:
    """Take a decision back within the time; the case is open again and leased to the same person."""
    before = await desk.decision(decision_id)
    if before is None or before.actor_id != actor.id:
        raise Refusal("missing", "no_decision", f"you took no decision {decision_id}", "see GET /cases/{id}")
    await lock_for(desk, await known(desk, before.case_id, lock=False))
    record = await desk.decision(decision_id)
    assert record is not None
    if record.state == "undone":
        return record
    now = review.clock.now()
    if record.state != "pending" or now >= record.undo_until:
        raise Refusal(
            "gone",
            "too_late",
            f"the decision is {record.state}; it could be taken back until {record.undo_until.isoformat()}",
            "withdraw the approval, or reject the next round",
        )
    case = await known(desk, record.case_id)
    taken_back = replace(record, state="undone", ended_at=now)
    await desk.put_decision(taken_back)
    await desk.put_case(replace(case.reopened(), lease=Lease(actor.id, now, now + review.policy.lease)))
    return taken_back


async def lock_for(desk: Desk, case: Case) -> None:
    """Hold what a decision on `case` may change, in the order that all transactions keep: SKU, then batch."""
    await desk.lock_sku(case.sku)
    if case.batch_id:
        await desk.lock_batch(case.batch_id)
