"""Review's desk in memory: the same port as the one in PostgreSQL, for tests of the use cases."""

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from trueshelf_contracts.event import Event
from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, PlanItem, VariantGenerated
from trueshelf_contracts.qa import RenditionChecked, VariantChecked
from trueshelf_contracts.review import SpotLook
from trueshelf_review.domain.cases import Case, RoundItem, RoundView, Standing
from trueshelf_review.domain.people import Rights
from trueshelf_review.domain.queue import Wish, first_for
from trueshelf_review.domain.records import Approval, Batch, DecisionRecord, SpotRate
from trueshelf_review.domain.slots import Slot
from trueshelf_review.domain.spot import Look, Member, MemberView
from trueshelf_review.service.facts import round_item

T = TypeVar("T")


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    work.close()
    raise AssertionError("it waited for something: not a use case over the desk in memory")


class MemoryDesk:
    """`ports.Desk` in dictionaries. One desk is all transactions, one after another."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.captured: dict[UUID, str] = {}
        self.plans: dict[UUID, GenerationPlanned] = {}
        self.planned: dict[UUID, tuple[GenerationPlanned, PlanItem]] = {}
        self.variants: dict[UUID, VariantGenerated] = {}
        self.checks: dict[UUID, VariantChecked] = {}
        self.refusals: dict[UUID, GenerationRefused] = {}
        self.renditions: dict[UUID, RenditionChecked] = {}
        self.outcomes: dict[UUID, OutcomeRecorded] = {}
        self.slot_rows: dict[tuple[str, int, str], Slot] = {}
        self.cases: dict[UUID, Case] = {}
        self.decisions: dict[UUID, DecisionRecord] = {}
        self.approvals: dict[UUID, Approval] = {}
        self.batches: dict[UUID, Batch] = {}
        self.rates: dict[str, SpotRate] = {}
        self.events: list[Event] = []
        self.due: dict[UUID, timedelta] = {}

    def stated(self, event_type: str) -> list[Any]:
        return [event for event in self.events if event.type == event_type]

    async def lock_sku(self, sku: str) -> int:
        return self.versions.setdefault(sku, 1)

    async def raise_version(self, sku: str, version: int) -> None:
        self.versions[sku] = max(self.versions[sku], version)

    async def add_capturer(self, capture_id: UUID, actor_id: str) -> None:
        self.captured.setdefault(capture_id, actor_id)

    async def capturers(self, capture_ids: Sequence[UUID]) -> set[str]:
        return {self.captured[c] for c in capture_ids if c in self.captured}

    async def add_plan(self, plan: GenerationPlanned) -> None:
        self.plans.setdefault(plan.plan_id, plan)
        for item in plan.items:
            self.planned[item.item_id] = (plan, item)

    async def plan(self, plan_id: UUID) -> GenerationPlanned | None:
        return self.plans.get(plan_id)

    async def plan_of(self, sku: str, version: int, slot: str | None, round_: int | None) -> GenerationPlanned | None:
        fitting = [
            plan
            for plan in self.plans.values()
            if (plan.sku, plan.sku_version) == (sku, version)
            and (slot is None or any(item.slot == slot for item in plan.items))
            and (round_ is None or plan.round == round_)
        ]
        return min(fitting, key=lambda plan: plan.round, default=None)

    async def add_variant(self, variant: VariantGenerated) -> None:
        self.variants.setdefault(variant.item_id, variant)

    async def add_check(self, check: VariantChecked) -> None:
        self.checks.setdefault(check.item_id, check)

    async def add_refusal(self, refusal: GenerationRefused) -> None:
        self.refusals.setdefault(refusal.item_id, refusal)

    async def variant(self, variant_id: UUID) -> tuple[VariantGenerated, VariantChecked] | None:
        for item_id, generated in self.variants.items():
            if generated.variant_id == variant_id and item_id in self.checks:
                return generated, self.checks[item_id]
        return None

    async def round_view(self, sku: str, version: int, slot: str, round_: int) -> RoundView:
        here = (sku, version, slot, round_)
        facts: list[Any] = [*self.variants.values(), *self.checks.values(), *self.refusals.values()]
        found = {f.item_id for f in facts if (f.sku, f.sku_version, f.slot, f.round) == here}
        planned = {
            item_id: item
            for item_id, (plan, item) in self.planned.items()
            if (plan.sku, plan.sku_version, item.slot, plan.round) == here
        }
        order = sorted(found | set(planned), key=lambda i: (planned[i].index if i in planned else 0, i))
        items = tuple(self._round_item(i, planned[i].mode if i in planned else "") for i in order)
        return RoundView(items, bool(items) and set(order) == set(planned))

    def _round_item(self, item_id: UUID, mode: str) -> RoundItem:
        facts = (self.variants.get(item_id), self.checks.get(item_id), self.refusals.get(item_id))
        return round_item(mode, *facts) or RoundItem(item_id, mode)

    async def add_rendition(self, check: RenditionChecked) -> None:
        self.renditions.setdefault(check.rendition_id, check)

    async def rendition(self, rendition_id: UUID) -> RenditionChecked | None:
        return self.renditions.get(rendition_id)

    async def add_outcome(self, outcome: OutcomeRecorded) -> None:
        self.outcomes.setdefault(outcome.outcome_id, outcome)

    async def slot(self, sku: str, version: int, slot: str) -> Slot | None:
        return self.slot_rows.get((sku, version, slot))

    async def put_slot(self, slot: Slot) -> None:
        self.slot_rows[slot.sku, slot.sku_version, slot.slot] = slot

    async def slots_before(self, sku: str, version: int) -> list[Slot]:
        return [s for s in self.slot_rows.values() if s.sku == sku and s.sku_version < version]

    async def case(self, case_id: UUID, *, lock: bool = True) -> Case | None:  # noqa: ARG002 - one thread needs no lock
        return self.cases.get(case_id)

    async def put_case(self, case: Case) -> None:
        self.cases[case.case_id] = case

    def _undecided(self) -> list[Case]:
        return [c for c in self.cases.values() if c.state in ("open", "pending")]

    async def undecided_of_slot(self, sku: str, version: int, slot: str) -> list[Case]:
        kinds = ("slot", "generation", "second")
        here = (sku, version, slot)
        return [c for c in self._undecided() if (c.sku, c.sku_version, c.slot) == here and c.kind in kinds]

    async def undecided_before(self, sku: str, version: int) -> list[Case]:
        return [c for c in self._undecided() if c.sku == sku and c.sku_version < version]

    async def undecided_spots(self, batch_id: UUID) -> list[Case]:
        return [c for c in self._undecided() if c.batch_id == batch_id and c.kind == "spot"]

    async def next_open(
        self, who: str, rights: Rights, wish: Wish, now: datetime, head_start: timedelta
    ) -> Case | None:
        return first_for(self.cases.values(), who, rights, wish, now=now, head_start=head_start)

    async def leases_of(self, who: str, now: datetime) -> int:
        return sum(bool(c.lease and c.lease.holder == who and c.lease.live(now)) for c in self.cases.values())

    async def decision(self, decision_id: UUID) -> DecisionRecord | None:
        return self.decisions.get(decision_id)

    async def decided_by(self, who: str, since: datetime) -> list[datetime]:
        return sorted(d.decided_at for d in self.decisions.values() if d.actor_id == who and d.decided_at > since)

    async def put_decision(self, record: DecisionRecord) -> None:
        self.decisions[record.decision_id] = record

    async def pending_of_case(self, case_id: UUID) -> DecisionRecord | None:
        return next((d for d in self.decisions.values() if d.case_id == case_id and d.state == "pending"), None)

    async def slot_is_pending(self, sku: str, version: int, slot: str) -> bool:
        here = (sku, version, slot)
        return any((d.sku, d.sku_version, d.slot) == here and d.state == "pending" for d in self.decisions.values())

    async def add_approval(self, approval: Approval) -> None:
        self.approvals[approval.approval_id] = approval

    async def approval(self, approval_id: UUID) -> Approval | None:
        return self.approvals.get(approval_id)

    async def withdraw(self, approval_id: UUID, cause: str, by: str | None, at: datetime) -> None:  # noqa: ARG002 - the port has it
        self.approvals[approval_id] = replace(self.approvals[approval_id], withdrawn_at=at, withdrawn_cause=cause)

    async def standing_before(self, sku: str, version: int) -> list[Approval]:
        return [a for a in self.approvals.values() if a.stands and a.sku == sku and a.sku_version < version]

    async def standing_of(self, sku: str, version: int) -> list[Standing]:
        here = [a for a in self.approvals.values() if a.stands and (a.sku, a.sku_version) == (sku, version)]
        return [
            Standing(a.slot, a.approval_id, a.variant_id, a.approver, a.drill)
            for a in sorted(here, key=lambda a: a.slot)
        ]

    async def lock_batch(self, batch_id: UUID) -> Batch | None:
        return self.batches.get(batch_id)

    async def add_batch(self, batch: Batch) -> bool:
        return self.batches.setdefault(batch.batch_id, batch) is batch

    async def put_batch(self, batch: Batch) -> None:
        self.batches[batch.batch_id] = batch

    async def batches_of(self, sku: str, before_version: int) -> list[UUID]:
        member = {
            b.batch_id for b in self.batches.values() for s, v in b.members or () if s == sku and v < before_version
        }
        planned = {s.batch_id for s in self.slot_rows.values() if s.sku == sku and s.sku_version < before_version}
        return sorted(member | planned)

    async def member_views(self, members: Iterable[Member]) -> tuple[MemberView, ...]:
        return tuple([await self._member(sku, version) for sku, version in members])

    async def _member(self, sku: str, version: int) -> MemberView:
        slots = [s for s in self.slot_rows.values() if (s.sku, s.sku_version) == (sku, version)]
        superseded = self.versions.get(sku, 1) > version
        decided = superseded or (bool(slots) and all(s.ended for s in slots))
        return MemberView(sku, version, decided, tuple(await self.standing_of(sku, version)), not superseded)

    async def looks(self, batch_id: UUID) -> dict[Member, Look]:
        spots = [c for c in self.cases.values() if c.batch_id == batch_id and c.kind == "spot"]
        return {(c.sku, c.sku_version): self._look(c) for c in spots if not c.subject.after_run}

    def _look(self, case: Case) -> Look:
        if case.state == "decided":
            (final,) = [d for d in self.decisions.values() if d.case_id == case.case_id and d.state == "final"]
            return "good" if final.kind == "spot_good" else "bad"
        return "fallen" if case.state == "closed" else "waiting"

    async def good_looks(self, batch_id: UUID) -> list[SpotLook]:
        spots = {c.case_id: c for c in self.cases.values() if c.batch_id == batch_id and c.kind == "spot"}
        return [
            SpotLook.model_validate(
                {
                    "sku": spots[d.case_id].sku,
                    "sku_version": spots[d.case_id].sku_version,
                    "case_id": d.case_id,
                    "decision_id": d.decision_id,
                    "actor": d.actor,
                    "viewport": dict(d.body)["viewport"],
                    "decided_at": d.decided_at,
                }
            )
            for d in self.decisions.values()
            if d.case_id in spots
            and not spots[d.case_id].subject.after_run
            and (d.state, d.kind) == ("final", "spot_good")
        ]

    async def spot_rate(self, category: str) -> SpotRate | None:
        return self.rates.get(category)

    async def put_spot_rate(self, rate: SpotRate) -> None:
        self.rates[rate.category] = rate

    async def emit(self, event: Event) -> None:
        if all(event.event_id != there.event_id for there in self.events):
            self.events.append(event)

    async def finalise_later(self, decision_id: UUID, delay: timedelta) -> None:
        self.due[decision_id] = delay
