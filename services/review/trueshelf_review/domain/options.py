"""What the case offers to this person: the buttons, and why one is greyed out."""

from collections.abc import Callable
from dataclasses import dataclass

from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.decisions import Abandon, KeepOriginal, Regenerate, Reshoot
from trueshelf_review.domain.people import Reviewer
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.domain.rules import check_person, check_then, enough_variants


@dataclass(frozen=True, slots=True)
class Option:
    """One possible decision; `refused_because` is empty when it is open. `then` is what may follow a rejection."""

    kind: str
    refused_because: str = ""

    @property
    def open(self) -> bool:
        return not self.refused_because


@dataclass(frozen=True, slots=True)
class Options:
    """Decisions of a case and what may follow a rejection."""

    decisions: tuple[Option, ...]
    then: tuple[Option, ...] = ()


def _why_not(check: Callable[[], None]) -> str:
    try:
        check()
    except Refusal as refusal:
        return refusal.message
    return ""


def options(case: Case, reviewer: Reviewer, policy: ReviewPolicy) -> Options:
    """Return every decision of the case's kind for `reviewer`, open or with the reason why not."""
    person = _why_not(lambda: check_person(case, reviewer))
    then = tuple(
        Option(kind, person or _why_not(lambda step=step: check_then(case, step, policy)))  # type: ignore[misc]
        for kind, step in (
            ("regenerate", Regenerate()),
            ("reshoot", Reshoot(("front",))),
            ("keep_original", KeepOriginal()),
            ("abandon", Abandon()),
        )
    )
    match case.kind:
        case "slot" | "second":
            approve = person or _why_no_approval(case, reviewer, policy)
            decisions = [Option("approve", approve), Option("reject", person)]
            if case.kind == "slot":
                decisions.append(Option("dispute", person))
            return Options(tuple(decisions), then)
        case "generation":
            return Options(then)
        case "spot":
            return Options((Option("spot_good", person), Option("spot_bad", person)))
        case "rendition":
            stopped = case.subject.rendition is not None and case.subject.rendition.verdict == "stop"
            accept = person or ("qa stopped it: a senior's case" if stopped and not reviewer.senior else "")
            return Options((Option("rendition_accept", accept), Option("rendition_reject", person)))


def _why_no_approval(case: Case, reviewer: Reviewer, policy: ReviewPolicy) -> str:
    choosable = [c for c in case.subject.candidates if enough_variants(case, c, policy)]
    if not choosable:
        return f"fewer than {policy.min_main_variants} checked variants for main (R-22)"
    if not reviewer.senior and all(c.verdict == "stop" for c in choosable):
        return "qa stopped every variant: dispute it, a senior decides"
    return ""
