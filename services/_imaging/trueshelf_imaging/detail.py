"""Fine structure of two aligned pictures, tile by tile: how much detail of each size one keeps of the other.

The energy of L* in two bands (each a difference of Gaussians) is compared per tile. A blur takes the fine band and
leaves the coarse one, more contrast raises both alike, so the ratio of ratios tells sharpness from light. Energies,
unlike correlations, do not mind an alignment that is half a pixel off.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.pixels import Floats, Mask

FINE, COARSE = (0.7, 1.4), (2.0, 4.0)
"""Gaussian sigmas, pixels, between which the bands lie. What is finer than the first any honest resizing takes away."""
TILE = 24
FLOOR = 0.02
"""L*² that no 8-bit picture is below: rounding and compression."""
COVERED = 0.5
"""Share of a tile that must be compared."""
STRONG = 0.7
"""Quantile of coarse energy above which a tile has edges enough for its sharpness to be known."""
MEDIAN = 0.455
"""The median of the square of a normal variable of variance 1."""
ABOVE_NOISE, NOISE_TAKEN = 6.0, 2.0
"""Times the noise's energy that a tile's fine detail must have to be the product's own, and that may have gone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the second picture keeps of the first one's fine detail: log amplitude ratios, 0 the same, −1 a third."""

    without_noise: Floats
    """Per tile, fine against coarse, of the first picture without its noise, which an honest resizing takes away."""
    with_noise: Floats
    """The same with it: what is more than that was sharpened."""
    known: Mask
    """Tiles whose first picture has fine detail above its noise."""
    strong: Mask
    """Tiles with strong edges, in either picture."""
    fine: Floats
    """Per tile, the log amplitude ratio of the fine band alone, without noise."""

    @property
    def softer(self) -> float:
        """How much softer edges are, median: above 0 softer."""
        return -float(np.median(self.without_noise[self.strong])) if self.strong.any() else 0.0

    @property
    def sharper(self) -> float:
        """How much sharper edges are, median: above 0 sharper."""
        return float(np.median(self.with_noise[self.strong])) if self.strong.any() else 0.0


def kept_detail(source: Floats, candidate: Floats, where: Mask, ground: Mask) -> Kept:
    """Compare L* of two aligned pictures over `where`; `ground`, free of detail, tells the source's noise."""
    weight = where.astype(np.float32)
    cover = _tiles(weight)
    ours, theirs = _bands(source), _bands(candidate)
    noise = float(np.median(ours[0][ground] ** 2)) / MEDIAN if ground.sum() > TILE * TILE else FLOOR
    count = np.maximum(cover, 1e-3)
    a, b = (
        [np.asarray(_tiles(band * band * weight) / count, np.float32) for band in bands] for bands in (ours, theirs)
    )
    compared = cover > COVERED
    noise = max(noise, FLOOR)
    own = np.maximum(a[0] - NOISE_TAKEN * noise, FLOOR)
    coarse = _log_ratio(a[-1], b[-1])
    both = a[-1] + b[-1]
    edge = float(np.quantile(both[compared], STRONG)) if compared.any() else 0.0
    known = compared & (a[0] > ABOVE_NOISE * noise)
    strong = known & (both > edge)
    return Kept(_log_ratio(own, b[0]) - coarse, _log_ratio(a[0], b[0]) - coarse, known, strong, _log_ratio(own, b[0]))


def _bands(light: Floats) -> tuple[Floats, Floats]:
    """Return the fine and the coarse band of L*."""
    (a, b), (c, d) = (
        [np.asarray(cv2.GaussianBlur(light, (0, 0), s), np.float32) for s in band] for band in (FINE, COARSE)
    )
    return a - b, c - d


def _tiles(values: Floats) -> Floats:
    """Return the mean of each tile; a last one that is not whole is stretched with the others."""
    height, width = values.shape
    size = max(1, round(width / TILE)), max(1, round(height / TILE))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _divided(total: Floats, count: Floats) -> Floats:
    return np.asarray(total / count, np.float32)


def _log_ratio(a: Floats, b: Floats) -> Floats:
    return np.asarray(0.5 * np.log((b + FLOOR) / (a + FLOOR)), np.float32)
