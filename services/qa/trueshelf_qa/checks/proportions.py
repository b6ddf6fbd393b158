"""Stretching and squeezing against the source (R-41, R-83)."""

import numpy as np

from trueshelf_imaging.metrics import anisotropy
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, measured

NAME, VERSION, CHECKLIST_ITEM = "proportions", "1", "shape_unchanged"
MANY = 120
"""Inliers from which the map's stretch is known to about 0.1 %."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Read the stretch from the map that lays the source over the draft: larger ÷ smaller singular value."""
    matrix = pair.registration.matrix[:, :2]
    metric = measured(limits, "stretch", anisotropy(pair.registration.matrix))
    across, up = float(np.hypot(*matrix[:, 0])), float(np.hypot(*matrix[:, 1]))
    direction = "wider" if across > up else "taller"
    sentence = (
        f"Proportions as in the source (stretch {100 * metric.value:.1f} %)."
        if metric.verdict == "clear"
        else f"The product is stretched by {100 * metric.value:.1f} %: {direction} than in the source."
    )
    confidence = 0.5 + 0.45 * min(1.0, pair.registration.inliers / MANY)
    return CheckResult(NAME, VERSION, metric.verdict, sentence, round(confidence, 2), CHECKLIST_ITEM, (metric,))
