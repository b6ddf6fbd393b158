"""Reason codes as a versioned policy: what a person may say against a picture or a marketplace file (R-64, R-103)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from trueshelf_review.domain.decisions import (
    AcceptRendition,
    Approve,
    Decision,
    Dispute,
    Reason,
    Redirect,
    Reject,
    RejectRendition,
    SpotBad,
    SpotGood,
)
from trueshelf_review.domain.refusal import Refusal

About = Literal["picture", "rendition"]
MOST_OFFERED = 10
"""Each has a digit of the keyboard: 1 to 9, then 0."""


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One reason. `item` is the checklist item that it fails; `offered`: people are shown it, programs may say it."""

    code: str
    about: tuple[About, ...]
    text: Mapping[str, str]
    item: str | None = None
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Reasons:
    """One version of all reasons, in the order in which they are offered; `sha256` is over its canonical JSON."""

    name: str
    version: str
    sha256: str
    codes: tuple[ReasonCode, ...]

    def of(self, about: About) -> tuple[ReasonCode, ...]:
        return tuple(each for each in self.codes if about in each.about)

    def check(self, about: About, codes: Iterable[str]) -> None:
        """Raise Refusal for a code that nobody published for this: the rejection log counts them for years (R-103)."""
        known = [each.code for each in self.of(about)]
        if unknown := [code for code in codes if code not in known]:
            raise Refusal(
                "incomplete",
                "unknown_reason",
                f"'{unknown[0]}' is no reason of version {self.version} about a {about}",
                f"say one of {', '.join(known)}; what none of them says is 'other' with words beside it",
            )


def about(kind: str) -> About:
    """Return what a case of `kind` is about."""
    return "rendition" if kind == "rendition" else "picture"


def codes_in(decision: Decision) -> tuple[str, ...]:
    """Return the reason codes that a decision says."""
    match decision:
        case Reject(variants=variants):
            return tuple(reason.code for variant in variants for reason in variant.reasons)
        case Dispute(reasons=reasons) | Redirect(reasons=reasons) | SpotBad(reasons=reasons):
            return _codes(reasons)
        case RejectRendition(reasons=reasons):
            return _codes(reasons)
        case Approve() | SpotGood() | AcceptRendition():
            return ()
        case _:
            assert_never(decision)


def _codes(reasons: Iterable[Reason]) -> tuple[str, ...]:
    return tuple(reason.code for reason in reasons)
