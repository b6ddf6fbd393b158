"""A batch from its first sight to its spot check: commitment, draw, passing (R-69)."""

import hashlib
from dataclasses import replace
from uuid import UUID

from trueshelf_contracts.event import BatchMember
from trueshelf_contracts.ids import derive, draw_sample
from trueshelf_contracts.ingest import BatchOpened, BatchSealed
from trueshelf_contracts.review import ApprovedMember, SpotCheckCommitted, SpotCheckDrawn, SpotCheckPassed
from trueshelf_review.domain.cases import Case, Subject
from trueshelf_review.domain.records import Batch, SpotRate
from trueshelf_review.domain.spot import Draw, Member, MemberView, Pass, next_step, relaxed
from trueshelf_review.ports import Desk
from trueshelf_review.service.context import Review, about
from trueshelf_runtime.origin import current, stamp

SEED_BYTES = 32


async def on_opened(review: Review, desk: Desk, event: BatchOpened) -> None:
    await first_sight(review, desk, event.batch_id, event.category)


async def on_sealed(review: Review, desk: Desk, event: BatchSealed) -> None:
    """The members are final; if all are decided already, the spot check is due."""
    await first_sight(review, desk, event.batch_id, event.category)
    batch = await desk.lock_batch(event.batch_id)
    assert batch is not None
    if batch.members is None:
        members = tuple((member.sku, member.sku_version) for member in event.members)
        await desk.put_batch(replace(batch, members=members))
    await advance(review, desk, event.batch_id)


async def first_sight(review: Review, desk: Desk, batch_id: UUID, category: str) -> None:
    """Draw the batch's seed and commit to it, whichever fact comes first: before anything of it can be decided."""
    rate = await desk.spot_rate(category)
    batch = Batch(
        batch_id=batch_id,
        category=category,
        seed=review.random_bytes(SEED_BYTES),
        rate=rate.rate if rate else review.policy.spot_rate,
        correlation_id=current().correlation_id,
        first_seen_at=review.clock.now(),
        drill=current().drill,
    )
    if not await desk.add_batch(batch):
        return
    await desk.emit(
        SpotCheckCommitted(
            **stamp("SpotCheckCommitted", batch_id, at=review.clock.now()),
            batch_id=batch_id,
            category=category,
            commitment=hashlib.sha256(batch.seed).hexdigest(),
            rate=batch.rate,
        )
    )


async def advance(review: Review, desk: Desk, batch_id: UUID | None) -> None:
    """Do what the batch is due for: draw when its last member is decided, pass when every look was good."""
    batch = await desk.lock_batch(batch_id) if batch_id else None
    if batch is None or batch.members is None:
        return
    members = await desk.member_views(batch.members)
    looks = await desk.looks(batch.batch_id)
    seed, rate = batch.seed, batch.rate
    step = next_step(batch.state, members, looks, lambda skus: draw_sample(seed, skus, rate))
    drill = batch.drill or any(approval.drill for member in members for approval in member.approvals)
    with about(batch.correlation_id, drill=drill):
        match step:
            case Draw():
                await _draw(review, desk, batch, step, {m.member: m for m in members})
            case Pass():
                await _pass(review, desk, batch, step)
            case None:
                return


async def _draw(review: Review, desk: Desk, batch: Batch, step: Draw, views: dict[Member, MemberView]) -> None:
    number = batch.draws + 1
    await desk.emit(
        SpotCheckDrawn(
            **stamp("SpotCheckDrawn", batch.batch_id, number, at=review.clock.now()),
            batch_id=batch.batch_id,
            category=batch.category,
            seed=batch.seed.hex(),
            rate=batch.rate,
            population=batch_members(step.population),
            sample=batch_members(step.sample),
        )
    )
    for member in step.fresh:
        await desk.put_case(spot_case(review, batch, views[member]))
    await desk.put_batch(replace(batch, state="drawn", draws=number))


async def _pass(review: Review, desk: Desk, batch: Batch, step: Pass) -> None:
    looks = await desk.good_looks(batch.batch_id)
    checkers = {look.actor.id: look.actor for look in looks}
    with about(batch.correlation_id, drill=any(actor.kind == "drill" for actor in checkers.values())):
        passed = SpotCheckPassed(
            **stamp("SpotCheckPassed", batch.batch_id, "sample", at=review.clock.now()),
            batch_id=batch.batch_id,
            category=batch.category,
            basis="sample" if step.members else "nothing_approved",
            members=approved_members(step.members),
            checked_by=tuple(checkers.values()),
            looks=tuple(looks),
        )
        await desk.emit(review.signer.sign(passed))
    await desk.put_batch(replace(batch, state="passed"))
    if step.members:
        rate = await desk.spot_rate(batch.category) or SpotRate(batch.category, review.policy.spot_rate)
        row = rate.passed_in_a_row + 1
        await desk.put_spot_rate(SpotRate(batch.category, relaxed(rate.rate, review.policy.spot_rate, row), row))


def spot_case(review: Review, batch: Batch, view: MemberView, *, after_run: bool = False) -> Case:
    """Return the spot case of a member: for another person than any of its approvers."""
    kind = "audit" if after_run else "spot"
    return Case(
        case_id=derive("case", kind, batch.batch_id, view.sku, view.sku_version),
        kind="spot",
        sku=view.sku,
        sku_version=view.sku_version,
        batch_id=batch.batch_id,
        category=batch.category,
        slot=None,
        round=None,
        subject=Subject(approvals=view.approvals, after_run=after_run),
        checklist=review.checklist_version(batch.category),
        opened_at=review.clock.now(),
        correlation_id=batch.correlation_id,
        excluded=tuple(sorted({approval.approver for approval in view.approvals})),
        drill=batch.drill or any(approval.drill for approval in view.approvals),
    )


def batch_members(members: tuple[Member, ...]) -> tuple[BatchMember, ...]:
    return tuple(BatchMember(sku=sku, sku_version=version) for sku, version in members)


def approved_members(members: tuple[MemberView, ...]) -> tuple[ApprovedMember, ...]:
    return tuple(
        ApprovedMember.model_validate(
            {"sku": m.sku, "sku_version": m.sku_version, "approvals": {a.slot: a.approval_id for a in m.approvals}}
        )
        for m in members
    )
