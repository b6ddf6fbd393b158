"""The cut-out's own outline, held against the edge that the source shows there (R-43).

An honest outline runs along the source's edge and in its direction. One in steps turns against it; one that took a rim
of the old ground along, or cut into the product, runs beside it, whatever colour that rim has.
"""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs
from trueshelf_imaging.pixels import Floats, Mask, around
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "cut_edge", "1", "edges_clean"
SEEN, BARE, STRONG = 5.0, 3.0, 15.0
"""Lab units from the draft's ground: something from the first on, ground below the second; an outline reaches the
third within 3 pixels."""
CRUMB, GAP = 200, 60
"""Pixels of the smallest piece and of the smallest hole that have an outline."""
ENOUGH = 200
"""Pixels of outline from which shares mean something."""
STEEP = 2.0
"""Lab units per pixel from which a direction is one; a shadow's rim is flatter."""
SOFT, AGREED = 1.0, 0.5
"""Gaussian sigma, pixels, of slopes and of their mean direction; how alike the slopes around have to be, 0 to 1."""
TURNED = np.radians(15.0)
"""Angle to the source's edge from which an outline goes its own way; honest ones lie within 5 degrees."""
EDGE, SUPPORT = 3.0, 0.4
"""Lab units per pixel of an edge in the source within 4 pixels of the outline, and share of it that the source must
show within one."""
FRAME = 5
"""Pixels at the source's frame that say nothing."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Count how much of the draft's outline turns against the source's edge, and how much runs beside it."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    outline, rim = _outline(pair)
    if pair.in_scene or int(rim.sum()) < ENOUGH:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "faint"), 0.0, CHECKLIST_ITEM)
    window = around(outline, 12)
    line, source, draft = outline[window], pair.source_lab[window], pair.candidate_lab[window]
    turned, told = _turned(source, draft, line)
    rim = rim[window] & (cv2.dilate(_steepness(draft), np.ones((3, 3), np.uint8)) > EDGE)
    beside = _beside(source, rim)
    metrics = (
        measured(limits, "jagged", float(turned.sum()) / told if told >= ENOUGH else 0.0),
        measured(limits, "beside", float(beside.sum()) / max(ENOUGH, int(rim.sum()))),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    places: tuple[Place, ...] = ()
    if verdict != "clear":
        loud = [
            (metric, mask) for metric, mask in zip(metrics, (turned, beside), strict=True) if metric.verdict != "clear"
        ]
        said = joined([say(NAME, metric.name, share=metric.value) for metric, _ in loud])
        places = tuple(place for _, mask in loud for place in _places(pair, mask, window))
    return CheckResult(NAME, VERSION, verdict, said, 0.8, CHECKLIST_ITEM, metrics, places[:8])


def _outline(pair: Comparison) -> tuple[Mask, Mask]:
    """Return the edge of what stands out from the draft's ground, and its outermost pixels; of a faint thing none."""
    distance = pair.candidate.distance
    goods, ground = keep_blobs(distance > SEEN, CRUMB), keep_blobs(distance < BARE, GAP)
    strong = cv2.dilate(distance, np.ones((7, 7), np.uint8)) > STRONG
    edge = np.asarray(goods & grown(ground, 2) & strong & grown(pair.covered, -FRAME), np.bool_)
    return edge, edge & ~grown(goods, -1)


def _turned(source: Floats, draft: Floats, line: Mask) -> tuple[Mask, int]:
    """Return where the outline turns against the source's edge, and on how many of its pixels both have a direction."""
    (angle, clear), (other, apparent) = _direction(source), _direction(draft)
    told = line & clear & apparent
    between = np.abs((angle - other + np.pi / 2) % np.pi - np.pi / 2)
    return np.asarray(told & (between > TURNED), np.bool_), int(told.sum())


def _direction(lab: Floats) -> tuple[Floats, Mask]:
    """Return the direction of the slopes around each pixel (radians, modulo π), and where there is one.

    The main axis of the structure tensor of all three channels.
    """
    smooth = cv2.GaussianBlur(lab, (0, 0), SOFT)
    x, y = (cv2.Scharr(smooth, -1, dx, dy, scale=1 / 32) for dx, dy in ((1, 0), (0, 1)))
    xx, yy, xy = (
        cv2.GaussianBlur(np.einsum("ijk,ijk->ij", one, other), (0, 0), SOFT) for one, other in ((x, x), (y, y), (x, y))
    )
    apart, total = np.hypot(xx - yy, 2 * xy), xx + yy
    angle = np.asarray(0.5 * np.arctan2(2 * xy, xx - yy), np.float32)
    return angle, np.asarray((total > STEEP**2) & (apart > AGREED * total), np.bool_)


def _beside(source: Floats, rim: Mask) -> Mask:
    """Return where the outline has the source's edge near by, and not under it."""
    steep = _steepness(source)
    under, near = (cv2.dilate(steep, np.ones((side, side), np.uint8)) for side in (3, 9))
    return np.asarray(rim & (near > EDGE) & (under < SUPPORT * near), np.bool_)


def _steepness(lab: Floats) -> Floats:
    """Return Lab units per pixel."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8 * SOFT)
    x, y = (cv2.Scharr(smooth, -1, dx, dy, scale=1 / 32) for dx, dy in ((1, 0), (0, 1)))
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", x, x) + np.einsum("ijk,ijk->ij", y, y)), np.float32)


def _places(pair: Comparison, mask: Mask, window: tuple[slice, slice]) -> tuple[Place, ...]:
    whole = np.zeros(pair.product.shape, np.bool_)
    whole[window] = grown(mask, 4)
    return tuple(pair.place(blob) for blob in blobs(whole, CRUMB // 4)[:4])
