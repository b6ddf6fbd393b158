"""Chains, straps and cords, walked along the source: breaks, doubled links, molten ones (R-47, R-43)."""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.morphology import skeletonize

from trueshelf_imaging.difference import blobs, keep_blobs, opened
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.borders import kept_where, slope, steepest
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "chain", "1", "chain_unbroken"
THICK = 21
"""Pixels from which a part is no chain."""
LONG = 80
"""Pixels of middle line from which there is a chain to walk."""
SEEN = 12.0
"""Lab units by which a point has to stand out from the draft's ground to be missed there."""
PRESENT = 0.5
"""Share of the source's own local contrast that the draft has to show (qa-science 1.1)."""
HALF, PEAK = 0.5, 13
"""A wire is what reaches this share of the strongest contrast within so many pixels: shadows and link holes do not."""
RUN, SHORTEST, ENOUGH = 1.5, 6.0, 14.0
"""Wire widths (at least, at most: pixels) without a response that make a break: about 0.6 of a link."""
FAINT = 0.5
"""Share of what the draft shows that the source may show, for it to be new."""
WALKED = 0.6
"""Share of a connected line the draft shows at least: one gone as a whole was a shadow, or is a missing part."""
SHARP = 2.0
"""L* per pixel: a cast shadow has no edge as steep."""
DOUBLE = 0.5
"""Share of the square of that run that something beside the wire must cover to be a double."""
CHANGED, CHANGED_GENERATIVE = 14.0, 30.0
"""Lab units from the source from which a point of the line shows something else."""
BESIDE = 14
"""Pixels from the line within which a second one is a double; farther it is an extra part."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The middle line of the source's thin parts, mapped, and how wide they are (pixels)."""

    points: Mask
    wire: Mask
    width: float

    @property
    def run(self) -> float:
        """The shortest break, pixels."""
        return min(ENOUGH, max(SHORTEST, RUN * self.width))


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Walk the source's line and ask at each point whether the draft shows it; then look beside the line."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    line = _line(pair)
    if line is None:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "none"), 1.0, CHECKLIST_ITEM)
    expected = _around(np.minimum(_unlike(pair.source_lab, pair.candidate.ground), pair.source_distance))
    seen = line.points & (expected > SEEN)
    shown = _around(pair.candidate.distance) >= PRESENT * expected
    walked = kept_where(_widened(line.wire, 3), seen, shown, WALKED) & seen
    lost = walked & ~shown
    level = CHANGED_GENERATIVE if pair.generative else CHANGED
    molten = seen & ~lost & (cv2.erode(pair.residual, np.ones((3, 3), np.uint8)) > level)
    beside = _beside(pair, line)
    metrics = (
        measured(limits, "break", _longest(lost) / line.run, "of a break"),
        measured(limits, "double", _largest(beside) / (DOUBLE * line.run**2), "of a double"),
        measured(limits, "molten", _longest(molten) / line.run, "of a link"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    places: tuple[Place, ...] = ()
    if verdict != "clear":
        named = [
            (metric.name, tuple(pair.place(blob) for blob in blobs(_joined(mask), 4)))
            for metric, mask in zip(metrics, (lost, beside, molten), strict=True)
            if metric.verdict != "clear"
        ]
        said = joined([say(NAME, name, places=found) for name, found in named])
        places = tuple(place for _, found in named for place in found)
    share = float(seen.sum()) / max(1, int(line.points.sum()))
    return CheckResult(NAME, VERSION, verdict, said, round(0.9 * share, 2), CHECKLIST_ITEM, metrics, places[:8])


def _line(pair: Comparison) -> _Line | None:
    """Return the line of what is thin in the source and ends at edges, shadows left out; None where there is none."""
    product = pair.product.astype(np.uint8)
    body = cv2.morphologyEx(product, cv2.MORPH_OPEN, np.ones((THICK, THICK), np.uint8)) > 0
    thin = keep_blobs(pair.product & ~_widened(body, 4), 3 * LONG)
    if not thin.any():
        return None
    strongest = cv2.dilate(pair.source_distance, np.ones((PEAK, PEAK), np.uint8))
    wire = thin & (pair.source_distance > HALF * strongest) & (strongest > SEEN)
    points = _middle(wire) & ~pair.source_shadow if wire.any() else wire
    points &= steepest(slope(pair.source_smooth[..., 0]), 3) > SHARP
    if int(points.sum()) < LONG:
        return None
    depth = cv2.distanceTransform(wire.astype(np.uint8), cv2.DIST_L2, 3)
    return _Line(points, wire, 2 * float(np.median(depth[points])))


def _middle(thin: Mask) -> Mask:
    """Return the middle lines, one pixel wide, of a mask with something in it."""
    x, y, width, height = cv2.boundingRect(thin.astype(np.uint8))
    lines = np.zeros_like(thin)
    lines[y : y + height, x : x + width] = skeletonize(thin[y : y + height, x : x + width])  # type: ignore[no-untyped-call]
    return lines


def _beside(pair: Comparison, line: _Line) -> Mask:
    """Return what the draft shows beside the line where the source shows its ground."""
    near = _widened(line.wire, BESIDE)
    around = cv2.dilate(pair.source_distance, np.ones((5, 5), np.uint8))
    bare = (around < FAINT * cv2.dilate(pair.candidate.distance, np.ones((5, 5), np.uint8))) & ~_widened(line.wire, 1)
    new = (pair.candidate.distance > SEEN) & (pair.residual > SEEN)
    return opened(np.asarray(near & bare & new, np.bool_), 3)


def _unlike(lab: Floats, ground: Floats) -> Floats:
    apart = lab - ground
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), np.float32)


def _around(values: Floats) -> Floats:
    """Return the largest value within 2 pixels: a thin line may lie one beside."""
    return np.asarray(cv2.dilate(values, np.ones((5, 5), np.uint8)), np.float32)


def _widened(mask: Mask, pixels: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)), np.bool_)


def _joined(mask: Mask) -> Mask:
    """Return runs of points as one, across gaps of a pixel or two, and wide enough to be seen."""
    return _widened(mask, 2)


def _longest(points: Mask) -> float:
    """Return the extent of the longest run of points, pixels."""
    return max((max(blob.width, blob.height) - 4 for blob in blobs(_joined(points), 1)), default=0)


def _largest(mask: Mask) -> float:
    return max((blob.area for blob in blobs(mask, 1)), default=0)
