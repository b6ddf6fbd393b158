"""Details on a product (buttons, studs, stones, ports): compact places with an edge that one picture lacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.difference import Blob, blobs, grown, opened
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison

CHANGED, CHANGED_GENERATIVE = 6.0, 10.0
"""Lab units (`Comparison.residual`) from which a pixel may belong to a detail that changed."""
EDGE = 5.0
"""Pixels from the product's edge from which a detail is told from the edge."""
SMALLEST, SHARE = 9, 0.1
"""Pixels, and share of the product, between which a place is a detail."""
SURE = 200
"""Pixels from which a detail counts in full: what is smaller looks like an edge that is half a pixel off."""
COMPACT, LONG = 0.35, 3.0
"""Share of its box that a detail fills, and how much longer than wide it may be."""
AROUND = (3, 9)
"""Pixels around a detail between which both pictures must agree."""
ALONE = 0.35
"""Share of the detail's own change that its surroundings may show: where all differs, no detail went."""
FAINTER = 0.5
"""Share of its contrast below which a detail is not there any more."""
SLOPE = 2.5
"""L* per pixel that a detail reaches at its edge."""
GROUND = 12.0
"""Lab units from the draft's ground up to which the surroundings are too pale to see ground through a gap."""
EXCHANGED, UNEXPLAINED = 1.5, 0.5
"""Times the change of the ground by which ground in shade may change, and share of a change that it may leave over."""
ALL, RELIT = np.ones(3, np.float32), np.array([0, 1, 1], np.float32)
"""Weights of L*, a* and b*: in other light highlights and shades come and go, and colours alone tell of details."""
MOST = 40
SIGMAS, STANDING = (1.5, 3.0, 6.0), 8.0
"""Sizes of details (Gaussian sigma, pixels of half size) that are counted, and L* by which they stand out."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A place that stands out from its surroundings in one of the two pictures only."""

    kind: Literal["lost", "added"]
    blob: Blob
    strength: float
    """Lab units by which it stands out more there, mean over the place; of small ones less (`SURE`)."""


def changed_details(pair: Comparison) -> Iterator[Detail]:
    """Yield the details that went and came, the largest first."""
    shade = pair.source_shadow & pair.candidate.shadow
    inside = pair.product & pair.candidate.sure & (pair.depth > EDGE) & ~shade
    changed = inside & (pair.residual > (CHANGED_GENERATIVE if pair.generative else CHANGED))
    places = blobs(opened(np.asarray(changed, np.bool_), 2), SMALLEST)
    for blob in [one for one in places if _compact(one) and one.area < SHARE * pair.area][:MOST]:
        found = _detail(pair, changed, blob)
        if found is not None:
            yield found


def count_details(light: Floats, inside: Mask) -> int:
    """Return about how many compact details L*, at half size, shows `inside`: extrema of differences of Gaussians."""
    peaks = np.zeros(light.shape, np.bool_)
    for sigma in SIGMAS:
        band = np.abs(cv2.GaussianBlur(light, (0, 0), sigma) - cv2.GaussianBlur(light, (0, 0), 1.6 * sigma))
        reach = 2 * round(2 * sigma) + 1
        peaks |= (band > STANDING) & (band >= cv2.dilate(band, np.ones((reach, reach), np.uint8)))
    return len(blobs(grown(np.asarray(peaks & inside, np.bool_), 2), 1))


def _compact(blob: Blob) -> bool:
    long, short = max(blob.width, blob.height), min(blob.width, blob.height)
    return long <= LONG * short and blob.area >= COMPACT * blob.width * blob.height


def _detail(pair: Comparison, changed: Mask, blob: Blob) -> Detail | None:
    air = AROUND[1] + 2
    window = np.s_[max(0, blob.y - air) : blob.y + blob.height + air, max(0, blob.x - air) : blob.x + blob.width + air]
    x, y = blob.x - window[1].start, blob.y - window[0].start
    inside = np.zeros(changed[window].shape, np.bool_)
    inside[y : y + blob.height, x : x + blob.width] = changed[window][y : y + blob.height, x : x + blob.width]
    ring = grown(inside, AROUND[1]) & ~grown(inside, AROUND[0]) & pair.product[window]
    residual = pair.residual[window]
    if ring.sum() < SMALLEST or np.median(residual[ring]) > ALONE * residual[inside].mean():
        return None
    pictures = [
        lab[window] * (RELIT if pair.generative else ALL) for lab in (pair.source_smooth, pair.candidate_smooth)
    ]
    ours, theirs = (_standing(lab, inside, ring) for lab in pictures)
    if min(ours, theirs) > FAINTER * max(ours, theirs) or _bare(pair, window, inside, ring):
        return None
    lab = pair.source_smooth if ours > theirs else pair.candidate_smooth
    if _slope(lab[window][..., 0], grown(inside, 2)) < SLOPE:
        return None
    strength = abs(ours - theirs) * min(1.0, float(np.sqrt(blob.area / SURE)))
    return Detail("lost" if ours > theirs else "added", blob, strength)


def _bare(pair: Comparison, window: tuple[slice, slice], inside: Mask, ring: Mask) -> bool:
    """Return whether ground is seen through a gap, whole or mixed with goods: it changes as the ground does.

    C - S = t (B' - B), B and B' being both grounds; of goods as pale as the ground it cannot be told.
    """
    if np.median(pair.candidate.distance[window][ring]) < GROUND:
        return False
    ours, theirs = (lab[window][inside] for lab in (pair.source_smooth, pair.candidate_smooth))
    before, after = (np.median(scene.product.ground[::31, ::31], axis=(0, 1)) for scene in (pair.source, pair.drawn))
    moved, exchange = theirs - ours, after - before
    share = np.clip(moved @ exchange / max(float(exchange @ exchange), 1.0), 0, EXCHANGED)
    rest = np.linalg.norm(moved - share[:, None] * exchange, axis=1)
    return bool(np.median(rest) < UNEXPLAINED * np.median(np.linalg.norm(moved, axis=1)))


def _standing(lab: Floats, inside: Mask, ring: Mask) -> float:
    """Return the mean Lab distance of a place to the colour of its surroundings."""
    around = np.broadcast_to(np.median(lab[ring], axis=0), lab.shape).astype(np.float32)
    return float(lab_distance(lab, around)[inside].mean())


def _slope(light: Floats, where: Mask) -> float:
    light = np.ascontiguousarray(light)
    slope = cv2.magnitude(cv2.Scharr(light, -1, 1, 0, scale=1 / 32), cv2.Scharr(light, -1, 0, 1, scale=1 / 32))
    return float(np.quantile(slope[where], 0.9))
