"""The draft's ground: the colour that was asked for, neutral, even (R-46)."""

import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "background", "3", "background_neutral"
BORDER = 0.05
"""Width of the judged border as a share of each side."""
SEEN, PALE, BESIDE, SMALLEST = 1.0, 2.5, 6, 12
"""Lab units from the ground that was asked for (and from the source) from which something lies on it; Lab units from
its ground from which the source may show pale goods; pixels from goods that are other checks' matter; pixels below
which a place is rounding."""
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
    foreign = _foreign(pair)
    metrics.append(measured(limits, "foreign_share", float(foreign.sum()) / pair.area))
    verdict = gravest(metric.verdict for metric in metrics)
    places = tuple(pair.place(blob) for blob in blobs(foreign, 1)[:8]) if metrics[-1].verdict != "clear" else ()
    faults = [say(NAME, metric.name) for metric in metrics[:-1] if metric.verdict != "clear"]
    told = [say(NAME, "bad", faults=joined(faults, ", "))] if faults else []
    told += [say(NAME, "foreign", places=places)] if places else []
    said = joined(told) if told else say(NAME, "clear")
    return CheckResult(NAME, VERSION, verdict, said, 0.95, CHECKLIST_ITEM, tuple(metrics), places)


def _foreign(pair: Comparison) -> Mask:
    """Return what lies on a ground that was to be one colour without a shadow, and is not the source's own.

    Only of drafts that say where they laid the source: what travelled has the grain of its journey.
    """
    if pair.wanted is None or pair.declared is None or pair.asked.shadow != "none":
        return np.zeros(pair.product.shape, np.bool_)
    off = pair.candidate_smooth - np.asarray(pair.wanted, np.float32)
    seen = np.asarray(np.einsum("ijk,ijk->ij", off, off) > SEEN**2, np.bool_)
    bare = ~grown(pair.goods | (pair.source_distance > PALE), BESIDE)
    return keep_blobs(np.asarray(seen & bare & (pair.residual > SEEN), np.bool_), SMALLEST)


def _scene(pair: Comparison, strip: Mask, limits: Limits) -> CheckResult:
    """Return whether the ground is the user's own picture: neutral it need not be, changed it must not be."""
    off = measured(limits, "off_scene", float(np.median(pair.candidate.distance[strip])), "Lab")
    said = say(NAME, "scene" if off.verdict == "clear" else "not_scene")
    return CheckResult(NAME, VERSION, off.verdict, said, 0.95, CHECKLIST_ITEM, (off,))
