"""The draft's ground: the colour that was asked for, neutral, even (R-46)."""

import numpy as np

from trueshelf_imaging.difference import grown
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "background", "2", "background_neutral"
BORDER = 0.05
"""Width of the judged border as a share of each side."""
AWAY = 12
"""Pixels around product and shadow that are not ground."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Judge the border strip, where neither product nor its shadow belongs."""
    height, width = pair.product.shape
    strip = np.zeros((height, width), np.bool_)
    band_y, band_x = max(2, round(BORDER * height)), max(2, round(BORDER * width))
    strip[:band_y], strip[-band_y:], strip[:, :band_x], strip[:, -band_x:] = True, True, True, True
    strip &= ~grown(pair.product | pair.candidate.possible, AWAY)
    pixels = pair.candidate_lab[strip]
    if len(pixels) < 100:  # noqa: PLR2004  # the product fills the border
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "full"), 0.0, CHECKLIST_ITEM)
    if pair.in_scene:
        return _scene(pair, strip, limits)
    middle = np.median(pixels, axis=0)
    metrics = [
        measured(limits, "chroma", float(np.hypot(middle[1], middle[2])), "Lab"),
        measured(limits, "unevenness", float(pixels.std(axis=0).max()), "Lab"),
    ]
    if pair.wanted is not None:
        off = float(np.sqrt(((middle - np.asarray(pair.wanted)) ** 2).sum()))
        metrics.append(measured(limits, "off_wanted", off, "Lab"))
    shared = strip & pair.covered
    if shared.any():
        moved = pair.candidate_lab[shared] - pair.source_lab[shared]
        metrics.append(measured(limits, "ground_shift", float(np.median(np.sqrt((moved**2).sum(axis=1)))), "Lab"))
    verdict = gravest(metric.verdict for metric in metrics)
    faults = joined([say(NAME, metric.name) for metric in metrics if metric.verdict != "clear"], ", ")
    said = say(NAME, "clear") if verdict == "clear" else say(NAME, "bad", faults=faults)
    return CheckResult(NAME, VERSION, verdict, said, 0.95, CHECKLIST_ITEM, tuple(metrics))


def _scene(pair: Comparison, strip: Mask, limits: Limits) -> CheckResult:
    """Return whether the ground is the user's own picture: neutral it need not be, changed it must not be."""
    off = measured(limits, "off_scene", float(np.median(pair.candidate.distance[strip])), "Lab")
    said = say(NAME, "scene" if off.verdict == "clear" else "not_scene")
    return CheckResult(NAME, VERSION, off.verdict, said, 0.95, CHECKLIST_ITEM, (off,))
