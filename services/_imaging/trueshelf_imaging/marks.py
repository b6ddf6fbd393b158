"""Small structures that one of two aligned pictures has and the other lacks.

Two measures that keep quiet on honest pairs. *Unexplained structure* asks, window by window, what of one picture's
variance no gain, offset and small shift of the other explains: it does not mind other light. *Marks* weigh the local
colour difference by noise and by the edges that both pictures share there: a scratch of two pixels counts, an edge half
a pixel off does not.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.pixels import Floats, Mask

SIDE = 640
"""Longer side of the product's part at which structure is compared."""
WINDOW = 9
INSIDE = 0.9
EDGE, NARROWED = 3, 2
"""Pixels of rim that take no part in structure, so that thin goods have none, and in marks, where they have."""
THIN_SHARE = 0.3
FLAT = 0.01
"""Product of both variances below which nothing correlates."""
LOCAL, LOCAL_SHRINK = 10.0, 0.25
"""Gaussian sigma in pixels above which colour is the surface's and not a mark's, and the size at which it is made."""
QUIET = 0.7
"""Lab units of noise below which no picture is believed to be."""
SPREAD = 1.5
"""Times the median difference that is taken for noise."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Maps over a part of the picture; 0 outside of what is compared."""

    lost: Floats
    """What the first picture shows and the second does not."""
    added: Floats
    inside: Mask
    cell: tuple[float, float]
    """Pixels of the picture per pixel of the maps."""
    origin: tuple[float, float]

    def peak(self, share: float) -> tuple[float, float]:
        """Return the strength of (lost, added) that `share` of the compared pixels exceed."""
        if not self.inside.any():
            return 0.0, 0.0
        lost, added = (float(np.quantile(found[self.inside], 1 - share)) for found in (self.lost, self.added))
        return lost, added


def unexplained(source: Floats, candidate: Floats, where: Mask, radius: int) -> Structure | None:
    """Compare L* over `where`, shifts up to `radius` pixels of the reduced size allowed. Values are L*.

    A window's correlation r leaves the share 1 − r² of its variance unexplained.
    """
    x, y, width, height = cv2.boundingRect(where.astype(np.uint8))
    if min(width, height) < WINDOW:
        return None
    scale = min(1.0, SIDE / max(width, height))
    size = max(WINDOW, round(width * scale)), max(WINDOW, round(height * scale))
    part = np.s_[y : y + height, x : x + width]

    def small(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values[part], size, interpolation=cv2.INTER_AREA), np.float32)

    cover = small(where.astype(np.float32))
    ours = small(source)
    theirs = ours + (small(candidate) - ours) * cover  # outside nothing differs
    mean_a, mean_b = _mean(ours), _mean(theirs)
    var_a, var_b = (np.maximum(_mean(p * p) - m * m, 0) for p, m in ((ours, mean_a), (theirs, mean_b)))
    best = np.zeros_like(ours)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if abs(dx) + abs(dy) > max(radius, 1) + (radius == 1):
                continue  # the corners of a wider square add time and nothing else
            moved, mean, var = (np.roll(values, (dy, dx), (0, 1)) for values in (ours, mean_a, var_a))
            correlation = (_mean(moved * theirs) - mean * mean_b) / np.sqrt(np.maximum(var * var_b, FLAT))
            np.maximum(best, correlation, out=best)
    rest = 1 - np.minimum(best, 1) ** 2
    inside = _eroded(cover > INSIDE, EDGE)
    lost, added = (np.where(inside, np.sqrt(var * rest), 0).astype(np.float32) for var in (var_a, var_b))
    return Structure(lost, added, inside, (width / size[0], height / size[1]), (float(x), float(y)))


def marks(source: Floats, candidate: Floats, where: Mask, slack: float) -> Structure | None:
    """Compare the Lab of small marks over `where`, both pictures softened by a pixel. Values are times the noise.

    `slack` is the misalignment in pixels that edges, which both pictures show, are forgiven.
    """
    x, y, width, height = cv2.boundingRect(where.astype(np.uint8))
    if min(width, height) < WINDOW:
        return None
    part = np.s_[y : y + height, x : x + width]
    core = where[part]
    weight = core.astype(np.float32)
    ours, theirs = (_local(picture[part], weight) for picture in (source, candidate))
    shared = np.minimum(_steepness(ours[..., 0]), _steepness(theirs[..., 0]))
    apart = cv2.blur(ours - theirs, (3, 3))
    difference = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    inside = _narrowed(core)
    noise = max(QUIET, SPREAD * float(np.median(difference[inside]))) if inside.any() else QUIET
    strength = np.where(inside, difference / (noise + slack * shared), 0).astype(np.float32)
    strength = np.asarray(cv2.blur(strength, (3, 3)), np.float32)
    more = np.einsum("ijk,ijk->ij", ours, ours) > np.einsum("ijk,ijk->ij", theirs, theirs)
    lost, added = np.where(more, strength, 0), np.where(more, 0, strength)
    return Structure(lost, added, inside, (1.0, 1.0), (float(x), float(y)))


def _local(lab: Floats, weight: Floats) -> Floats:
    """Return Lab without the surface's own colour, which is the mean around, of pixels that `weight` counts."""
    height, width = weight.shape
    size = max(1, round(LOCAL_SHRINK * width)), max(1, round(LOCAL_SHRINK * height))
    sigma = LOCAL * LOCAL_SHRINK
    total = cv2.GaussianBlur(cv2.resize(lab * weight[..., None], size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    count = cv2.GaussianBlur(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    around = cv2.resize(total / np.maximum(count, 1e-3)[..., None], (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(lab - around, np.float32)


def _steepness(light: Floats) -> Floats:
    """Return the steepest slope within a pixel, L* per pixel."""
    light = np.ascontiguousarray(light)
    across, down = (cv2.Scharr(light, -1, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
    return np.asarray(cv2.dilate(cv2.magnitude(across, down), np.ones((3, 3), np.uint8)), np.float32)


def _mean(values: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(values, -1, (WINDOW, WINDOW)), np.float32)


def _narrowed(mask: Mask) -> Mask:
    """Return `mask` without its rim; of a thin product all of it."""
    inner = _eroded(mask, NARROWED)
    return inner if inner.sum() > THIN_SHARE * mask.sum() else mask


def _eroded(mask: Mask, pixels: int) -> Mask:
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel), np.bool_)
