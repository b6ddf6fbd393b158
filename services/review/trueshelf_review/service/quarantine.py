"""What spot looks lead to: a bad one quarantines the batch, a senior ends it (R-70)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import Actor, BatchMember
from trueshelf_contracts.ids import draw_sample
from trueshelf_contracts.review import BatchQuarantined, BatchReleased, SkuFreed, SkuHeld, SpotCheckPassed
from trueshelf_review.domain.decisions import Reason
from trueshelf_review.domain.people import must_be_person, must_be_senior
from trueshelf_review.domain.records import Batch, SpotRate
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.domain.spot import Member, MemberView, tightened
from trueshelf_review.ports import Desk
from trueshelf_review.service.batches import approved_members, batch_members, spot_case
from trueshelf_review.service.context import Final, Review, about, reviewer_of, said
from trueshelf_runtime.origin import stamp


async def looked(final: Final, reasons: tuple[Reason, ...]) -> None:
    """A sampled SKU was looked at. Bad: nothing of the batch leaves, and the category's rate rises."""
    desk, case = final.desk, final.case
    batch = await desk.lock_batch(case.batch_id) if case.batch_id else None
    if batch is None or not reasons or batch.state == "quarantined":
        return
    rate = await desk.spot_rate(batch.category) or SpotRate(batch.category, final.review.policy.spot_rate)
    rate = SpotRate(batch.category, tightened(rate.rate))
    batch = replace(batch, state="quarantined", holds=batch.holds + 1)
    members = _current(await desk.member_views(batch.members or ()))
    await desk.put_spot_rate(rate)
    await desk.put_batch(batch)
    now = final.review.clock.now()
    event = BatchQuarantined(
        **stamp("BatchQuarantined", batch.batch_id, batch.holds, at=now),
        batch_id=batch.batch_id,
        category=batch.category,
        members=batch_members(members),
        bad=BatchMember(sku=case.sku, sku_version=case.sku_version),
        reasons=said(reasons),
        next_rate=rate.rate,
        actor=final.actor,
    )
    await desk.emit(final.review.signer.sign(event))
    for sku, version in members:
        held = SkuHeld(
            **_of_member("SkuHeld", batch, sku, version, now),
            reason=f"spot check of {case.sku} was bad: {', '.join(sorted({r.code for r in reasons}))}"[:500],
            actor=final.actor,
        )
        await desk.emit(final.review.signer.sign(held))


async def release(review: Review, desk: Desk, batch_id: UUID, actor: Actor, reason: str) -> Batch:
    """End a quarantine: a senior of the category who approved nothing in the batch says why."""
    batch = await desk.lock_batch(batch_id)
    if batch is None:
        raise Refusal("missing", "no_batch", f"there is no batch {batch_id}", "see GET /batches")
    views = await desk.member_views(batch.members or ())
    _may_release(batch, views, actor)
    released = replace(batch, state="released")
    await desk.put_batch(released)
    for case in await desk.undecided_spots(batch_id):
        if pending := await desk.pending_of_case(case.case_id):
            await desk.put_decision(replace(pending, state="void", ended_at=review.clock.now()))
        await desk.put_case(case.closed("the batch was released by a senior"))
    drill = actor.kind == "drill" or any(a.drill for view in views for a in view.approvals)
    with about(batch.correlation_id, drill=drill):
        await _state_release(review, desk, released, views, actor=actor, reason=reason)
    return released


def _may_release(batch: Batch, views: tuple[MemberView, ...], actor: Actor) -> None:
    who = reviewer_of(actor)
    must_be_person(who)
    must_be_senior(who, "ends a quarantine")
    if batch.state != "quarantined":
        raise Refusal("conflict", "not_quarantined", f"the batch is {batch.state}", "only a quarantine can be ended")
    if any(approval.approver == actor.id for view in views for approval in view.approvals):
        raise Refusal(
            "forbidden",
            "second_person_needed",
            "you approved something in this batch: another senior ends its quarantine",
            "leave it to a colleague, or withdraw your approvals first",
        )


async def _state_release(
    review: Review, desk: Desk, batch: Batch, views: tuple[MemberView, ...], *, actor: Actor, reason: str
) -> None:
    now, members = review.clock.now(), _current(views)
    event = BatchReleased(
        **stamp("BatchReleased", batch.batch_id, batch.holds, at=now),
        batch_id=batch.batch_id,
        category=batch.category,
        members=batch_members(members),
        reason=reason,
        actor=actor,
    )
    await desk.emit(review.signer.sign(event))
    for sku, version in members:
        freed = SkuFreed(**_of_member("SkuFreed", batch, sku, version, now), reason=reason, actor=actor)
        await desk.emit(review.signer.sign(freed))
    passed = SpotCheckPassed(
        **stamp("SpotCheckPassed", batch.batch_id, "release", batch.holds, at=now),
        batch_id=batch.batch_id,
        category=batch.category,
        basis="release",
        members=approved_members(tuple(view for view in views if view.approvals)),
        checked_by=(actor,),
    )
    await desk.emit(review.signer.sign(passed))


async def audit(review: Review, desk: Desk, batch_id: UUID) -> tuple[Member, ...]:
    """Open spot cases for every tenth of a batch that has passed (R-69, after the run), and return who is drawn.

    The ranking is that of the revealed seed, so that anybody can recompute it; looking again holds nothing back
    unless it finds something bad. Repeating it opens nothing new.
    """
    batch = await desk.lock_batch(batch_id)
    if batch is None:
        raise Refusal("missing", "no_batch", f"there is no batch {batch_id}", "see GET /batches")
    if batch.state not in ("passed", "released"):
        raise Refusal("conflict", "not_passed", f"the batch is {batch.state}", "an audit comes after the spot check")
    views = {view.sku: view for view in await desk.member_views(batch.members or ()) if view.approvals}
    drawn = draw_sample(audit_seed(batch.seed), list(views), review.policy.audit_rate)
    for sku in drawn:
        case = spot_case(review, batch, views[sku], after_run=True)
        if await desk.case(case.case_id) is None:
            await desk.put_case(case)
    return tuple(views[sku].member for sku in drawn)


def audit_seed(seed: bytes) -> bytes:
    """Return the seed of the audit after the run: another ranking than the spot check's, from the same secret."""
    return b"audit/" + seed


def _current(views: tuple[MemberView, ...]) -> tuple[Member, ...]:
    return tuple(view.member for view in views if view.current)


def _of_member(event_type: str, batch: Batch, sku: str, version: int, at: Any) -> dict[str, Any]:
    return {
        **stamp(event_type, batch.batch_id, sku, version, batch.holds, at=at),
        "sku": sku,
        "sku_version": version,
        "batch_id": batch.batch_id,
    }
