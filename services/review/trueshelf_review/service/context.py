"""What every use case is given, and how it says who caused what."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from trueshelf_contracts.event import Actor, PolicyRef
from trueshelf_contracts.review import Reason as ReasonSaid
from trueshelf_contracts.review import Viewport
from trueshelf_review.domain.cases import Case, ChecklistVersion
from trueshelf_review.domain.checklists import Checklist, Checklists
from trueshelf_review.domain.decisions import Reason
from trueshelf_review.domain.people import Reviewer
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.domain.reasons import Reasons
from trueshelf_review.domain.records import DecisionRecord
from trueshelf_review.ports import Desk, Signer
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.origin import current, using


@dataclass(frozen=True, slots=True)
class Review:
    """Policy, checklists, reasons, key, time and chance: what the use cases have in common."""

    policy: ReviewPolicy
    checklists: Checklists
    reasons: Reasons
    signer: Signer
    clock: Clock
    random_bytes: Callable[[int], bytes]

    def checklist_version(self, category: str) -> ChecklistVersion:
        checklist = self.checklists.of(category)
        return ChecklistVersion(checklist.name, checklist.version, checklist.sha256)


@contextmanager
def about(correlation_id: UUID, *, drill: bool) -> Iterator[None]:
    """State what follows as belonging to this chain from the intake on; `drill` only ever adds."""
    origin = current()
    with using(replace(origin, correlation_id=correlation_id, drill=origin.drill or drill)):
        yield


@dataclass(frozen=True, slots=True)
class Final:
    """A decision becoming final: what every effect needs to state itself."""

    review: Review
    desk: Desk
    case: Case
    record: DecisionRecord
    actor: Actor
    viewport: Viewport


def reviewer_of(actor: Actor) -> Reviewer:
    return Reviewer(actor.id, actor.kind, actor.level, actor.session)


def said(reasons: tuple[Reason, ...]) -> tuple[ReasonSaid, ...]:
    return tuple(ReasonSaid(code=r.code, checklist_item=r.checklist_item, note=r.note) for r in reasons)


def checklist_ref(case: Case) -> PolicyRef:
    return PolicyRef(
        kind="checklist", name=case.checklist.name, version=case.checklist.version, sha256=case.checklist.sha256
    )


def same_version(checklist: Checklist, case: Case) -> bool:
    return (checklist.name, checklist.version) == (case.checklist.name, case.checklist.version)
