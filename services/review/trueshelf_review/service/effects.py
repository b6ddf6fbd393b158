"""The effects of final decisions on slots and renditions: state and signed events."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from trueshelf_contracts.generate import GenerationPlanned, VariantGenerated
from trueshelf_contracts.ids import derive
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.qa import VariantChecked
from trueshelf_contracts.review import (
    Acknowledgement,
    Binding,
    ChecklistAnswer,
    RegenerationAsked,
    RegenerationChange,
    RenditionAccepted,
    RenditionRejected,
    ReshootAsked,
    SlotAbandoned,
    VariantApproved,
    VariantDisputed,
    VariantNotChosen,
    VariantRejected,
)
from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.decisions import AcceptRendition, Acknowledged, Approve, Reason, RejectRendition
from trueshelf_review.domain.records import Approval
from trueshelf_review.domain.slots import Slot
from trueshelf_review.service.context import Final, checklist_ref, said
from trueshelf_runtime.errors import Transient
from trueshelf_runtime.origin import current, stamp


async def approved(final: Final, approve: Approve) -> None:
    """State the approval with everything that it binds, and end the slot."""
    case, record = final.case, final.record
    generated, checked, plan = await _facts(final, approve.variant_id)
    event = final.review.signer.sign(
        VariantApproved(
            **_decision(final, "VariantApproved", approve.variant_id),
            decided_at=record.decided_at,
            mode=generated.mode,
            generative=generated.generator.generative,
            title=plan.title,
            kit=plan.kit,
            original=_capture(plan, generated).original,
            source=generated.source,
            master=generated.master,
            report=checked.report,
            verdict=checked.verdict,
            binding=_binding(case, generated, checked),
            answers=tuple(
                ChecklistAnswer(item=a.item, answer="yes" if a.answer == "yes" else "not_applicable", note=a.note)
                for a in approve.answers
            ),
            acknowledged=_acknowledgements(approve.acknowledged),
            override_reason=approve.override_reason,
            second_opinion=case.case_id if case.kind == "second" else None,
        )
    )
    await final.desk.add_approval(
        Approval(
            approval_id=event.event_id,
            decision_id=record.decision_id,
            case_id=case.case_id,
            sku=case.sku,
            sku_version=case.sku_version,
            slot=_slot_name(case),
            variant_id=approve.variant_id,
            batch_id=event.batch_id,
            category=case.category,
            approver=final.actor.id,
            approver_kind=final.actor.kind,
            approver_level=final.actor.level or "",
            master_sha256=generated.master.sha256,
            override_reason=approve.override_reason,
            correlation_id=case.correlation_id,
            approved_at=record.decided_at,
            drill=event.drill,
        )
    )
    await final.desk.emit(event)
    await _end_slot(final, (await _slot(final)).end("approved"), "another decision approved a variant of the slot")


async def not_chosen(final: Final, variant_id: UUID, chosen: UUID) -> None:
    fields = _decision(final, "VariantNotChosen", variant_id)
    await final.desk.emit(final.review.signer.sign(VariantNotChosen(**fields, chosen_variant_id=chosen)))


async def rejected(final: Final, variant_id: UUID, reasons: tuple[Reason, ...]) -> None:
    generated, _, _ = await _facts(final, variant_id)
    event = VariantRejected(
        **_decision(final, "VariantRejected", variant_id),
        decided_at=final.record.decided_at,
        master=generated.master,
        generator=generator_name(generated),
        reasons=said(reasons),
    )
    await final.desk.emit(final.review.signer.sign(event))


async def disputed(final: Final, variant_id: UUID, reasons: tuple[Reason, ...]) -> None:
    """Open the second case: for a senior who is another person (R-67)."""
    case, who = final.case, final.actor.id
    second_id = derive("case", "second", final.record.decision_id)
    event = VariantDisputed(
        **_decision(final, "VariantDisputed", variant_id), reasons=said(reasons), second_case_id=second_id
    )
    await final.desk.emit(final.review.signer.sign(event))
    subject = replace(case.subject, disputed=variant_id, first_case=case.case_id, first_reviewer=who)
    await final.desk.put_case(
        replace(
            case,
            case_id=second_id,
            kind="second",
            subject=subject,
            state="open",
            version=1,
            opened_at=final.review.clock.now(),
            senior_only=True,
            excluded=tuple(sorted({*case.excluded, who})),
            drill=current().drill,
            lease=None,
        )
    )


async def next_round(final: Final, change: Mapping[str, Any]) -> None:
    """Ask generate for the slot once more, ahead of the backlog (R-26)."""
    case, drill = final.case, current().drill
    slot = (await _slot(final)).next_round(final.actor.id, drill=drill)
    await final.desk.emit(
        RegenerationAsked(
            **stamp("RegenerationAsked", final.record.decision_id, at=final.review.clock.now()),
            **_subject(case),
            slot=slot.slot,  # type: ignore[arg-type]  # a contract's slot, kept as text
            round=slot.round,
            change=RegenerationChange.model_validate(dict(change)),
            actor=final.actor,
        )
    )
    await _end_slot(final, slot, "the slot went into its next round")


async def slot_ends(final: Final, shots: tuple[str, ...], reasons: tuple[Reason, ...]) -> None:
    """End the slot without an approval: photograph again, or do without it."""
    slot = await _slot(final)
    now, case = final.review.clock.now(), final.case
    fields: dict[str, Any] = {**_subject(case), "slot": slot.slot, "reasons": said(reasons), "actor": final.actor}
    if shots:
        fields["shots"] = shots
        await final.desk.emit(ReshootAsked(**stamp("ReshootAsked", final.record.decision_id, at=now), **fields))
    else:
        await final.desk.emit(SlotAbandoned(**stamp("SlotAbandoned", final.record.decision_id, at=now), **fields))
    await _end_slot(final, slot.end("reshoot" if shots else "abandoned"), "another decision ended the slot")


async def rendition_decided(final: Final, decision: AcceptRendition | RejectRendition) -> None:
    case, subject = final.case, final.case.subject.rendition
    assert subject is not None
    accepted = isinstance(decision, AcceptRendition)
    fields: dict[str, Any] = {
        **stamp("RenditionAccepted" if accepted else "RenditionRejected", final.record.decision_id, at=_now(final)),
        "sku": case.sku,
        "sku_version": case.sku_version,
        "order_id": subject.order_id,
        "pack_id": subject.pack_id,
        "rendition_id": subject.rendition_id,
        "variant_id": subject.variant_id,
        "marketplace": subject.marketplace,
        "slot": case.slot,
        "case_id": case.case_id,
        "decision_id": final.record.decision_id,
        "rendition_sha256": subject.rendition_sha256,
        "report_sha256": subject.report_sha256,
        "actor": final.actor,
        "viewport": final.viewport,
    }
    sign = final.review.signer.sign
    if isinstance(decision, AcceptRendition):
        acknowledged = _acknowledgements(decision.acknowledged)
        await final.desk.emit(sign(RenditionAccepted(**fields, acknowledged=acknowledged)))
    else:
        await final.desk.emit(sign(RenditionRejected(**fields, reasons=said(decision.reasons))))


async def _end_slot(final: Final, slot: Slot, because: str) -> None:
    """Write the slot and close what else was open about it."""
    await final.desk.put_slot(slot)
    for case in await final.desk.undecided_of_slot(slot.sku, slot.sku_version, slot.slot):
        if case.case_id != final.case.case_id:
            await final.desk.put_case(case.closed(because))


async def _slot(final: Final) -> Slot:
    slot = await final.desk.slot(final.case.sku, final.case.sku_version, _slot_name(final.case))
    if slot is None:
        raise Transient(f"slot {final.case.slot} of {final.case.sku} version {final.case.sku_version} is not there")
    return slot


async def _facts(final: Final, variant_id: UUID) -> tuple[VariantGenerated, VariantChecked, GenerationPlanned]:
    variant = await final.desk.variant(variant_id)
    plan = await final.desk.plan(variant[0].plan_id) if variant else None
    if variant is None or plan is None:
        raise Transient(f"the facts about variant {variant_id} are not there; was the database restored partly?")
    return (*variant, plan)


def _capture(plan: GenerationPlanned, generated: VariantGenerated) -> Capture:
    for capture in plan.captures:
        if capture.capture_id == generated.capture_id:
            return capture
    raise Transient(f"capture {generated.capture_id} of variant {generated.variant_id} is not in plan {plan.plan_id}")


def _binding(case: Case, generated: VariantGenerated, checked: VariantChecked) -> Binding:
    return Binding(
        original_sha256=generated.original_sha256,
        source_sha256=generated.source.sha256,
        source_pixel_sha256=generated.source.pixel_sha256,
        master_sha256=generated.master.sha256,
        master_pixel_sha256=generated.master.pixel_sha256,
        report_sha256=checked.report.sha256,
        checklist=checklist_ref(case),
        presets=generated.presets,
        thresholds=checked.thresholds,
        generator=generator_name(generated),
    )


def generator_name(generated: VariantGenerated) -> str:
    model = f" ({generated.generator.model})" if generated.generator.model else ""
    return f"{generated.generator.name} {generated.generator.version}{model}"


def _acknowledgements(acknowledged: tuple[Acknowledged, ...]) -> tuple[Acknowledgement, ...]:
    return tuple(Acknowledgement(check=a.check, note=a.note) for a in acknowledged)


def _subject(case: Case) -> dict[str, Any]:
    return {"sku": case.sku, "sku_version": case.sku_version, "batch_id": case.batch_id, "case_id": case.case_id}


def _decision(final: Final, event_type: str, variant_id: UUID) -> dict[str, Any]:
    """Return the fields that every decision about a variant shares."""
    case = final.case
    return {
        **stamp(event_type, final.record.decision_id, variant_id, at=_now(final)),
        **_subject(case),
        "category": case.category,
        "decision_id": final.record.decision_id,
        "variant_id": variant_id,
        "slot": case.slot,
        "round": case.round,
        "actor": final.actor,
        "viewport": final.viewport,
    }


def _slot_name(case: Case) -> str:
    assert case.slot is not None
    return case.slot


def _now(final: Final) -> datetime:
    return final.review.clock.now()
