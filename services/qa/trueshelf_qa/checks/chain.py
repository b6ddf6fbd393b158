"""Chains, straps and cords, held against the source's wire: breaks, doubled links, molten ones (R-47, R-43).

Neither picture is cut into links: what an automatic mask calls one falls apart even where the chain is whole. Each
pixel gets the share of the wire's own contrast to the ground that it shows, in both pictures; where the source has the
wire and the draft its ground, links are lost, and the reverse is a new one. A pixel of misalignment is let go.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.morphology import skeletonize

from trueshelf_imaging.difference import blobs, keep_blobs, opened, touching
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.domain.borders import kept_where, rim, slope, steepest
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "chain", "2", "chain_unbroken"
CHANGED = 5.0
"""Lab units from the source from which a pixel of the wire has changed at all."""
THICK = 21
"""Pixels from which a part is no chain."""
LONG = 80
"""Pixels of middle line, in one piece, from which there is a chain to look at."""
BODY = 4
"""Pixels around thick parts in which nothing is a link: edges and registration."""
SEEN = 12.0
"""Lab units by which a wire has to stand out from a ground to be told from it."""
HALF, PEAK = 0.55, 13
"""A wire is what reaches this share of the strongest contrast within so many pixels: shadows and link holes do not."""
SHARP = 2.0
"""Lab units per pixel: a cast shadow has no edge as steep."""
PRESENT = 0.4
"""Share of the source's own contrast that the draft has to show within a pixel."""
WALKED = 0.6
"""Share of a connected wire the draft shows at least: one gone as a whole was a shadow, or is a missing part."""
CUT, CUT_SHARE = 0.25, 0.6
"""Share of the contrast by which a lost wire's border falls in a pixel, and share of it that does; shadows fade."""
GAP, GAP_WIDTHS = 12.0, 0.3
"""Lost pixels that make a break, at least, and as a share of the wire's width squared."""
NEW, MORE, OTHER = 0.4, 0.35, 8.0
"""Share of the wire's contrast that something new shows, and more than the source, and Lab units from the source."""
LINK = 4.0
"""New pixels in one place that make a double or a molten link; honest chains have 2."""
SHADE_SHARE = 0.9
"""Share of something new that may be a shadow that was kept."""
SOLID = 0.7
"""Widths of the wire that a break is wide at least: a lost contact shadow beside it is narrower."""
BESIDE = 14
"""Pixels from the wire within which something new is a double; farther it is an extra part."""
LOOP = 13
"""Pixels of a gap between wires that lies inside of a link: what fills it is molten."""


@dataclass(frozen=True, slots=True)
class _Wire:
    """The wire of the source's thin parts, mapped, and what both pictures show of its contrast."""

    mask: Mask
    width: float
    """Pixels, the median."""
    beside: Mask
    """Where something new belongs to it: near, and not at a thick part."""
    expected: Floats
    """Lab units between the source's pixels and the draft's ground."""
    source: Floats
    """Share of the nearby wire's contrast that the source shows to its own ground; 0 far from the wire."""
    draft: Floats
    """The same of the draft, to its ground."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Ask of each pixel of the source's wire whether the draft shows it, then what the draft has new beside it."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    wire = _wire(pair)
    if wire is None:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "none"), 1.0, CHECKLIST_ITEM)
    lost, new = _lost(pair, wire), _new(pair, wire)
    inside = cv2.morphologyEx(wire.mask.astype(np.uint8), cv2.MORPH_CLOSE, _square(LOOP)) > 0
    double = touching(new, np.asarray(~inside, np.bool_))
    metrics = (
        measured(limits, "break", _largest(lost) / max(GAP, GAP_WIDTHS * wire.width**2), "of a break"),
        measured(limits, "double", _largest(double) / LINK, "of a double"),
        measured(limits, "molten", _largest(new & ~double) / LINK, "of a link"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    places: tuple[Place, ...] = ()
    if verdict != "clear":
        named = [
            (metric.name, tuple(pair.place(blob) for blob in blobs(_widened(mask, 2), 1)[:4]))
            for metric, mask in zip(metrics, (lost, double, new & ~double), strict=True)
            if metric.verdict != "clear"
        ]
        said = joined([say(NAME, name, places=found) for name, found in named])
        places = tuple(place for _, found in named for place in found)
    share = float((wire.mask & (wire.expected > SEEN)).sum()) / max(1, int(wire.mask.sum()))
    return CheckResult(NAME, VERSION, verdict, said, round(0.9 * share, 2), CHECKLIST_ITEM, metrics, places[:8])


def _wire(pair: Comparison) -> _Wire | None:
    """Return the wire of what is thin in the source and ends at edges, shadows left out; None where there is none."""
    product, distance = pair.product.astype(np.uint8), pair.source_distance
    body = cv2.morphologyEx(product, cv2.MORPH_OPEN, _square(THICK)) > 0
    thick = _widened(body, BODY)
    thin = keep_blobs(pair.product & ~thick, 3 * LONG)
    if not thin.any():
        return None
    strongest = cv2.dilate(distance, _square(PEAK))
    mask = thin & (distance > HALF * strongest) & (strongest > SEEN) & ~pair.source_shadow
    mask &= steepest(_steepness(pair.source_smooth), 3) > SHARP
    middle = _middle(mask) if mask.any() else mask
    long = kept_where(_widened(mask, 3), middle, middle, 0.0, LONG)
    mask, middle = mask & long, middle & long
    if not middle.any():
        return None
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    apart = pair.source_lab - pair.candidate.ground
    expected = np.where(mask, np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), 0).astype(np.float32)
    shares = (_share(distance, np.where(mask, distance, 0)), _share(pair.candidate.distance, expected))
    beside = _widened(mask, BESIDE) & ~thick
    return _Wire(mask, 2 * float(np.median(depth[middle])), beside, expected, *shares)


def _share(distance: Floats, wire: Floats) -> Floats:
    """Return `distance` to the ground as a share of the strongest that the `wire` nearby has; 0 where it has none."""
    full = cv2.dilate(np.asarray(wire, np.float32), _square(PEAK))
    return np.where(full > SEEN, distance / np.maximum(full, SEEN), 0).astype(np.float32)


def _middle(thin: Mask) -> Mask:
    """Return the middle lines, one pixel wide, of a mask with something in it."""
    x, y, width, height = cv2.boundingRect(thin.astype(np.uint8))
    lines = np.zeros_like(thin)
    lines[y : y + height, x : x + width] = skeletonize(thin[y : y + height, x : x + width])  # type: ignore[no-untyped-call]
    return lines


def _lost(pair: Comparison, wire: _Wire) -> Mask:
    """Return the wire that the draft shows as ground over its whole width, if it ends at edges of the source."""
    seen = wire.mask & (wire.expected > SEEN)
    shown = cv2.dilate(pair.candidate.distance, _square(3)) >= PRESENT * wire.expected
    gone = np.asarray(seen & ~shown & (pair.residual > CHANGED), np.bool_)
    gone = opened(gone, max(3, round(SOLID * wire.width)))
    if not gone.any():
        return gone
    walked = kept_where(_widened(wire.mask, 3), seen, np.asarray(shown, np.bool_), WALKED)
    falls = steepest(_steepness(pair.source_lab)) > CUT * cv2.dilate(pair.source_distance, _square(5))
    return kept_where(gone & walked, rim(gone, ~wire.mask), np.asarray(falls, np.bool_), CUT_SHARE)


def _new(pair: Comparison, wire: _Wire) -> Mask:
    """Return what the draft shows near the wire where the source shows its ground; a shadow that was kept is not."""
    more = wire.draft - cv2.dilate(wire.source, _square(3)) > MORE
    new = np.asarray(more & (wire.draft > NEW) & (pair.residual > OTHER) & wire.beside & ~wire.mask, np.bool_)
    return new & ~kept_where(new, new, pair.kept_shade, SHADE_SHARE) if new.any() else new


def _steepness(lab: Floats) -> Floats:
    """Return Lab units per pixel: gold on grey differs in colour alone."""
    return np.asarray(np.sqrt(sum(slope(lab[..., channel]) ** 2 for channel in range(3))), np.float32)


def _widened(mask: Mask, pixels: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _square(2 * pixels + 1)), np.bool_)


def _square(side: int) -> Rgb:
    return np.ones((side, side), np.uint8)


def _largest(mask: Mask) -> float:
    return max((blob.area for blob in blobs(mask, 1)), default=0)
