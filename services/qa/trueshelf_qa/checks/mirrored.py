"""A draft that shows the product's mirror image: zips, prints and clasps on the wrong side (R-40)."""

from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limit, Limits, Measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "mirrored", "1", "shape_unchanged"
ALWAYS = Limit(stop=1.0)
"""No profile and no category lets a mirror image pass."""
UNSURE = 0.5


def check(pair: Comparison, limits: Limits) -> CheckResult:  # noqa: ARG001 - every check is called alike
    """Say which of the source and its mirror image registration found; of symmetric goods both are the same."""
    found = Measured(NAME, float(pair.registration.mirrored), "", ALWAYS)
    confidence = 0.95 if pair.registration.method == "features" else UNSURE
    said = say(NAME, "mirrored" if pair.registration.mirrored else "clear")
    return CheckResult(NAME, VERSION, found.verdict, said, confidence, CHECKLIST_ITEM, (found,))
