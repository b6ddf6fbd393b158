"""One part recoloured while the rest keeps its colour: a brick, a button, a stone, a panel (R-40, R-42, R-47).

The signed difference is averaged over boxes before its length is taken: an edge that lies a fraction of a pixel off
gives as much of one sign as of the other and falls out, which the largest difference of single pixels never does.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.difference import blobs, rescaled
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "recoloured_part", "1", "colour_matches"
SHRINK = 0.5
"""Chroma of JPEG files has half the resolution anyway."""
SHARES = (0.004, 0.015)
"""Areas of the boxes, as shares of the product."""
SMALLEST = 7
"""Side of a box in shrunken pixels below which misalignment shows."""
FULL = 0.8
"""Share of a box that must lie on the product."""
DARK, BRIGHT = 4.0, 97.0
"""L* outside of which a pixel's colour is clipped away."""
STRONG = 0.75
"""A place is drawn from this share of the strongest shift on."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Find the box whose mean colour left that of the whole product's shift behind most."""
    weight, difference = _difference(pair)
    total = float(weight.sum())
    if total < SMALLEST * SMALLEST:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "small"), 0.3, CHECKLIST_ITEM)
    difference -= (difference.sum(axis=(0, 1)) / total) * weight[..., None]
    maps = [found for share in SHARES if (found := _boxes(pair, weight, difference, share)) is not None]
    if not maps:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "small"), 0.3, CHECKLIST_ITEM)
    hues = np.maximum.reduce([np.hypot(found[..., 1], found[..., 2]) for found in maps])
    lights = np.maximum.reduce([np.abs(found[..., 0]) for found in maps])
    metrics = (
        measured(limits, "place_shift", float(hues.max()), "Lab"),
        measured(limits, "place_lightness", float(lights.max()), "L*"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.5 if pair.generative else 0.85
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    key, strength = ("hue", hues) if metrics[0].verdict != "clear" else ("light", lights)
    places = tuple(pair.place(rescaled(blob, _cell(pair, strength))) for blob in blobs(_strong(strength), 1)[:8])
    said = say(NAME, key, shift=float(strength.max()), places=places)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _difference(pair: Comparison) -> tuple[Floats, Floats]:
    """Return the core's weight and the weighted Lab difference, candidate minus source, shrunken."""
    source, candidate = pair.source_smooth, pair.candidate_smooth
    clipped = np.maximum(source[..., 0], candidate[..., 0]) > BRIGHT
    clipped |= np.minimum(source[..., 0], candidate[..., 0]) < DARK
    weight = (pair.inside & ~clipped).astype(np.float32)
    size = tuple(max(1, round(SHRINK * length)) for length in pair.size)
    small = cv2.resize((candidate - source) * weight[..., None], size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32), np.asarray(small, np.float32)


def _boxes(pair: Comparison, weight: Floats, difference: Floats, share: float) -> Floats | None:
    """Return the mean difference around each pixel, 0 where the box hardly lies on the product; None if nowhere."""
    side = max(SMALLEST, round(SHRINK * float(np.sqrt(share * pair.area))) | 1)
    count = cv2.boxFilter(weight, -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    on = count > FULL
    if not on.any():
        return None
    mean = cv2.boxFilter(difference, -1, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.where(on[..., None], mean / np.maximum(count, FULL)[..., None], 0).astype(np.float32)


def _strong(strength: npt.NDArray[np.float32]) -> Mask:
    return np.asarray(strength >= STRONG * strength.max(), np.bool_)


def _cell(pair: Comparison, grid: npt.NDArray[np.float32]) -> tuple[float, float]:
    width, height = pair.size
    return width / grid.shape[1], height / grid.shape[0]
