"""Print on the product and beside it: labels and logos lost, invented, changed or moved; words laid over it (R-43)."""

from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.print import What
from trueshelf_qa.domain.quotes import Finding, findings, quoted
from trueshelf_qa.domain.results import CheckResult, Limits, Words, gravest, measured
from trueshelf_qa.domain.words import joined, say, sentences

NAME, VERSION, CHECKLIST_ITEM = "label", "1", "details_unchanged"
KINDS: tuple[What, ...] = ("lost", "invented", "changed", "moved")


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Take the strongest of each kind; print that cannot be read counts less."""
    found = findings(pair)
    strongest = {kind: max((one.strength for one in found if one.what == kind), default=0.0) for kind in KINDS}
    metrics = tuple(measured(limits, kind, strongest[kind]) for kind in KINDS)
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.8 if pair.reader is not None else 0.5
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    told = [one for one in found if _counts(one, limits)]
    said = joined([_said(one) for one in told[:3]])
    return CheckResult(
        NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, tuple(one.place for one in told)
    )


def _counts(found: Finding, limits: Limits) -> bool:
    return measured(limits, found.what, found.strength).verdict != "clear"


def _said(found: Finding) -> Words:
    """Return what became of one row, quoting what was read."""
    at = Words(**sentences("places")[found.place.note])
    before, after = quoted(found.before), quoted(found.after)
    read = before and after if found.what == "changed" else before or after
    return say(NAME, found.what if read else f"{found.what}_unread", at=at, before=before, after=after)
