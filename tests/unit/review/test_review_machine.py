"""People, facts, time and changed minds in any order: what must always hold holds (R-60, R-67–R-71)."""

import hashlib
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.review_facts import Sku, actor, opened, sealed
from support.review_office import Office
from trueshelf_contracts.ids import derive, draw_sample
from trueshelf_review.domain.refusal import Refusal
from trueshelf_runtime.origin import fresh, using

PEOPLE = [
    actor("anna"),
    actor("boris"),
    actor("vera", "junior"),
    actor("drill-1", kind="drill"),
    actor("robot", kind="machine"),
]
BATCH = derive("batch", "machine")
people = st.sampled_from(PEOPLE)
picks = st.integers(0, 9)


class Department(RuleBasedStateMachine):
    """Three SKUs of one batch; facts are delivered late, shuffled and repeatedly."""

    @initialize(order=st.randoms(use_true_random=False))
    def start(self, order: Any) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.origin = using(fresh())
        self.origin.__enter__()
        self.office = Office(Path(self.folder.name), max_leases=50)
        self.skus = [Sku(f"sku-{n}", batch=BATCH) for n in range(3)]
        self.waiting: list[Any] = [opened(BATCH), sealed(BATCH, self.skus)]
        for number, sku in enumerate(self.skus):
            verdict = ("clear", "flag", "stop")[number]
            last = [*sku.drafts(verdict=verdict)] if number else [*sku.drafts(count=1), sku.refused(index=1)]
            self.waiting += [sku.planned(), *last]
        order.shuffle(self.waiting)
        self.delivered: list[Any] = []
        self.rounds: set[tuple[str, int]] = set()
        self.early: list[int] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.origin.__exit__(None, None, None)
            self.folder.cleanup()

    @rule(count=st.integers(1, 30))
    def deliver(self, count: int) -> None:
        now, self.waiting = self.waiting[:count], self.waiting[count:]
        self.office.take_in(now)
        self.delivered += now

    @rule(pick=picks)
    @precondition(lambda self: getattr(self, "delivered", None))
    def deliver_again(self, pick: int) -> None:
        self.office.take_in([self.delivered[pick % len(self.delivered)]])

    @rule(seconds=st.sampled_from([1, 5, 11, 130]))
    def time_passes(self, seconds: int) -> None:
        self.office.pass_time(seconds)
        self._answer_regenerations()

    def _answer_regenerations(self) -> None:
        for asked in self.office.desk.stated("RegenerationAsked"):
            if (asked.sku, asked.round) not in self.rounds:
                self.rounds.add((asked.sku, asked.round))
                sku = next(s for s in self.skus if s.sku == asked.sku)
                mode = asked.change.mode or "white_background"
                self.waiting += [
                    sku.planned(round_=asked.round, mode=mode),
                    *(sku.generated(index=i, round_=asked.round, mode=mode) for i in range(2)),
                    *(sku.checked(index=i, round_=asked.round) for i in range(2)),
                ]

    @rule(who=people)
    def take_next(self, who: Any) -> None:
        held = {c.case_id: c.lease for c in self.office.desk.cases.values() if c.lease}
        try:
            case = self.office.next(who)
        except Refusal:
            assert who.kind == "machine"
            return
        if case and (before := held.get(case.case_id)):
            assert not before.live(self.office.clock.now()), "a live lease was taken over"

    @rule(pick=picks, how=picks, wait=st.booleans())
    @precondition(lambda self: self._open())
    def decide_as_one_should(self, pick: int, how: int, *, wait: bool) -> None:
        case = self._open()[pick % len(self._open())]
        fitting = [p for p in PEOPLE if p.kind != "machine" and p.id not in case.excluded]
        senior = case.senior_only or case.doubt > 1
        who = next((p for p in fitting if p.level == "senior" or not senior), None)
        if who is None or (case.lease and case.lease.holder != who.id and case.lease.live(self.office.clock.now())):
            return
        kind, body = self._decision(case, how)
        if kind == "approve" and case.doubt > 1:
            body["override_reason"] = "it is the product's own"
        with suppress(Refusal):  # too few variants, no round left: the rules' business
            self.office.submit(self.office.lease(case, who), who, kind, **body)
        if wait:
            self.time_passes(11)

    def _open(self) -> list[Any]:
        cases = self.office.desk.cases.values() if hasattr(self, "office") else ()
        return sorted((c for c in cases if c.state == "open"), key=lambda c: str(c.case_id))

    @rule(who=people, pick=picks, how=picks, honest=st.booleans())
    @precondition(lambda self: getattr(self, "office", None) and self.office.desk.cases)
    def try_to_decide(self, who: Any, pick: int, how: int, honest: bool) -> None:
        cases = sorted(self.office.desk.cases.values(), key=lambda c: str(c.case_id))
        case = cases[pick % len(cases)]
        kind, body = self._decision(case, how)
        if not honest:
            body |= [{"case_version": 99}, {"viewport": {"width": 390, "height": 800}}][how % 2]
        before = len(self.office.desk.decisions)
        try:
            leased = self.office.lease(case, who)
            self.office.submit(leased, who, kind, **body)
        except Refusal:
            assert len(self.office.desk.decisions) == before
            return
        assert honest
        assert who.kind != "machine"
        assert who.id not in case.excluded

    def _decision(self, case: Any, how: int) -> tuple[str, dict[str, Any]]:
        reasons = [{"code": "shape_changed"}]
        then = [{"kind": "regenerate"}, {"kind": "reshoot", "shots": ["front"]}, {"kind": "keep_original"}]
        if case.kind in ("slot", "second"):
            if how < 5:
                more = {"override_reason": "it is the product's own"} if how == 4 else {}
                return "approve", self.office.approval(case, how % len(case.subject.candidates)) | more
            if how < 8:
                return "reject", self.office.rejection(case, then[how % 3])
            return "dispute", {"variant_id": case.subject.candidates[0].variant_id, "reasons": reasons}
        if case.kind == "generation":
            return ("regenerate", {}) if how % 2 else ("abandon", {})
        return ("spot_good", {}) if how < 8 else ("spot_bad", {"reasons": reasons})

    @rule(who=people, pick=picks)
    @precondition(lambda self: getattr(self, "office", None) and self.office.desk.decisions)
    def change_ones_mind(self, who: Any, pick: int) -> None:
        records = list(self.office.desk.decisions.values())
        record = records[pick % len(records)]
        try:
            undone = self.office.undo(record, who)
        except Refusal:
            return
        assert undone.actor_id == who.id
        assert undone.state == "undone"

    @rule(pick=picks)
    def a_sku_changes(self, pick: int) -> None:
        if pick < 2:
            self.office.take_in([self.skus[pick].changed()])

    @rule(who=people, pick=picks)
    @precondition(lambda self: getattr(self, "office", None) and self.office.desk.approvals)
    def withdraw(self, who: Any, pick: int) -> None:
        approvals = list(self.office.desk.approvals)
        try:
            self.office.withdraw(approvals[pick % len(approvals)], who)
        except Refusal:
            return
        assert who.kind != "machine"

    @rule(who=people)
    def release(self, who: Any) -> None:
        try:
            self.office.release(BATCH, who)
        except Refusal:
            return
        assert who.level == "senior"

    @invariant()
    def one_standing_approval_per_slot(self) -> None:
        if hasattr(self, "office"):
            standing = Counter((a.sku, a.sku_version, a.slot) for a in self.office.desk.approvals.values() if a.stands)
            assert all(count == 1 for count in standing.values())

    @invariant()
    def approvals_rest_on_final_decisions_of_people(self) -> None:
        for event in self._stated("VariantApproved"):
            record = self.office.desk.decisions[event.decision_id]
            assert record.state == "final"
            assert event.occurred_at >= record.undo_until
            assert event.actor.kind in ("person", "drill")
            assert event.signature is not None
            assert event.viewport.width >= 1024
            items = {i.code for i in self.office.review.checklists.of(event.category).for_slot(event.slot)}
            assert {a.item for a in event.answers} == items
            case = self.office.desk.cases[event.case_id]
            assert event.actor.id != case.subject.first_reviewer
            assert len(case.subject.candidates) >= 2 or event.mode == "as_shot"
            if event.verdict == "stop":
                assert event.actor.level == "senior"
                assert event.override_reason
            assert event.actor.kind != "drill" or event.drill

    @invariant()
    def nothing_taken_back_was_stated(self) -> None:
        if hasattr(self, "office"):
            gone = {
                d.decision_id for d in self.office.desk.decisions.values() if d.state in ("undone", "void", "pending")
            }
            assert not [e for e in self.office.desk.events if getattr(e, "decision_id", None) in gone]

    @invariant()
    def draws_are_those_of_the_commitment(self) -> None:
        for drawn in self._stated("SpotCheckDrawn"):
            (committed,) = self._stated("SpotCheckCommitted")
            seed = bytes.fromhex(drawn.seed)
            assert hashlib.sha256(seed).hexdigest() == committed.commitment
            skus = [m.sku for m in drawn.population]
            assert [m.sku for m in drawn.sample] == draw_sample(seed, skus, drawn.rate)
            decided_first = self.office.desk.events.index(committed)
            assert all(self.office.desk.events.index(e) > decided_first for e in self._stated("VariantApproved"))

    @invariant()
    def passing_means_that_somebody_else_looked(self) -> None:
        for passed in self._stated("SpotCheckPassed"):
            if passed.basis == "sample":
                approvers = {
                    self.office.desk.approvals[a].approver for m in passed.members for a in m.approvals.values()
                }
                spots = [c for c in self.office.desk.cases.values() if c.kind == "spot" and c.state == "decided"]
                assert spots
                for case in spots:
                    looker = next(d for d in self.office.desk.decisions.values() if d.case_id == case.case_id)
                    assert looker.actor_id not in {a.approver for a in case.subject.approvals}
                assert approvers

    @invariant()
    def one_open_case_per_slot_and_kind(self) -> None:
        if hasattr(self, "office"):
            undecided = [c for c in self.office.desk.cases.values() if c.state in ("open", "pending")]
            counts = Counter((c.sku, c.sku_version, c.slot, c.kind) for c in undecided)
            assert all(count == 1 for count in counts.values())

    def _stated(self, event_type: str) -> list[Any]:
        return self.office.desk.stated(event_type) if hasattr(self, "office") else []


TestDepartment = Department.TestCase
TestDepartment.settings = settings(
    max_examples=200, stateful_step_count=70, deadline=None, suppress_health_check=list(HealthCheck)
)
