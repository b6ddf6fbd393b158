"""From the desk to the API's views; nothing here changes anything."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trueshelf_contracts.generate import VariantGenerated
from trueshelf_contracts.qa import VariantChecked
from trueshelf_review.adapters.desk import PostgresDesk
from trueshelf_review.adapters.policies import checklist_of
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.checklists import Checklist
from trueshelf_review.domain.options import Option, options
from trueshelf_review.domain.people import Reviewer
from trueshelf_review.domain.reasons import About, Reasons, about
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.service.context import Review, same_version
from trueshelf_review.views import (
    BatchView,
    CaseView,
    ChecklistView,
    ItemView,
    MemberLine,
    OptionView,
    ReasonsView,
    ReasonView,
    RefusedView,
    RenditionView,
    TakenView,
    VariantView,
)
from trueshelf_runtime.db import Row, Tx


async def checklist_for(review: Review, tx: Tx, case: Case) -> Checklist:
    """Return the checklist that the case began with, also when a newer one is in force.

    Raises Refusal when nobody published it: then a newer one is no stand-in, its items were not the question.
    """
    current = review.checklists.of(case.category)
    if same_version(current, case):
        return current
    row = await tx.fetchrow(SQL["policy"], "checklist", case.checklist.name, case.checklist.version)
    if row is None:
        raise Refusal(
            "conflict",
            "unknown_checklist",
            f"the case began with checklist {case.checklist.name} {case.checklist.version}, which is not published",
            "restore review's table 'policies'; a person cannot answer items that nobody knows",
        )
    return checklist_of(row["body"])


def checklist_view(checklist: Checklist, slot: str | None = None) -> ChecklistView:
    """Return all items, or those of scope variant that the slot's approver answers."""
    items = checklist.items if slot is None else checklist.for_slot(slot)
    return ChecklistView(
        name=checklist.name,
        version=checklist.version,
        sha256=checklist.sha256,
        items=tuple(
            ItemView(
                code=i.code,
                scope=i.scope,
                text=dict(i.text),
                slots=i.slots,
                may_not_apply=i.may_not_apply,
                documents=i.documents,
            )
            for i in items
        ),
    )


def reasons_view(reasons: Reasons, what: About | None = None) -> ReasonsView:
    """Return all reasons, or those about one thing."""
    codes = reasons.codes if what is None else reasons.of(what)
    return ReasonsView(
        name=reasons.name,
        version=reasons.version,
        sha256=reasons.sha256,
        reasons=tuple(
            ReasonView(code=r.code, about=r.about, text=dict(r.text), item=r.item, offered=r.offered) for r in codes
        ),
    )


async def case_view(review: Review, tx: Tx, case: Case, who: Reviewer | None) -> CaseView:
    """Return everything needed to decide `case`; without `who` (an auditor) no decision is open."""
    desk = PostgresDesk(tx)
    slot = case.slot if case.kind != "rendition" else None
    plan = await desk.plan_of(case.sku, case.sku_version, slot, case.round)
    checklist = await checklist_for(review, tx, case)
    offered = options(case, who, review.policy) if who and case.state == "open" else None
    lease = case.lease if case.lease and case.lease.live(review.clock.now()) else None
    subject = case.subject
    return CaseView(
        **{name: getattr(case, name) for name in _SAME},
        leased_by=lease.holder if lease else None,
        leased_until=lease.until if lease else None,
        title=plan.title if plan else "",
        description=plan.description if plan else "",
        kit=plan.kit if plan else (),
        captures=plan.captures if plan else (),
        variants=await _variants(desk, case),
        refusals=tuple(
            RefusedView(item_id=r.item_id, mode=r.mode, code=r.code, message=r.message, advice=r.advice)
            for r in subject.refusals
        ),
        rendition=await _rendition(desk, case),
        disputed=subject.disputed,
        first_case=subject.first_case,
        after_run=subject.after_run,
        checklist=checklist_view(checklist, case.slot or "main"),
        reasons=reasons_view(review.reasons, about(case.kind)),
        decisions_open=_options(offered.decisions) if offered else (),
        then_open=_options(offered.then) if offered else (),
        decisions=tuple(taken_view({**row, "case_id": case.case_id}) for row in await _decisions(tx, case)),
        min_viewport_width=review.policy.min_viewport_width,
    )


_SAME = (
    "case_id", "kind", "state", "version", "sku", "sku_version", "batch_id", "category", "slot", "round", "opened_at",
    "doubt", "asked_for", "senior_only", "drill", "closed_because",
)  # fmt: skip


async def _decisions(tx: Tx, case: Case) -> list[dict[str, Any]]:
    return [dict(row) for row in await tx.fetch(SQL["decisions_of_case"], case.case_id)]


def taken_view(row: Mapping[str, Any]) -> TakenView:
    return TakenView.model_validate({name: row[name] for name in TakenView.model_fields if name in row})


def _options(offered: tuple[Option, ...]) -> tuple[OptionView, ...]:
    return tuple(OptionView(kind=o.kind, open=o.open, refused_because=o.refused_because) for o in offered)


async def _variants(desk: PostgresDesk, case: Case) -> tuple[VariantView, ...]:
    wanted: list[tuple[UUID, UUID | None]] = [(c.variant_id, None) for c in case.subject.candidates]
    wanted += [(a.variant_id, a.approval_id) for a in case.subject.approvals]
    if case.subject.rendition:
        wanted.append((case.subject.rendition.variant_id, None))
    found = [(await desk.variant(variant_id), approval_id) for variant_id, approval_id in wanted]
    return tuple(_variant(facts[0], facts[1], approval_id) for facts, approval_id in found if facts)


def _variant(generated: VariantGenerated, checked: VariantChecked, approval_id: UUID | None) -> VariantView:
    g = generated
    return VariantView(
        variant_id=g.variant_id,
        slot=g.slot,
        round=g.round,
        mode=g.mode,
        preset=g.preset,
        generator=g.generator,
        capture_id=g.capture_id,
        original_sha256=g.original_sha256,
        source=g.source,
        cutout=g.cutout,
        master=g.master,
        preview=g.preview,
        background=g.background,
        transforms=g.transforms,
        edge_gate=g.edge_gate,
        pixel_proof=g.pixel_proof,
        verdict=checked.verdict,
        checks=checked.checks,
        report=checked.report,
        evidence=checked.evidence,
        approval_id=approval_id,
        master_sha256=g.master.sha256,
    )


async def _rendition(desk: PostgresDesk, case: Case) -> RenditionView | None:
    subject = case.subject.rendition
    fact = await desk.rendition(subject.rendition_id) if subject else None
    if subject is None or fact is None:
        return None
    return RenditionView(
        rendition_id=fact.rendition_id,
        order_id=fact.order_id,
        pack_id=fact.pack_id,
        variant_id=fact.variant_id,
        marketplace=fact.marketplace,
        verdict=fact.verdict,
        checks=fact.checks,
        report=fact.report,
        evidence=fact.evidence,
        rendition=fact.rendition,
        master=fact.master,
        rendition_sha256=subject.rendition_sha256,
    )


def batch_view(row: Row) -> BatchView:
    """Return a batch without its members; the seed only once it is revealed."""
    return BatchView(
        **{name: row[name] for name in _BATCH},
        commitment=hashlib.sha256(row["seed"]).hexdigest(),
        seed=row["seed"].hex() if row["draws"] else None,
    )


_BATCH = ("batch_id", "category", "state", "sealed", "rate", "draws", "holds", "drill", "first_seen_at")


async def whole_batch(tx: Tx, batch_id: UUID) -> BatchView | None:
    """Return a batch with its members, what was approved, and how the sample looked."""
    row = await tx.fetchrow(SQL["list_batches"], None, None, batch_id, 1)
    if row is None:
        return None
    desk = PostgresDesk(tx)
    members = [(m["sku"], m["sku_version"]) for m in await tx.fetch(SQL["members_of"], batch_id)]
    slots: dict[tuple[str, int], dict[str, str]] = {}
    for line in await tx.fetch(SQL["slots_of_members"], batch_id):
        slots.setdefault((line["sku"], line["sku_version"]), {})[line["slot"]] = line["state"]
    lines = tuple(
        MemberLine(
            sku=view.sku,
            sku_version=view.sku_version,
            decided=view.decided,
            current=view.current,
            slots=slots.get(view.member, {}),
            approvals={a.slot: a.approval_id for a in view.approvals},
        )
        for view in await desk.member_views(members)
    )
    looks = {sku: look for (sku, _), look in (await desk.looks(batch_id)).items()}
    return batch_view(row).model_copy(update={"members": lines, "looks": looks})
