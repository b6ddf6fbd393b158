"""In which order cases go to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.people import Rights


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person would like next; empty means anything."""

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def queue_rank(case: Case, head_start: timedelta) -> tuple[bool, datetime]:
    """Return the sort key of the queue: asked-for regenerations, then by age, doubtful ones counting as older."""
    return (not case.asked_for, case.opened_at - case.doubt * head_start)


def first_for(
    cases: Iterable[Case], who: str, rights: Rights, wish: Wish, *, now: datetime, head_start: timedelta
) -> Case | None:
    """Return the case that `who` gets next: open, held by nobody, within rights and wish (R-66, R-67)."""
    fitting = (
        case
        for case in cases
        if case.state == "open"
        and not (case.lease and case.lease.live(now))
        and (level := rights.level(case.category)) is not None
        and (level == "senior" or not case.senior_only)
        and who not in case.excluded
        and (not wish.kinds or case.kind in wish.kinds)
        and (not wish.categories or case.category in wish.categories)
    )
    return min(fitting, key=lambda case: (*queue_rank(case, head_start), case.case_id), default=None)
