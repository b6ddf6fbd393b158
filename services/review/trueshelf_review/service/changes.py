"""What ends approvals: the SKU changed, or a person withdraws one (R-16)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_contracts.ingest import SkuChanged
from trueshelf_contracts.refs import Shot
from trueshelf_contracts.review import ApprovalWithdrawn, Reason, ReshootAsked
from trueshelf_review.domain.people import must_be_person
from trueshelf_review.domain.records import Approval
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.ports import Desk
from trueshelf_review.service.batches import advance
from trueshelf_review.service.context import Review, about, reviewer_of
from trueshelf_runtime.origin import stamp

Cause = Literal["sku_changed", "person", "spot_check", "outcome"]


async def on_changed(review: Review, desk: Desk, event: SkuChanged) -> None:
    """End everything of older versions: cases close, pending decisions have no effect, approvals are withdrawn."""
    if event.sku_version <= await desk.lock_sku(event.sku):
        return
    batches = await desk.batches_of(event.sku, event.sku_version)
    for batch_id in batches:
        await desk.lock_batch(batch_id)
    await desk.raise_version(event.sku, event.sku_version)
    now = review.clock.now()
    for case in await desk.undecided_before(event.sku, event.sku_version):
        if pending := await desk.pending_of_case(case.case_id):
            await desk.put_decision(replace(pending, state="void", ended_at=now))
        await desk.put_case(case.closed(f"the SKU changed: version {event.sku_version} ({event.reason})"[:500]))
    for slot in await desk.slots_before(event.sku, event.sku_version):
        if not slot.ended:
            await desk.put_slot(slot.end("superseded"))
    reason = Reason(code="sku_changed", note=event.reason)
    for approval in await desk.standing_before(event.sku, event.sku_version):
        await _withdraw(review, desk, approval, "sku_changed", reasons=(reason,), actor=None)
    for batch_id in batches:
        await advance(review, desk, batch_id)


async def withdraw(
    review: Review,
    desk: Desk,
    approval_id: UUID,
    actor: Actor,
    reasons: Sequence[Reason],
    *,
    cause: Literal["person", "spot_check", "outcome"] = "person",
    shots: Sequence[Shot] = (),
) -> Approval:
    """End an approval that stands, and ask for a reshoot where `shots` are named."""
    approval = await known_approval(desk, approval_id)
    await desk.lock_sku(approval.sku)
    await desk.lock_batch(approval.batch_id)
    approval = await known_approval(desk, approval_id)
    await _may_withdraw(desk, approval, actor)
    review.reasons.check("picture", [reason.code for reason in reasons])
    with about(approval.correlation_id, drill=actor.kind == "drill" or approval.drill):
        await _withdraw(review, desk, approval, cause, reasons=tuple(reasons), actor=actor)
        slot = await desk.slot(approval.sku, approval.sku_version, approval.slot)
        if shots:
            await desk.emit(
                ReshootAsked(
                    **stamp("ReshootAsked", approval_id, at=review.clock.now()),
                    sku=approval.sku,
                    sku_version=approval.sku_version,
                    batch_id=approval.batch_id,
                    case_id=approval.case_id,
                    slot=approval.slot,  # type: ignore[arg-type]  # a contract's slot, kept as text
                    shots=tuple(shots),
                    reasons=tuple(reasons),
                    actor=actor,
                )
            )
        if slot:
            await desk.put_slot(slot.end("reshoot" if shots else "withdrawn"))
    await advance(review, desk, approval.batch_id)
    return await known_approval(desk, approval_id)


async def known_approval(desk: Desk, approval_id: UUID) -> Approval:
    approval = await desk.approval(approval_id)
    if approval is None:
        raise Refusal("missing", "no_approval", f"there is no approval {approval_id}", "see GET /approvals?sku=")
    return approval


async def _may_withdraw(desk: Desk, approval: Approval, actor: Actor) -> None:
    must_be_person(reviewer_of(actor))
    if actor.level is None:
        raise Refusal("forbidden", "no_right", f"no reviewer's right in category {approval.category}")
    if not approval.stands:
        raise Refusal("conflict", "withdrawn", "the approval was withdrawn already", "nothing is left to do")
    waiting = [c for c in await desk.undecided_spots(approval.batch_id) if c.sku == approval.sku]
    batch = await desk.lock_batch(approval.batch_id)
    if waiting and batch and batch.state == "drawn":
        raise Refusal(
            "conflict",
            "spot_waits",
            "this SKU is in the sample of its batch and waits for its second look (R-69)",
            "decide its spot case with spot_bad: nobody takes a bad one out of the sample",
        )


async def _withdraw(
    review: Review, desk: Desk, approval: Approval, cause: Cause, *, reasons: tuple[Reason, ...], actor: Actor | None
) -> None:
    now = review.clock.now()
    await desk.withdraw(approval.approval_id, cause, actor.id if actor else None, now)
    with about(approval.correlation_id, drill=approval.drill):
        event = ApprovalWithdrawn(
            **stamp("ApprovalWithdrawn", approval.approval_id, at=now),
            sku=approval.sku,
            sku_version=approval.sku_version,
            batch_id=approval.batch_id,
            variant_id=approval.variant_id,
            slot=approval.slot,  # type: ignore[arg-type]  # a contract's slot, kept as text
            approval_id=approval.approval_id,
            cause=cause,
            reasons=reasons,
            actor=actor,
        )
        await desk.emit(review.signer.sign(event))
