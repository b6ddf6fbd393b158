"""Who may decide what about which case: every rule of review as a function that passes or raises Refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from trueshelf_review.domain.cases import Candidate, Case, RenditionSubject
from trueshelf_review.domain.checklists import Checklist, check_answers
from trueshelf_review.domain.decisions import (
    Abandon,
    AcceptRendition,
    Acknowledged,
    Approve,
    Decision,
    Dispute,
    KeepOriginal,
    Redirect,
    Regenerate,
    Reject,
    RejectRendition,
    Reshoot,
    SpotBad,
    SpotGood,
    Then,
)
from trueshelf_review.domain.leases import must_hold
from trueshelf_review.domain.people import Reviewer, must_be_person, must_be_senior
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.domain.refusal import Refusal

AS_SHOT = "as_shot"
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person's client says it showed: the screen's width in CSS pixels and the case's version."""

    viewport_width: int
    case_version: int


def check_person(case: Case, reviewer: Reviewer) -> None:
    """Raise Refusal unless `reviewer` may decide `case` at all: rights, level, four eyes (R-60, R-66, R-67)."""
    must_be_person(reviewer)
    if reviewer.level is None:
        raise Refusal(
            "forbidden", "no_right", f"no reviewer's right in category {case.category}", "ask an administrator for it"
        )
    if case.senior_only:
        must_be_senior(reviewer, f"decides a {case.kind} case (R-67)")
    if reviewer.id in case.excluded:
        raise Refusal(
            "forbidden",
            "second_person_needed",
            f"this {case.kind} case needs another person than the one whose work it looks at (R-67)",
            "leave it to a colleague",
        )


def check_decision(  # noqa: C901 - one arm per decision
    case: Case, decision: Decision, reviewer: Reviewer, seen: Seen, *, checklist: Checklist, policy: ReviewPolicy
) -> None:
    """Raise Refusal unless `reviewer` may take `decision` on `case` now, having seen what `seen` says."""
    check_person(case, reviewer)
    if case.state != "open":
        raise Refusal("conflict", "not_open", f"the case is {case.state}", "take the next one")
    if seen.case_version != case.version:
        raise Refusal(
            "conflict",
            "case_changed",
            f"you saw version {seen.case_version} of the case, it is at {case.version}",
            "load the case again, look again, decide then",
        )
    must_hold(case.lease, reviewer.id)
    if seen.viewport_width < policy.min_viewport_width:
        raise Refusal(
            "incomplete",
            "screen_too_small",
            f"a screen of {seen.viewport_width} CSS pixels is too small; {policy.min_viewport_width} are needed (R-62)",
            "decide on a monitor or a tablet, not on a phone",
        )
    match decision:
        case Approve():
            _check_approve(case, decision, reviewer, checklist, policy)
        case Reject():
            _must_be(case, "slot", "second")
            _check_covers_all(case, decision)
            check_then(case, decision.then, policy)
        case Dispute():
            _must_be(case, "slot")
            _candidate(case, decision)
            _need_reasons(decision.reasons)
        case Redirect():
            _must_be(case, "generation")
            check_then(case, decision.then, policy)
        case SpotGood():
            _must_be(case, "spot")
        case SpotBad():
            _must_be(case, "spot")
            _need_reasons(decision.reasons)
        case AcceptRendition():
            _check_accept(_rendition(case, decision), decision, reviewer)
        case RejectRendition():
            _rendition(case, decision)
            _need_reasons(decision.reasons)
        case _:
            assert_never(decision)


def enough_variants(case: Case, candidate: Candidate, policy: ReviewPolicy) -> bool:
    """Say whether main was chosen among enough checked variants, or is the original kept as it is (R-22, R-17)."""
    return case.slot != MAIN or candidate.mode == AS_SHOT or len(case.subject.candidates) >= policy.min_main_variants


def check_then(case: Case, then: Then, policy: ReviewPolicy) -> None:
    """Raise Refusal unless `then` is open to the case: after the last round nothing is generated again."""
    match then:
        case Regenerate() if (case.round or 1) >= policy.max_rounds:
            raise Refusal(
                "conflict",
                "rounds_spent",
                f"the slot had its {policy.max_rounds} rounds",
                "ask for a reshoot, keep the original, or do without the slot",
            )
        case KeepOriginal() if _only_original(case):
            raise Refusal(
                "conflict",
                "is_original",
                "the original itself was rejected",
                "ask for a reshoot or do without the slot",
            )
        case Reshoot(shots=()):
            raise Refusal("incomplete", "no_shots", "a reshoot names its shots", "name at least one, e.g. front")
        case Regenerate() | KeepOriginal() | Reshoot() | Abandon():
            return
        case _:
            assert_never(then)


def _only_original(case: Case) -> bool:
    return bool(case.subject.modes) and all(mode == AS_SHOT for mode in case.subject.modes)


def _check_approve(
    case: Case, decision: Approve, reviewer: Reviewer, checklist: Checklist, policy: ReviewPolicy
) -> None:
    _must_be(case, "slot", "second")
    candidate = _candidate(case, decision)
    if decision.master_sha256 != candidate.master_sha256:
        raise Refusal(
            "conflict",
            "other_picture",
            f"what you saw ({decision.master_sha256[:12]}…) is not what variant {candidate.variant_id} is"
            f" ({candidate.master_sha256[:12]}…)",
            "load the case again, look again, decide then",
        )
    if not enough_variants(case, candidate, policy):
        raise Refusal(
            "conflict",
            "too_few_variants",
            f"main has {len(case.subject.candidates)} checked variant; {policy.min_main_variants} are needed (R-22)",
            "regenerate, ask for a reshoot, or keep the original",
        )
    check_answers(checklist, case.slot or MAIN, decision.answers)
    _check_acknowledged(candidate.flagged, decision.acknowledged)
    if candidate.verdict == "stop":
        must_be_senior(reviewer, "approves what qa stopped")
        if not decision.override_reason.strip():
            raise Refusal(
                "incomplete",
                "no_override_reason",
                f"qa stopped this variant ({', '.join(candidate.stopped) or 'see the report'})",
                "write why it is good all the same",
            )


def _check_accept(rendition: RenditionSubject, decision: AcceptRendition, reviewer: Reviewer) -> None:
    _check_acknowledged((*rendition.flagged, *rendition.stopped), decision.acknowledged)
    if rendition.verdict == "stop":
        must_be_senior(reviewer, "accepts what qa stopped")
        silent = [a.check for a in decision.acknowledged if a.check in rendition.stopped and not a.note.strip()]
        if silent:
            raise Refusal("incomplete", "no_override_reason", f"qa stopped it for {', '.join(silent)}", "write why")


def _check_acknowledged(findings: Sequence[str], acknowledged: Sequence[Acknowledged]) -> None:
    known = {a.check for a in acknowledged}
    if missing := [check for check in findings if check not in known]:
        raise Refusal(
            "incomplete",
            "findings_open",
            f"findings not acknowledged: {', '.join(missing)}",
            "look at each finding and acknowledge it, or reject",
        )


def _check_covers_all(case: Case, decision: Reject) -> None:
    named = [variant.variant_id for variant in decision.variants]
    known = [candidate.variant_id for candidate in case.subject.candidates]
    if sorted(named) != sorted(known):
        raise Refusal(
            "incomplete",
            "variants_missing",
            f"a rejection names each of the {len(known)} variants once, this one names {len(named)}",
            "give the reasons for each variant, or approve one",
        )
    for variant in decision.variants:
        _need_reasons(variant.reasons)


def _candidate(case: Case, decision: Approve | Dispute) -> Candidate:
    candidate = case.candidate(decision.variant_id)
    if candidate is None:
        raise Refusal("missing", "no_variant", f"variant {decision.variant_id} is not in this case", "load it again")
    return candidate


def _rendition(case: Case, decision: AcceptRendition | RejectRendition) -> RenditionSubject:
    _must_be(case, "rendition")
    rendition = case.subject.rendition
    assert rendition is not None
    if decision.rendition_sha256 != rendition.rendition_sha256:
        raise Refusal("conflict", "other_picture", "what you saw is not this rendition", "load it again, look again")
    return rendition


def _must_be(case: Case, *kinds: str) -> None:
    if case.kind not in kinds:
        raise Refusal(
            "incomplete",
            "wrong_decision",
            f"a {case.kind} case is not decided like this",
            "see the case's 'options' for what it allows",
        )


def _need_reasons(reasons: Sequence[object]) -> None:
    if not reasons:
        raise Refusal("incomplete", "no_reasons", "no reason given (R-64)", "name at least one reason")
