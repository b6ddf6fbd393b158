"""Things beside the product that its source lacks: an added piece, text, a watermark, a stand (R-40, R-44, R-45)."""

import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs, opened
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "extra_part", "1", "kit_unchanged"
BESIDE = 6
"""Pixels around the source's product in which nothing is called extra: edges and registration."""
CHANGED, CHANGED_GENERATIVE = 6.0, 14.0
"""Lab units from the source: what the source shows at that very place was not added, whatever its mask says."""
THIN = 3
MIN_BLOB = 0.0004


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """What stands out from the draft's ground where the source shows nothing, soft neutral shadows aside."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    beside = ~grown(pair.product | (pair.outer & ~pair.source_shadow), BESIDE)
    changed = pair.residual > (CHANGED_GENERATIVE if pair.generative else CHANGED)
    extra = pair.candidate.sure & ~pair.candidate.shadow & beside & changed
    kept = keep_blobs(opened(np.asarray(extra, np.bool_), THIN), max(6, int(MIN_BLOB * pair.area)))
    found = blobs(kept, 1)
    places = tuple(pair.place(blob) for blob in found)
    metrics = (
        measured(limits, "extra_share", float(kept.sum()) / pair.area),
        measured(limits, "largest_place", found[0].area / pair.area if found else 0.0),
    )
    verdict = max((metric.verdict for metric in metrics), key=("clear", "flag", "stop").index)
    said = say(NAME, "clear") if verdict == "clear" else say(NAME, "added", places=places)
    return CheckResult(NAME, VERSION, verdict, said, 0.85, CHECKLIST_ITEM, metrics, places[:8])
