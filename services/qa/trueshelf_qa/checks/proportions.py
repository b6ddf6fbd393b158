"""Stretching and squeezing against the source (R-41, R-83)."""

import numpy as np

from trueshelf_imaging.metrics import anisotropy
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "proportions", "2", "shape_unchanged"
MANY = 120
"""Inliers from which the map's stretch is known to about 0.1 %."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Read the stretch from the map that lays the source over the draft: larger ÷ smaller singular value."""
    matrix = pair.registration.matrix[:, :2]
    metric = measured(limits, "stretch", anisotropy(pair.registration.matrix))
    metrics = [metric]
    if pair.declared_scale is not None:
        metrics.append(measured(limits, "scale_off", abs(pair.registration.scale / pair.declared_scale - 1)))
    across, up = float(np.hypot(*matrix[:, 0])), float(np.hypot(*matrix[:, 1]))
    direction = "wider" if across > up else "taller"
    said = say(NAME, "clear" if metric.verdict == "clear" else direction, stretch=100 * metric.value)
    if metrics[-1].name == "scale_off" and metrics[-1].verdict != "clear":
        said = joined([said, say(NAME, "scale_off", off=100 * metrics[-1].value)])
    confidence = 0.5 + 0.45 * min(1.0, pair.registration.inliers / MANY)
    verdict = gravest(one.verdict for one in metrics)
    return CheckResult(NAME, VERSION, verdict, said, round(confidence, 2), CHECKLIST_ITEM, tuple(metrics))
