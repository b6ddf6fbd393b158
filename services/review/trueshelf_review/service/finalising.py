"""When a decision can no longer be taken back: its consequences, stated and signed, in one transaction."""

from dataclasses import replace
from typing import assert_never
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_review.domain.consequences import (
    Effect,
    NextRound,
    RenditionIsDecided,
    SlotEnds,
    SpotLook,
    VariantIsApproved,
    VariantIsDisputed,
    VariantIsNotChosen,
    VariantIsRejected,
    consequences,
)
from trueshelf_review.ports import Desk
from trueshelf_review.service import effects
from trueshelf_review.service.batches import advance
from trueshelf_review.service.bodies import read_body, to_decision
from trueshelf_review.service.context import Final, Review, about
from trueshelf_review.service.deciding import lock_for
from trueshelf_review.service.quarantine import looked
from trueshelf_review.service.queue import known


async def finalise(review: Review, desk: Desk, decision_id: UUID) -> None:
    """Make a pending decision final. One that was taken back, or that the world overtook, has no consequences."""
    before = await desk.decision(decision_id)
    if before is None or before.state != "pending":
        return
    await lock_for(desk, await known(desk, before.case_id, lock=False))
    record = await desk.decision(decision_id)
    case = await known(desk, before.case_id)
    if record is None or record.state != "pending" or case.state != "pending":
        return
    body = read_body(dict(record.body))
    actor = Actor.model_validate(dict(record.actor))
    final = Final(review, desk, case, record, actor, body.viewport)
    await desk.put_decision(replace(record, state="final", ended_at=review.clock.now()))
    await desk.put_case(replace(case, state="decided", version=case.version + 1))
    with about(case.correlation_id, drill=actor.kind == "drill" or case.drill):
        for effect in consequences(case, to_decision(body)):
            await _apply(final, effect)
    await advance(review, desk, case.batch_id)


async def give_up(review: Review, desk: Desk, decision_id: UUID) -> None:
    """The decision could not be finalised however often it was tried: it has no effect, and its case is open again."""
    before = await desk.decision(decision_id)
    if before is None or before.state != "pending":
        return
    await lock_for(desk, await known(desk, before.case_id, lock=False))
    record = await desk.decision(decision_id)
    case = await known(desk, before.case_id)
    if record is None or record.state != "pending":
        return
    await desk.put_decision(replace(record, state="void", ended_at=review.clock.now()))
    if case.state == "pending":
        await desk.put_case(case.reopened())


async def _apply(final: Final, effect: Effect) -> None:
    match effect:
        case VariantIsApproved():
            await effects.approved(final, effect.approve)
        case VariantIsNotChosen():
            await effects.not_chosen(final, effect.variant_id, effect.chosen)
        case VariantIsRejected():
            await effects.rejected(final, effect.variant_id, effect.reasons)
        case VariantIsDisputed():
            await effects.disputed(final, effect.variant_id, effect.reasons)
        case NextRound():
            await effects.next_round(final, effect.change)
        case SlotEnds():
            await effects.slot_ends(final, effect.shots, effect.reasons)
        case SpotLook():
            await looked(final, effect.reasons)
        case RenditionIsDecided():
            await effects.rendition_decided(final, effect.decision)
        case _:
            assert_never(effect)
