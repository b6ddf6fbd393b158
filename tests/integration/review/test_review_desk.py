"""The desk in PostgreSQL answers as the one in memory does: same facts, same cases, same queue, same batch."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from integration.review.conftest import Rig
from support.review_facts import START, Sku, actor, opened, sealed
from support.review_memory import MemoryDesk, drive
from support.review_office import Office
from trueshelf_review.adapters.desk import PostgresDesk
from trueshelf_review.domain.cases import Case, ChecklistVersion, Subject
from trueshelf_review.domain.leases import Lease
from trueshelf_review.domain.people import Rights
from trueshelf_review.domain.queue import Wish, first_for
from trueshelf_review.service import deciding, finalising, queue
from trueshelf_review.service.bodies import read_body
from trueshelf_review.service.context import reviewer_of
from trueshelf_runtime.db import Database
from trueshelf_runtime.origin import fresh, from_event, using

pytestmark = pytest.mark.integration
KINDS = ("slot", "generation", "second", "spot", "rendition")


class Never(Exception):  # noqa: N818 - ends a transaction that shall leave nothing behind
    """Rolls back."""


def some_case(chance: random.Random, number: int) -> Case:
    """Return a case that could stand in the queue."""
    kind = chance.choice(KINDS)
    first = "vera" if kind == "second" else None
    held = chance.choice([None, None, START, START + timedelta(hours=2)])
    excluded = tuple(chance.sample(["anna", "boris"], chance.randint(0, 1))) + ((first,) if first else ())
    return Case(
        case_id=uuid4(),
        kind=kind,  # type: ignore[arg-type]
        sku=f"q-{number}",
        sku_version=1,
        batch_id=None,
        category=chance.choice(["q-jewelry", "q-glass", "q-lamps"]),
        slot=None if kind == "spot" else "main",
        round=1,
        subject=Subject(first_reviewer=first),
        checklist=ChecklistVersion("default", "1", "0" * 64),
        opened_at=START + timedelta(minutes=chance.randint(0, 300)),
        correlation_id=uuid4(),
        doubt=chance.randint(0, 3),
        asked_for=chance.random() < 0.2,
        senior_only=kind == "second",
        excluded=excluded,
        lease=Lease("olga", START, held) if held else None,
    )


async def test_the_queue_in_sql_is_the_queue_of_the_domain_r66_r67(rig: Rig):
    chance = random.Random(7)
    cases = [some_case(chance, number) for number in range(60)]
    rights = [
        Rights({}, "senior"),
        Rights({}, "junior"),
        Rights({"q-jewelry": "senior", "q-glass": "junior"}),
        Rights({"q-jewelry": "junior"}, "senior"),
        Rights({}),
    ]
    wishes = [Wish(categories=("q-jewelry", "q-glass", "q-lamps")), Wish(("spot", "second"), ("q-glass",))]
    now, head_start = START + timedelta(hours=1), timedelta(hours=1)
    async with Database.open(rig.service.db.dsn, "review") as db:
        with suppress(Never):
            async with db.transaction() as tx:
                desk = PostgresDesk(tx)
                for case in cases:
                    await desk.put_case(case)
                for who in ("anna", "boris", "vera"):
                    for right in rights:
                        for wish in wishes:
                            expected = first_for(cases, who, right, wish, now=now, head_start=head_start)
                            found = await desk.next_open(who, right, wish, now, head_start)
                            assert found == expected
                raise Never


async def test_facts_and_decisions_lead_to_the_same_state(rig: Rig, tmp_path: Path):
    """Everything that the use cases read back is the same from rows as from dictionaries."""
    batch = uuid4()
    skus = [Sku(f"twin-{uuid4().hex[:8]}", batch=batch) for _ in range(3)]
    facts = [opened(batch), sealed(batch, skus)]
    for sku in skus:
        facts += [sku.planned([("main", 2), ("detail", 1)]), *sku.drafts(), *sku.drafts("detail", 1, verdict="flag")]
    random.Random(5).shuffle(facts)
    with using(fresh()):
        office = Office(tmp_path)
        office.review = replace(office.review, random_bytes=bytes)  # one seed for both desks: they draw alike
        office.take_in(facts)
        async with Database.open(rig.service.db.dsn, "review") as db:
            with suppress(Never):
                async with db.transaction() as tx:
                    twin = Twin(office, PostgresDesk(tx))
                    await twin.take_in(facts)
                    await twin.compare(skus, batch)
                    await twin.decide_everything()
                    await twin.compare(skus, batch)
                    await twin.take_in([skus[0].changed()])
                    office.take_in([skus[0].changed()])
                    await twin.compare(skus, batch)
                    raise Never


class Twin:
    """The office's second desk, in PostgreSQL."""

    def __init__(self, office: Office, desk: PostgresDesk) -> None:
        self.office = office
        self.desk = desk

    async def take_in(self, facts: list[object]) -> None:
        memory, self.office.desk = self.office.desk, self.desk  # type: ignore[assignment]
        for fact in facts:
            with using(from_event(fact)):  # type: ignore[arg-type]
                await self.office._handle(fact)
        self.office.desk = memory

    async def decide_everything(self) -> None:
        """Let Anna approve the first variant of each slot, on both desks."""
        review = self.office.review
        anna = actor("anna")
        for case in self.office.cases("slot"):
            body = read_body(
                {"kind": "approve", "viewport": {"width": 1600, "height": 900}, "case_version": case.version}
                | self.office.approval(case)
            )
            checklist = review.checklists.of(case.category)
            for desk in (self.office.desk, self.desk):
                await queue.lease(review, desk, case.case_id, reviewer_of(anna))
                record = await deciding.decide(review, desk, case.case_id, body, anna, key="k", checklist=checklist)
                await finalising.finalise(review, desk, record.decision_id)

    async def compare(self, skus: list[Sku], batch: UUID) -> None:
        memory: MemoryDesk = self.office.desk
        for case in memory.cases.values():
            if case.kind != "spot":  # two desks drew two seeds
                assert await self.desk.case(case.case_id) == replace(case)
        members = [(sku.sku, sku.version) for sku in skus]
        assert await self.desk.member_views(members) == drive(memory.member_views(members))
        for sku in skus:
            assert await self.desk.lock_sku(sku.sku) == drive(memory.lock_sku(sku.sku))
            assert await self.desk.batches_of(sku.sku, 2) == drive(memory.batches_of(sku.sku, 2))
            assert await self.desk.slots_before(sku.sku, 2) == sorted(
                drive(memory.slots_before(sku.sku, 2)), key=lambda slot: slot.slot
            )
            assert await self.desk.standing_of(sku.sku, 1) == drive(memory.standing_of(sku.sku, 1))
            for slot in ("main", "detail"):
                here = (sku.sku, 1, slot, 1)
                assert await self.desk.round_view(*here) == drive(memory.round_view(*here))
        for decision_id, record in memory.decisions.items():
            assert await self.desk.decision(decision_id) == record
        for approval_id, approval in memory.approvals.items():
            assert await self.desk.approval(approval_id) == approval
        there, here = await self.desk.lock_batch(batch), drive(memory.lock_batch(batch))
        assert there is not None
        assert here is not None
        assert replace(there, correlation_id=batch) == replace(here, correlation_id=batch)
        assert sorted((await self.desk.looks(batch)).values()) == sorted(drive(memory.looks(batch)).values())
