"""What review keeps of decisions, approvals and batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from trueshelf_review.domain.spot import BatchState, Member

DecisionState = Literal["pending", "final", "undone", "void"]
"""pending → final; or undone by the person within the time, or void because the world moved on."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as taken. `body` and `actor` are what the request and the token said; `review_seconds` is R-74."""

    decision_id: UUID
    case_id: UUID
    kind: str
    sku: str
    sku_version: int
    slot: str | None
    actor: Mapping[str, Any]
    body: Mapping[str, Any]
    viewport_width: int
    decided_at: datetime
    undo_until: datetime
    review_seconds: float
    first_reviewer: str | None
    state: DecisionState = "pending"
    ended_at: datetime | None = None

    @property
    def actor_id(self) -> str:
        return str(self.actor["id"])


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval and whether it still stands. `approval_id` is the event id of its VariantApproved."""

    approval_id: UUID
    decision_id: UUID
    case_id: UUID
    sku: str
    sku_version: int
    slot: str
    variant_id: UUID
    batch_id: UUID
    category: str
    approver: str
    approver_kind: str
    approver_level: str
    master_sha256: str
    override_reason: str
    correlation_id: UUID
    approved_at: datetime
    drill: bool = False
    withdrawn_at: datetime | None = None
    withdrawn_cause: str = ""

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with the seed of its spot check, drawn at first sight and secret until `drawn`."""

    batch_id: UUID
    category: str
    seed: bytes
    rate: int
    correlation_id: UUID
    first_seen_at: datetime
    state: BatchState = "open"
    members: tuple[Member, ...] | None = None
    draws: int = 0
    holds: int = 0
    """How often it was quarantined: part of the ids of what frees it."""
    drill: bool = False


@dataclass(frozen=True, slots=True)
class SpotRate:
    """A category's spot rate now, and how many batches passed in a row."""

    category: str
    rate: int
    passed_in_a_row: int = 0
