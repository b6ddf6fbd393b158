"""A review department in memory: facts come in, people take cases and decide, time passes."""

import hashlib
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from support.review_facts import actor as person
from support.review_facts import clock
from support.review_memory import MemoryDesk, drive
from trueshelf_contracts.event import Actor, Event
from trueshelf_contracts.review import Reason, Viewport
from trueshelf_review.adapters.policies import read_checklists
from trueshelf_review.adapters.reasons import read_reasons
from trueshelf_review.adapters.signer import Ed25519Signer
from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.people import Rights
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.domain.queue import Wish
from trueshelf_review.domain.records import DecisionRecord
from trueshelf_review.service import afterwards, batches, changes, deciding, finalising, quarantine, queue, rounds
from trueshelf_review.service.bodies import read_body
from trueshelf_review.service.context import Review, reviewer_of
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.origin import fresh, from_event, using

SCREEN = Viewport(width=1600, height=1000).model_dump(mode="json")


class Office:
    """The use cases over the desk in memory."""

    def __init__(self, keys: Path, seed: int = 1, **policy: Any) -> None:
        ensure_keys(keys / "review.jwk", keys / "review.pub")
        self.clock = clock()
        chance = random.Random(seed)
        self.signer = Ed25519Signer(keys / "review.jwk")
        self.review = Review(
            ReviewPolicy(**policy), read_checklists(), read_reasons(), self.signer, self.clock, chance.randbytes
        )
        self.desk = MemoryDesk()

    def take_in(self, facts: Iterable[Event]) -> None:
        """Handle facts as the bus hands them over."""
        for fact in facts:
            with using(from_event(fact)):
                drive(self._handle(fact))

    async def _handle(self, fact: Any) -> None:
        review, desk = self.review, self.desk
        match fact.type:
            case "GenerationPlanned":
                await rounds.on_planned(review, desk, fact)
            case "VariantGenerated":
                await rounds.on_generated(review, desk, fact)
            case "GenerationRefused":
                await rounds.on_refused(review, desk, fact)
            case "VariantChecked":
                await rounds.on_checked(review, desk, fact)
            case "RenditionChecked":
                await afterwards.on_rendition_checked(review, desk, fact)
            case "SkuChanged":
                await changes.on_changed(review, desk, fact)
            case "BatchOpened":
                await batches.on_opened(review, desk, fact)
            case "BatchSealed":
                await batches.on_sealed(review, desk, fact)
            case "CaptureAccepted":
                await rounds.on_captured(desk, fact)
            case _:
                await afterwards.on_outcome(desk, fact)

    def case(self, kind: str = "slot", **fields: Any) -> Case:
        """Return the one undecided case of the kind."""
        found = [
            c
            for c in self.desk.cases.values()
            if c.kind == kind and c.state == "open" and all(getattr(c, k) == v for k, v in fields.items())
        ]
        assert len(found) == 1, f"{len(found)} open {kind} cases"
        return found[0]

    def cases(self, kind: str, state: str = "open") -> list[Case]:
        return [c for c in self.desk.cases.values() if c.kind == kind and c.state == state]

    def next(self, who: Actor, wish: Wish | None = None) -> Case | None:
        rights = Rights({}, who.level)
        return drive(queue.lease_next(self.review, self.desk, reviewer_of(who), rights, wish or Wish()))

    def lease(self, case: Case, who: Actor) -> Case:
        return drive(queue.lease(self.review, self.desk, case.case_id, reviewer_of(who)))

    def submit(self, case: Case, who: Actor, kind: str, **body: Any) -> DecisionRecord:
        """Send a decision; it is pending then."""
        checklist = self.review.checklists.of(case.category)
        data = {"kind": kind, "viewport": SCREEN, "case_version": case.version} | body
        key = str(data.pop("key", f"key-{len(self.desk.decisions)}"))
        with using(fresh(drill=who.kind == "drill")):
            return drive(
                deciding.decide(
                    self.review, self.desk, case.case_id, read_body(data), who, key=key, checklist=checklist
                )
            )

    def pass_time(self, seconds: float = 11.0) -> None:
        """Let time pass; decisions whose time is over become final."""
        self.clock.advance(timedelta(seconds=seconds))
        for decision_id in list(self.desk.due):
            if self.desk.decisions[decision_id].undo_until <= self.clock.now():
                del self.desk.due[decision_id]
                with using(fresh()):
                    drive(finalising.finalise(self.review, self.desk, decision_id))

    def undo(self, record: DecisionRecord, who: Actor) -> DecisionRecord:
        return drive(deciding.undo(self.review, self.desk, record.decision_id, who))

    def decide(self, case: Case, who: Actor, kind: str, **body: Any) -> DecisionRecord:
        """Lease, decide, and let the time of taking back pass."""
        record = self.submit(self.lease(case, who), who, kind, **body)
        self.pass_time()
        return self.desk.decisions[record.decision_id]

    def approval(self, case: Case, index: int = 0) -> dict[str, Any]:
        """Return the body of a complete approval of one of the case's variants."""
        candidate = case.subject.candidates[index]
        items = self.review.checklists.of(case.category).for_slot(case.slot or "main")
        return {
            "variant_id": candidate.variant_id,
            "master_sha256": candidate.master_sha256,
            "answers": [{"item": item.code, "answer": "yes"} for item in items],
            "acknowledged": [{"check": check} for check in candidate.flagged],
        }

    def approve(self, case: Case, who: Actor | None = None, index: int = 0, **more: Any) -> DecisionRecord:
        return self.decide(case, who or person(), "approve", **self.approval(case, index) | more)

    def rejection(self, case: Case, then: dict[str, Any], code: str = "shape_changed") -> dict[str, Any]:
        reasons = [{"code": code}]
        variants = [{"variant_id": c.variant_id, "reasons": reasons} for c in case.subject.candidates]
        return {"variants": variants, "then": then}

    def release(self, batch: UUID, who: Actor, reason: str = "looked at every one again") -> None:
        with using(fresh()):
            drive(quarantine.release(self.review, self.desk, batch, who, reason))

    def withdraw(self, approval_id: UUID, who: Actor, **more: Any) -> None:
        reasons = more.pop("reasons", ({"code": "colour_changed"},))
        said = [Reason.model_validate(reason) for reason in reasons]
        with using(fresh()):
            drive(changes.withdraw(self.review, self.desk, approval_id, who, said, **more))


def commitment(seed_hex: str) -> str:
    return hashlib.sha256(bytes.fromhex(seed_hex)).hexdigest()
