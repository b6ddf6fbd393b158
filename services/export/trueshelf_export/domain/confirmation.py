"""Confirming a marketplace's rules: a person read them, answers each item, and enters what nobody published (R-88)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trueshelf_export.domain.checklist import Answer, Item, unanswered
from trueshelf_export.domain.profiles import Profile, ProfileError, Value, check_value

MAX_AGE = timedelta(days=30)
"""What was read longer ago than this is not current any more."""
MAX_VALIDITY = timedelta(days=180)
DEFAULT_VALIDITY = timedelta(days=90)
"""Documents ask for a look every quarter (R-105)."""


class ConfirmationError(Exception):
    """The confirmation is not complete; `reasons` are sentences that say what to do."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person states about a profile."""

    source: str
    checked_on: date
    valid_until: date
    answers: Mapping[str, Answer]
    values: Mapping[str, int | float | str]
    by: str


def confirm(profile: Profile, items: tuple[Item, ...], given: Confirmation, today: date) -> Profile:
    """Return `profile` with the entered values and new dates. Raises ConfirmationError with all reasons."""
    reasons = [
        f"item '{name}' is not answered: {question}" for name, question in unanswered(items, given.answers).items()
    ]
    reasons += _wrong_dates(given, today)
    entered: dict[str, Value] = {}
    for name, value in given.values.items():
        try:
            entered[name] = Value(check_value(name, value), "entered", given.source)
        except ProfileError as error:
            reasons.append(str(error))
    confirmed = replace(
        profile,
        values={**profile.values, **entered},
        checked_on=given.checked_on,
        checked_by=given.by,
        valid_until=given.valid_until,
    )
    if not reasons:
        try:
            confirmed.limits()
        except ProfileError as error:
            reasons.append(f"{error}: enter what the marketplace's own page says")
    if reasons:
        raise ConfirmationError(tuple(reasons))
    return confirmed


def _wrong_dates(given: Confirmation, today: date) -> list[str]:
    reasons = []
    if given.checked_on > today:
        reasons.append(f"checked_on {given.checked_on} lies in the future")
    elif given.checked_on < today - MAX_AGE:
        reasons.append(f"checked_on {given.checked_on} is more than {MAX_AGE.days} days ago: read the rules again")
    if given.valid_until <= today:
        reasons.append(f"valid_until {given.valid_until} is not after today")
    elif given.valid_until > given.checked_on + MAX_VALIDITY:
        reasons.append(f"valid_until {given.valid_until} is more than {MAX_VALIDITY.days} days after the reading")
    return reasons
