"""Changes on the product: logo, label, hardware, stones, pattern, a retouched scratch (R-40, R-42, R-47, R-52)."""

import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs, strongest
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "surface", "1", "details_unchanged"
GROUND = 5.0
"""Lab units within which a pixel of the draft counts as ground."""
THIN_SHARE = 0.1
AWAY = 6
"""Pixels from the draft's ground within which a change belongs to the edge, which the halo check judges."""
TOP = 0.002
"""The strongest 0.2 % of the product carry the verdict: fewer pixels are noise, more hide a small logo."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Take the least difference within the tolerated shift, so that edges under sub-pixel errors stay quiet."""
    core = _inside(pair)
    level = limits["changed_share_level"].flag if "changed_share_level" in limits else None
    changed = keep_blobs(
        np.asarray(core & (pair.residual > (level or 12.0)), np.bool_), max(6, int(0.0003 * pair.area))
    )
    found = blobs(changed, 1)
    places = tuple(pair.place(blob) for blob in found)
    metrics = (
        measured(limits, "strongest_difference", strongest(pair.residual[core], TOP), "Lab"),
        measured(limits, "changed_share", float(changed.sum()) / pair.area),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear" if verdict == "clear" else "differs_at" if places else "differs", places=places)
    confidence = 0.5 if pair.generative else 0.9
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places[:8])


def _inside(pair: Comparison) -> Mask:
    """Return the product well inside its edges; of a thin product (a chain) the usual core."""
    inside = pair.core & ~grown(pair.candidate.distance < GROUND, AWAY)
    return np.asarray(inside if inside.sum() > THIN_SHARE * pair.core.sum() else pair.core, np.bool_)
