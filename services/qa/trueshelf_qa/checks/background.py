"""The draft's ground: the colour that was asked for, neutral, even (R-46)."""

import numpy as np

from trueshelf_imaging.difference import grown
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured

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
        sentence = "The ground could not be judged: the product reaches all borders."
        return CheckResult(NAME, VERSION, "unjudged", sentence, 0.0, CHECKLIST_ITEM)
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
    names = {
        "chroma": "tinted",
        "unevenness": "uneven",
        "off_wanted": "not the colour that was asked for",
        "ground_shift": "not that of the picture it was made from",
    }
    bad = ", ".join(names[metric.name] for metric in metrics if metric.verdict != "clear")
    sentence = "The ground is neutral and even." if verdict == "clear" else f"The ground is {bad}."
    return CheckResult(NAME, VERSION, verdict, sentence, 0.95, CHECKLIST_ITEM, tuple(metrics))


def _scene(pair: Comparison, strip: Mask, limits: Limits) -> CheckResult:
    """Return whether the ground is the user's own picture: neutral it need not be, changed it must not be."""
    off = measured(limits, "off_scene", float(np.median(pair.candidate.distance[strip])), "Lab")
    sentence = "The ground is the scene that it was set into."
    if off.verdict != "clear":
        sentence = "The ground is not the scene that it was set into."
    return CheckResult(NAME, VERSION, off.verdict, sentence, 0.95, CHECKLIST_ITEM, (off,))
