"""The desk in PostgreSQL: one transaction of the runtime's. Slots, cases, decisions and approvals are here."""

from datetime import datetime, timedelta
from uuid import UUID

from trueshelf_contracts.event import Event
from trueshelf_review.adapters.desk_batches import BatchRows
from trueshelf_review.adapters.desk_facts import FactRows
from trueshelf_review.adapters.rows import approval_from, case_args, case_from, decision_from, slot_from
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.cases import Case, Standing
from trueshelf_review.domain.people import Rights
from trueshelf_review.domain.queue import Wish
from trueshelf_review.domain.records import Approval, DecisionRecord
from trueshelf_review.domain.slots import Slot
from trueshelf_runtime.enqueue import Priority

FINALISE = "review.finalise"


class PostgresDesk(FactRows, BatchRows):
    """`ports.Desk` over one transaction."""

    async def lock_sku(self, sku: str) -> int:
        return int(await self._tx.fetchval(SQL["lock_sku"], sku))

    async def raise_version(self, sku: str, version: int) -> None:
        await self._tx.execute(SQL["raise_version"], sku, version)

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

    async def decided_by(self, who: str, since: datetime) -> list[datetime]:
        await self._tx.execute(SQL["lock_person"], who)
        return [row["decided_at"] for row in await self._tx.fetch(SQL["decided_by"], who, since)]

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

    async def emit(self, event: Event) -> None:
        await self._tx.emit(event)

    async def finalise_later(self, decision_id: UUID, delay: timedelta) -> None:
        payload = {"decision_id": str(decision_id)}
        await self._tx.enqueue(FINALISE, payload, key=str(decision_id), priority=Priority.REVIEWER, delay=delay)
