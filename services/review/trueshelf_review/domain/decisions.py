"""What a person can decide, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from trueshelf_review.domain.checklists import Answer


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a code that the rejection log counts (R-103), the checklist item it hangs on, and words."""

    code: str
    checklist_item: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A finding of qa that the person saw and judged harmless."""

    check: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Regenerate:
    """Make the slot again with this change (R-26)."""

    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reshoot:
    """Photograph again."""

    shots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeepOriginal:
    """Use the source itself (R-17): a round in mode as_shot."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The listing does without this slot."""


Then = Regenerate | Reshoot | KeepOriginal | Abandon


@dataclass(frozen=True, slots=True)
class Approve:
    """This variant, as seen: `master_sha256` is what lay on the person's screen."""

    variant_id: UUID
    master_sha256: str
    answers: tuple[Answer, ...]
    acknowledged: tuple[Acknowledged, ...] = ()
    override_reason: str = ""


@dataclass(frozen=True, slots=True)
class RejectedVariant:
    """One variant and why not (R-64)."""

    variant_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """No variant will do; each has its reasons, and then something follows."""

    variants: tuple[RejectedVariant, ...]
    then: Then


@dataclass(frozen=True, slots=True)
class Dispute:
    """In doubt: a senior who is another person decides (R-67)."""

    variant_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """What follows a refused item."""

    then: Then
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class SpotGood:
    """The sampled SKU is as it should be."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class SpotBad:
    """It is not: the batch is quarantined (R-70)."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class AcceptRendition:
    """The marketplace file is good in spite of what qa noticed."""

    rendition_sha256: str
    acknowledged: tuple[Acknowledged, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectRendition:
    """The marketplace file may not go out."""

    rendition_sha256: str
    reasons: tuple[Reason, ...]


Decision = Approve | Reject | Dispute | Redirect | SpotGood | SpotBad | AcceptRendition | RejectRendition
