"""Facts about drafts, in any order and repeatedly: record, then look whether a case is due."""

from dataclasses import replace
from uuid import UUID

from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, VariantGenerated
from trueshelf_contracts.ids import derive
from trueshelf_contracts.ingest import CaptureAccepted
from trueshelf_contracts.qa import VariantChecked
from trueshelf_review.domain.cases import Case, CaseKind, Subject, doubt
from trueshelf_review.domain.slots import Slot
from trueshelf_review.ports import Desk
from trueshelf_review.service.batches import first_sight
from trueshelf_review.service.context import Review

REFUSED_DOUBT = 2
"""A refused item waits like a flagged one."""


async def on_captured(desk: Desk, event: CaptureAccepted) -> None:
    """Remember who took the photo: the policy may forbid approving one's own (R-67)."""
    await desk.add_capturer(event.capture.capture_id, event.actor.id)


async def on_planned(review: Review, desk: Desk, event: GenerationPlanned) -> None:
    """Open the slots of a plan; the first sight of its batch commits the seed of the spot check."""
    current = await desk.lock_sku(event.sku)
    await desk.add_plan(event)
    await first_sight(review, desk, event.batch_id, event.category)
    if event.sku_version < current:
        return
    for name in dict.fromkeys(item.slot for item in event.items):
        slot = await desk.slot(event.sku, event.sku_version, name)
        if slot is None:
            slot = Slot(
                event.sku,
                event.sku_version,
                name,
                event.batch_id,
                event.category,
                event.correlation_id,
                round=event.round,
                drill=event.drill,
            )
            await desk.put_slot(slot)
        elif slot.round < event.round and not slot.ended:
            await desk.put_slot(replace(slot, round=event.round, drill=slot.drill or event.drill))
        await consider(review, desk, event.sku, event.sku_version, name)


async def on_generated(review: Review, desk: Desk, event: VariantGenerated) -> None:
    current = await desk.lock_sku(event.sku)
    await desk.add_variant(event)
    await first_sight(review, desk, event.batch_id, event.category)
    if event.sku_version >= current:
        await consider(review, desk, event.sku, event.sku_version, event.slot)


async def on_checked(review: Review, desk: Desk, event: VariantChecked) -> None:
    current = await desk.lock_sku(event.sku)
    await desk.add_check(event)
    if event.sku_version >= current:
        await consider(review, desk, event.sku, event.sku_version, event.slot)


async def on_refused(review: Review, desk: Desk, event: GenerationRefused) -> None:
    current = await desk.lock_sku(event.sku)
    await desk.add_refusal(event)
    await first_sight(review, desk, event.batch_id, event.category)
    if event.sku_version >= current:
        await consider(review, desk, event.sku, event.sku_version, event.slot)


async def consider(review: Review, desk: Desk, sku: str, version: int, name: str) -> None:
    """Open the cases that the slot's current round is due for; nothing when they are there or the slot has ended."""
    slot = await desk.slot(sku, version, name)
    if slot is None or slot.ended:
        return
    view = await desk.round_view(sku, version, name, slot.round)
    modes = tuple(item.mode for item in view.items)
    if view.generation_case_due:
        await _open_once(review, desk, "generation", slot, Subject(refusals=view.refusals, modes=modes))
    if view.slot_case_due:
        await _open_once(review, desk, "slot", slot, Subject(view.candidates, view.refusals, modes))


async def _open_once(review: Review, desk: Desk, kind: CaseKind, slot: Slot, subject: Subject) -> None:
    if await desk.case(_case_id(kind, slot)) is None:
        await desk.put_case(await _new_case(review, desk, kind, slot, subject))


async def _new_case(review: Review, desk: Desk, kind: CaseKind, slot: Slot, subject: Subject) -> Case:
    return Case(
        case_id=_case_id(kind, slot),
        kind=kind,
        sku=slot.sku,
        sku_version=slot.sku_version,
        batch_id=slot.batch_id,
        category=slot.category,
        slot=slot.slot,
        round=slot.round,
        subject=subject,
        checklist=review.checklist_version(slot.category),
        opened_at=review.clock.now(),
        correlation_id=slot.correlation_id,
        doubt=doubt(c.verdict for c in subject.candidates) if subject.candidates else REFUSED_DOUBT,
        asked_for=slot.asked_by is not None,
        excluded=await _makers(review, desk, slot, subject),
        drill=slot.drill or any(c.drill for c in subject.candidates) or any(r.drill for r in subject.refusals),
    )


async def _makers(review: Review, desk: Desk, slot: Slot, subject: Subject) -> tuple[str, ...]:
    """Return whose own work this is, as far as the policy cares (R-67)."""
    makers: set[str] = set()
    if "regeneration" in review.policy.own_work and slot.asked_by:
        makers.add(slot.asked_by)
    if "capture" in review.policy.own_work:
        captures = [c.capture_id for c in subject.candidates if c.capture_id]
        makers |= await desk.capturers(captures)
    return tuple(sorted(makers))


def _case_id(kind: str, slot: Slot) -> UUID:
    return derive("case", kind, slot.sku, slot.sku_version, slot.slot, slot.round)
