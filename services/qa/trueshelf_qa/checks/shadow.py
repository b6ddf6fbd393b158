"""Shadows on the draft's ground that tell of a stand, of floating or of another size: detached, hard or far (R-44)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, keep_blobs
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.borders import kept_where, rim, slope
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "shadow", "2", "background_neutral"
STEP = 4
"""The ground is looked at this much smaller: shadows are soft."""
DARK, NEUTRAL = 2.5, 6.0
"""L* below the ground from which it is shaded, and Lab units of colour from which that is no shadow."""
NEAR = 2
"""Small pixels around the product that its own edge darkens."""
TOUCHING = 4
"""Small pixels within which a shadow must begin at the product (a soft one begins below `DARK`)."""
PALE = 2.5
"""Lab units from its ground from which the source may show pale goods there."""
HARD = 6.0
"""L* per small pixel: what presets cast and what falls on paper has a penumbra (Gaussian, 8 pixels and more)."""
REACH = 0.36
"""Share of the product's longer side beyond which nothing is its shadow; presets fade out at 0.30."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look at what is neutrally darker than the draft's ground, away from everything that the source shows there."""
    if pair.in_scene:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "scene"), 0.5, CHECKLIST_ITEM)
    goods = _small(pair.goods.astype(np.float32)) > 0
    light = _small(pair.candidate_smooth[..., 0] - pair.candidate.ground[..., 0])
    chroma = _small(pair.candidate.chroma)
    away = cv2.distanceTransform((~goods).astype(np.uint8), cv2.DIST_L2, 3)
    fresh = _small(pair.residual) > DARK
    shade = keep_blobs((light < -DARK) & (chroma < NEUTRAL) & (away > NEAR) & fresh, 4)
    _, _, width, height = cv2.boundingRect(goods.astype(np.uint8))
    detached = shade & ~kept_where(shade, shade, away <= TOUCHING, 0.0, 1)
    hard = kept_where(shade, rim(shade), slope(light) > HARD, 0.5, 6)
    far = keep_blobs(shade & (away > REACH * max(width, height)), 4)
    area = max(1, int(goods.sum()))
    masks = {"detached_share": detached, "hard_share": hard, "far_share": far}
    if pair.asked.shadow == "none":
        masks["unasked_share"] = shade & ~(_small((pair.source_distance > PALE).astype(np.float32)) > 0)
    metrics = tuple(measured(limits, name, float(mask.sum()) / area) for name, mask in masks.items())
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    places: tuple[Place, ...] = ()
    if verdict != "clear":
        bad = [(metric.name, _places(pair, masks[metric.name])) for metric in metrics if metric.verdict != "clear"]
        said = joined([say(NAME, name, places=found) for name, found in bad])
        places = tuple(place for _, found in bad for place in found)
    return CheckResult(NAME, VERSION, verdict, said, 0.7, CHECKLIST_ITEM, metrics, places[:8])


def _small(plane: Floats) -> Floats:
    size = max(1, plane.shape[1] // STEP), max(1, plane.shape[0] // STEP)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _places(pair: Comparison, small: Mask) -> tuple[Place, ...]:
    full = cv2.resize(small.astype(np.uint8), pair.size, interpolation=cv2.INTER_NEAREST) > 0
    return tuple(pair.place(blob) for blob in blobs(full, 1))
