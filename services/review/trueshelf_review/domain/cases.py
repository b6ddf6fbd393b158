"""What a person decides: a case, what it is about, and when one opens."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from trueshelf_review.domain.leases import Lease

CaseKind = Literal["slot", "generation", "second", "spot", "rendition"]
CaseState = Literal["open", "pending", "decided", "closed"]
"""open → pending (decided, can still be taken back) → decided; closed: nothing left to decide (the SKU changed, …)."""
Verdict = Literal["clear", "flag", "stop", "unjudged"]
DOUBT: dict[str, int] = {"clear": 0, "unjudged": 1, "flag": 2, "stop": 3}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checked variant, with what binds an approval to it."""

    variant_id: UUID
    mode: str
    verdict: Verdict
    master_sha256: str
    flagged: tuple[str, ...] = ()
    """Checks that were neither clear nor a stop: each is acknowledged before approval."""
    stopped: tuple[str, ...] = ()
    capture_id: UUID | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """An item that generate would not make."""

    item_id: UUID
    mode: str
    code: str
    message: str
    advice: str
    capture_id: UUID | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """An approval that holds."""

    slot: str
    approval_id: UUID
    variant_id: UUID
    approver: str
    drill: bool = False


@dataclass(frozen=True, slots=True)
class RenditionSubject:
    """A marketplace file that qa did not clear."""

    rendition_id: UUID
    order_id: UUID
    pack_id: UUID
    variant_id: UUID
    marketplace: str
    verdict: Verdict
    rendition_sha256: str
    report_sha256: str
    flagged: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What the case is about; which fields are filled follows from its kind."""

    candidates: tuple[Candidate, ...] = ()
    refusals: tuple[RefusedItem, ...] = ()
    modes: tuple[str, ...] = ()
    """Modes of the round's items: the original is not offered again where it was all there was."""
    approvals: tuple[Standing, ...] = ()
    rendition: RenditionSubject | None = None
    disputed: UUID | None = None
    first_case: UUID | None = None
    first_reviewer: str | None = None
    after_run: bool = False
    """A spot case of the audit after the batch had passed (R-69)."""


@dataclass(frozen=True, slots=True)
class ChecklistVersion:
    """The checklist that the case began with and keeps."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Case:
    """One thing for one person to decide. `version` goes up whenever what is to be seen changes."""

    case_id: UUID
    kind: CaseKind
    sku: str
    sku_version: int
    batch_id: UUID | None
    category: str
    slot: str | None
    round: int | None
    subject: Subject
    checklist: ChecklistVersion
    opened_at: datetime
    correlation_id: UUID
    state: CaseState = "open"
    version: int = 1
    doubt: int = 0
    asked_for: bool = False
    """A regeneration that somebody waits for goes first."""
    senior_only: bool = False
    excluded: tuple[str, ...] = ()
    """Actor ids that may not decide it: the first reviewer, the approver, the maker (R-67)."""
    drill: bool = False
    lease: Lease | None = None
    closed_because: str = ""

    def candidate(self, variant_id: UUID) -> Candidate | None:
        return next((c for c in self.subject.candidates if c.variant_id == variant_id), None)

    def closed(self, because: str) -> "Case":
        """Return the case with nothing left to decide."""
        return replace(self, state="closed", closed_because=because, lease=None, version=self.version + 1)

    def reopened(self) -> "Case":
        """Return the case as it was before the decision that was taken back."""
        return replace(self, state="open")


@dataclass(frozen=True, slots=True)
class RoundItem:
    """One item of a round and how it ended; both None while it is being made or checked."""

    item_id: UUID
    mode: str
    candidate: Candidate | None = None
    refused: RefusedItem | None = None

    @property
    def ended(self) -> bool:
        return self.candidate is not None or self.refused is not None


@dataclass(frozen=True, slots=True)
class RoundView:
    """What is known about one slot in one round. `planned`: these are all the items; facts may overtake their plan."""

    items: tuple[RoundItem, ...] = field(default=())
    planned: bool = False

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(item.candidate for item in self.items if item.candidate)

    @property
    def refusals(self) -> tuple[RefusedItem, ...]:
        return tuple(item.refused for item in self.items if item.refused)

    @property
    def ended(self) -> bool:
        return self.planned and all(item.ended for item in self.items)

    @property
    def generation_case_due(self) -> bool:
        """A generation case opens when the round has ended with a refusal: all refusals of the round in one case."""
        return self.ended and bool(self.refusals)

    @property
    def slot_case_due(self) -> bool:
        """A slot case opens when every item of the round has ended and there is something to look at."""
        return self.ended and bool(self.candidates)


def doubt(verdicts: Iterable[str]) -> int:
    """Return the degree of doubt of a case: that of its most doubtful picture."""
    return max((DOUBT[verdict] for verdict in verdicts), default=0)
