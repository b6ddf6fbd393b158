"""The source's own pixels: what a draft declares is undone, and what remains must be nothing (R-40, R-42).

For drafts that lay the source pixel by pixel. Inside the product, away from edges, shadows and grounds, each pixel has
to be the source's; resampling, noise and compression have no part in it, so that the faintest retouch shows. Nobody's
mask is taken: `pixel_proof` holds the generator's core, this holds what qa itself takes for the product.
"""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "own_pixels", "1", "details_unchanged"
LEVELS = 3
"""Levels of 255 up to which rounding of a declared gain reaches."""
COVERED = 0.7
"""Share of what both pictures show as product, edges left out, that must have been held pixel by pixel for a proof."""
NOTHING = 0.001
"""Share of the product that may have changed all the same: rims of holes, which are half ground."""
NEAR = 2.0
"""Pixels between where the product was found and where it is declared, at its corners."""
DEEP = 4.0
"""Pixels from the product's edge from which no ground is mixed in."""
GROUND, EDGE = 5.0, 4
"""Lab units from the draft's ground within which a pixel may be ground, and pixels around it that may be mixed with it:
the edges of holes. Parts that are gone are another check's matter."""
ENOUGH = 400
"""Pixels as deep that a product must have: links and wires are all edge."""
PARTLY = 0.2
"""Share of a work-size pixel's full-size pixels that must have changed."""
SMALLEST = 6
"""Pixels below which a place is rounding."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare at full size, then ask where inside of the product something changed."""
    changed = _changed(pair) if _there(pair) else None
    if changed is None:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "not_claimed"), 0.0, CHECKLIST_ITEM)
    ground = grown(np.asarray(pair.candidate.distance < GROUND, np.bool_), EDGE)
    deep = np.asarray(pair.inside & (pair.depth > DEEP) & ~ground, np.bool_)
    if pair.lean or int(deep.sum()) < ENOUGH:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "thin"), 0.0, CHECKLIST_ITEM)
    other = keep_blobs(np.asarray(deep & (changed > PARTLY), np.bool_), SMALLEST)
    found = blobs(_joined(other), SMALLEST)
    metrics = (
        measured(limits, "changed_share", float(other.sum()) / pair.area),
        measured(limits, "covered", float(deep.sum()) / max(1, int(pair.core.sum()))),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    places = tuple(pair.place(blob) for blob in found) if verdict != "clear" else ()
    said = say(NAME, "changed", places=places) if places else say(NAME, "clear")
    return CheckResult(NAME, VERSION, verdict, said, 0.95, CHECKLIST_ITEM, metrics, places[:8])


def proves(result: CheckResult) -> bool:
    """Return whether the result answers every question about the product's inside: it is the source's, nearly all."""
    values = {metric.name: metric.value for metric in result.metrics}
    return values.get("covered", 0.0) >= COVERED and values["changed_share"] < NOTHING


def _there(pair: Comparison) -> bool:
    """Return whether the source was found where it is declared to lie: `proportions` judges it where it was not."""
    if pair.declared is None:
        return False
    x, y, width, height = cv2.boundingRect(pair.source.product.sure.astype(np.uint8))
    corners = np.array([[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]], np.float64)
    found = cv2.perspectiveTransform(corners, pair.registration.full)
    return bool(np.abs(found - cv2.transform(corners, pair.declared)).max() < NEAR)


def _changed(pair: Comparison) -> Floats | None:
    """Return per pixel at work size the share of its full-size pixels that are not the source's.

    None where the source is said to be scaled or moved by part of a pixel: then no pixel is claimed to be kept.
    """
    placed, source, draft = pair.placed, pair.source.full, pair.drawn.full
    if placed is None or placed.scale != 1 or placed.offset_x % 1 or placed.offset_y % 1:
        return None
    left, top = int(placed.offset_x), int(placed.offset_y)
    height, width = draft.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + source.shape[1]), min(height, top + source.shape[0])
    if x0 >= x1 or y0 >= y1:
        return None
    off = cv2.absdiff(draft[y0:y1, x0:x1], np.ascontiguousarray(source[y0 - top : y1 - top, x0 - left : x1 - left]))
    other = np.zeros((height, width), np.uint8)
    other[y0:y1, x0:x1] = cv2.max(cv2.max(off[..., 0], off[..., 1]), off[..., 2]) > LEVELS
    if (width, height) == pair.size:
        return other.astype(np.float32)
    return np.asarray(cv2.resize(other.astype(np.float32), pair.size, interpolation=cv2.INTER_AREA), np.float32)


def _joined(mask: Mask) -> Mask:
    """Return scattered pixels of one change as one place."""
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), np.bool_)
