"""The desk in PostgreSQL: one transaction of the runtime's."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import Actor, Event
from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, VariantGenerated
from trueshelf_contracts.qa import RenditionChecked, VariantChecked
from trueshelf_review.adapters.rows import approval_from, case_args, case_from, decision_from, slot_from
from trueshelf_review.domain.cases import Case, RoundItem, RoundView, Standing
from trueshelf_review.domain.people import Rights
from trueshelf_review.domain.queue import Wish
from trueshelf_review.domain.records import Approval, Batch, DecisionRecord, SpotRate
from trueshelf_review.domain.slots import Slot
from trueshelf_review.domain.spot import Look, Member, MemberView
from trueshelf_review.service.facts import round_item
from trueshelf_runtime.db import Row, Tx, load_queries
from trueshelf_runtime.enqueue import Priority

SQL = load_queries("trueshelf_review")
FINALISE = "review.finalise"


class PostgresDesk:
    """`ports.Desk` over one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock_sku(self, sku: str) -> int:
        return int(await self._tx.fetchval(SQL["lock_sku"], sku))

    async def raise_version(self, sku: str, version: int) -> None:
        await self._tx.execute(SQL["raise_version"], sku, version)

    async def add_capturer(self, capture_id: UUID, actor_id: str) -> None:
        await self._tx.execute(SQL["add_capturer"], capture_id, actor_id)

    async def capturers(self, capture_ids: Sequence[UUID]) -> set[str]:
        return {row["actor_id"] for row in await self._tx.fetch(SQL["capturers"], list(capture_ids))}

    # facts

    async def add_plan(self, plan: GenerationPlanned) -> None:
        p = plan
        body = p.model_dump(mode="json")
        await self._tx.execute(SQL["add_plan"], p.plan_id, p.sku, p.sku_version, p.round, p.batch_id, body)
        for item in p.items:
            await self._tx.execute(
                SQL["add_planned_item"],
                item.item_id,
                p.sku,
                p.sku_version,
                item.slot,
                p.round,
                item.index,
                item.mode,
                p.plan_id,
            )

    async def plan(self, plan_id: UUID) -> GenerationPlanned | None:
        body = await self._tx.fetchval(SQL["plan"], plan_id)
        return None if body is None else GenerationPlanned.model_validate(body)

    async def plan_of(self, sku: str, version: int, slot: str | None, round_: int | None) -> GenerationPlanned | None:
        body = await self._tx.fetchval(SQL["plan_of"], sku, version, slot, round_)
        return None if body is None else GenerationPlanned.model_validate(body)

    async def add_variant(self, variant: VariantGenerated) -> None:
        body = variant.model_dump(mode="json")
        where = _item(variant)
        await self._tx.execute(SQL["add_variant"], *where, variant.variant_id, body, variant.master.sha256)

    async def add_check(self, check: VariantChecked) -> None:
        body = check.model_dump(mode="json")
        await self._tx.execute(SQL["add_check"], *_item(check), check.variant_id, body, check.verdict)

    async def add_refusal(self, refusal: GenerationRefused) -> None:
        await self._tx.execute(SQL["add_refusal"], *_item(refusal), refusal.model_dump(mode="json"))

    async def variant(self, variant_id: UUID) -> tuple[VariantGenerated, VariantChecked] | None:
        row = await self._tx.fetchrow(SQL["variant"], variant_id)
        if row is None:
            return None
        return VariantGenerated.model_validate(row["generated"]), VariantChecked.model_validate(row["checked"])

    async def round_view(self, sku: str, version: int, slot: str, round_: int) -> RoundView:
        rows = await self._tx.fetch(SQL["round_items"], sku, version, slot, round_)
        planned = bool(rows) and all(row["planned"] for row in rows)
        return RoundView(tuple(map(_round_item, rows)), planned)

    async def add_rendition(self, check: RenditionChecked) -> None:
        await self._tx.execute(SQL["add_rendition"], check.rendition_id, check.model_dump(mode="json"))

    async def rendition(self, rendition_id: UUID) -> RenditionChecked | None:
        body = await self._tx.fetchval(SQL["rendition"], rendition_id)
        return None if body is None else RenditionChecked.model_validate(body)

    async def add_outcome(self, outcome: OutcomeRecorded) -> None:
        o = outcome
        body = o.model_dump(mode="json")
        await self._tx.execute(SQL["add_outcome"], o.outcome_id, o.sku, o.sku_version, o.variant_id, o.kind, body)

    # slots and cases

    async def slot(self, sku: str, version: int, slot: str) -> Slot | None:
        row = await self._tx.fetchrow(SQL["slot"], sku, version, slot)
        return None if row is None else slot_from(row)

    async def put_slot(self, slot: Slot) -> None:
        s = slot
        await self._tx.execute(
            SQL["put_slot"],
            s.sku,
            s.sku_version,
            s.slot,
            s.batch_id,
            s.category,
            s.correlation_id,
            s.round,
            s.state,
            s.asked_by,
            s.drill,
        )

    async def slots_before(self, sku: str, version: int) -> list[Slot]:
        return [slot_from(row) for row in await self._tx.fetch(SQL["slots_before"], sku, version)]

    async def case(self, case_id: UUID, *, lock: bool = True) -> Case | None:
        row = await self._tx.fetchrow(SQL["case_locked" if lock else "case"], case_id)
        return None if row is None else case_from(row)

    async def put_case(self, case: Case) -> None:
        await self._tx.execute(SQL["put_case"], *case_args(case))

    async def undecided_of_slot(self, sku: str, version: int, slot: str) -> list[Case]:
        return [case_from(row) for row in await self._tx.fetch(SQL["undecided_of_slot"], sku, version, slot)]

    async def undecided_before(self, sku: str, version: int) -> list[Case]:
        return [case_from(row) for row in await self._tx.fetch(SQL["undecided_before"], sku, version)]

    async def undecided_spots(self, batch_id: UUID) -> list[Case]:
        return [case_from(row) for row in await self._tx.fetch(SQL["undecided_spots"], batch_id)]

    async def next_open(
        self, who: str, rights: Rights, wish: Wish, now: datetime, head_start: timedelta
    ) -> Case | None:
        row = await self._tx.fetchrow(
            SQL["next_open"],
            who,
            list(rights.named),
            rights.rest is not None,
            list(rights.senior_in),
            rights.rest == "senior",
            list(wish.kinds) or None,
            list(wish.categories) or None,
            now,
            head_start,
        )
        return None if row is None else case_from(row)

    async def leases_of(self, who: str, now: datetime) -> int:
        return int(await self._tx.fetchval(SQL["leases_of"], who, now))

    # decisions and approvals

    async def decision(self, decision_id: UUID) -> DecisionRecord | None:
        row = await self._tx.fetchrow(SQL["decision"], decision_id)
        return None if row is None else decision_from(row)

    async def put_decision(self, record: DecisionRecord) -> None:
        r = record
        if r.state != "pending":
            await self._tx.execute(SQL["end_decision"], r.decision_id, r.state, r.ended_at)
            return
        await self._tx.execute(
            SQL["put_decision"],
            r.decision_id,
            r.case_id,
            r.kind,
            r.sku,
            r.sku_version,
            r.slot,
            r.actor_id,
            r.actor["kind"],
            r.actor.get("level"),
            dict(r.actor),
            dict(r.body),
            r.viewport_width,
            r.decided_at,
            r.undo_until,
            r.review_seconds,
            r.first_reviewer,
            r.state,
            r.ended_at,
        )
        for answer in r.body.get("answers", ()):
            await self._tx.execute(
                SQL["add_answer"], r.decision_id, answer["item"], answer["answer"], answer.get("note", "")
            )

    async def pending_of_case(self, case_id: UUID) -> DecisionRecord | None:
        row = await self._tx.fetchrow(SQL["pending_of_case"], case_id)
        return None if row is None else decision_from(row)

    async def slot_is_pending(self, sku: str, version: int, slot: str) -> bool:
        return bool(await self._tx.fetchval(SQL["slot_is_pending"], sku, version, slot))

    async def add_approval(self, approval: Approval) -> None:
        a = approval
        await self._tx.execute(
            SQL["add_approval"],
            a.approval_id,
            a.decision_id,
            a.case_id,
            a.sku,
            a.sku_version,
            a.slot,
            a.variant_id,
            a.batch_id,
            a.category,
            a.approver,
            a.approver_kind,
            a.approver_level,
            a.master_sha256,
            a.override_reason,
            a.correlation_id,
            a.approved_at,
            a.drill,
        )

    async def approval(self, approval_id: UUID) -> Approval | None:
        row = await self._tx.fetchrow(SQL["approval"], approval_id)
        return None if row is None else approval_from(row)

    async def withdraw(self, approval_id: UUID, cause: str, by: str | None, at: datetime) -> None:
        await self._tx.execute(SQL["withdraw"], approval_id, cause, by, at)

    async def standing_before(self, sku: str, version: int) -> list[Approval]:
        return [approval_from(row) for row in await self._tx.fetch(SQL["standing_before"], sku, version)]

    async def standing_of(self, sku: str, version: int) -> list[Standing]:
        return [Standing(**dict(row)) for row in await self._tx.fetch(SQL["standing_of"], sku, version)]

    # batches

    async def lock_batch(self, batch_id: UUID) -> Batch | None:
        row = await self._tx.fetchrow(SQL["lock_batch"], batch_id)
        if row is None:
            return None
        fields = dict(row)
        members = None
        if fields.pop("sealed"):
            members = tuple((m["sku"], m["sku_version"]) for m in await self._tx.fetch(SQL["members_of"], batch_id))
        return Batch(**fields, members=members)

    async def add_batch(self, batch: Batch) -> bool:
        b = batch
        added = await self._tx.fetchval(
            SQL["add_batch"], b.batch_id, b.category, b.seed, b.rate, b.correlation_id, b.first_seen_at, b.drill
        )
        return added is not None

    async def put_batch(self, batch: Batch) -> None:
        b = batch
        for position, (sku, version) in enumerate(b.members or ()):
            await self._tx.execute(SQL["add_member"], b.batch_id, sku, version, position)
        await self._tx.execute(SQL["put_batch"], b.batch_id, b.state, b.members is not None, b.draws, b.holds)

    async def batches_of(self, sku: str, before_version: int) -> list[UUID]:
        return [row["batch_id"] for row in await self._tx.fetch(SQL["batches_of"], sku, before_version)]

    async def member_views(self, members: Iterable[Member]) -> tuple[MemberView, ...]:
        known = list(members)
        args = ([sku for sku, _ in known], [version for _, version in known])
        approvals: dict[Member, list[Standing]] = {}
        for row in await self._tx.fetch(SQL["member_approvals"], *args):
            standing = Standing(row["slot"], row["approval_id"], row["variant_id"], row["approver"], row["drill"])
            approvals.setdefault((row["sku"], row["sku_version"]), []).append(standing)
        return tuple(
            MemberView(
                sku=row["sku"],
                sku_version=row["sku_version"],
                decided=row["superseded"] or row["slots_ended"],
                approvals=tuple(approvals.get((row["sku"], row["sku_version"]), ())),
                current=not row["superseded"],
            )
            for row in await self._tx.fetch(SQL["member_states"], *args)
        )

    async def looks(self, batch_id: UUID) -> dict[Member, Look]:
        return {(r["sku"], r["sku_version"]): _look(r) for r in await self._tx.fetch(SQL["looks"], batch_id)}

    async def spot_checkers(self, batch_id: UUID) -> list[Actor]:
        rows = await self._tx.fetch(SQL["spot_checkers"], batch_id)
        return list({row["actor"]["id"]: Actor.model_validate(row["actor"]) for row in rows}.values())

    async def spot_rate(self, category: str) -> SpotRate | None:
        row = await self._tx.fetchrow(SQL["spot_rate"], category)
        return None if row is None else SpotRate(**dict(row))

    async def put_spot_rate(self, rate: SpotRate) -> None:
        await self._tx.execute(SQL["put_spot_rate"], rate.category, rate.rate, rate.passed_in_a_row)

    # what goes out

    async def emit(self, event: Event) -> None:
        await self._tx.emit(event)

    async def finalise_later(self, decision_id: UUID, delay: timedelta) -> None:
        payload = {"decision_id": str(decision_id)}
        await self._tx.enqueue(FINALISE, payload, key=str(decision_id), priority=Priority.REVIEWER, delay=delay)


def _item(fact: VariantGenerated | VariantChecked | GenerationRefused) -> tuple[Any, ...]:
    return (fact.item_id, fact.sku, fact.sku_version, fact.slot, fact.round)


def _round_item(row: Row) -> RoundItem:
    generated = VariantGenerated.model_validate(row["generated"]) if row["generated"] else None
    checked = VariantChecked.model_validate(row["checked"]) if row["checked"] else None
    refused = GenerationRefused.model_validate(row["refused"]) if row["refused"] else None
    return round_item(row["mode"], generated, checked, refused) or RoundItem(row["item_id"], row["mode"])


def _look(row: Row) -> Look:
    match row["state"]:
        case "decided":
            return "good" if row["kind"] == "spot_good" else "bad"
        case "closed":
            return "fallen"
        case _:
            return "waiting"
