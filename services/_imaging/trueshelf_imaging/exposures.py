"""How good a photo is beside another of the same shot: sharpness, clipping, fill (R-12).

Three numbers per photo, all read at one working size, so that phones of different resolution compare; the choice itself
is the planner's.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Floats, Mask, Rgb, shrink
from trueshelf_imaging.thresholds import CUTOUT

SIDE = 1024
_TILE = 32
_SHARPEST = 0.10
"""Share of the tiles that are read: a plain product has few edges, and they are what is sharp or not."""
_WHITE, _BLACK = 254, 1


@dataclass(frozen=True, slots=True)
class Quality:
    """What one photo measures; shares are 0–1."""

    sharpness: float
    """Variance of the Laplacian over the variance of L, in the sharpest tenth of the product's tiles: contrast apart,
    how fast lightness changes."""
    clipped: float
    """Share of the product that is white or black in all channels: no detail can be had from there."""
    fill: float
    """Longer side of the product's bounding box as a share of the frame's."""


def quality(rgb: Rgb) -> Quality:
    """Return what `rgb` measures. Where nothing stands out from the border, the whole frame counts as product."""
    small = shrink(rgb, SIDE)
    lab = to_lab(small)
    product = _product(lab)
    rows, columns = np.nonzero(product)
    height, width = product.shape
    fill = max(int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) / max(height, width)
    blown = (small.min(axis=2) >= _WHITE) | (small.max(axis=2) <= _BLACK)
    return Quality(_sharpness(lab[..., 0], product), float(blown[product].mean()), float(fill))


def _product(lab: Floats) -> Mask:
    """Return what is far from the fitted backdrop; everything where that is next to nothing."""
    fitted = backdrops.fit(lab)
    distance = np.linalg.norm(lab - fitted.surface(*lab.shape[:2]), axis=-1)
    mask = distance > max(CUTOUT.high, CUTOUT.high_sigmas * fitted.sigma)
    return np.asarray(mask if mask.mean() > CUTOUT.component else np.ones_like(mask), np.bool_)


def _sharpness(lightness: Floats, product: Mask) -> float:
    second = cv2.Laplacian(lightness, cv2.CV_32F)
    found = []
    for y in range(0, lightness.shape[0] - _TILE + 1, _TILE // 2):
        for x in range(0, lightness.shape[1] - _TILE + 1, _TILE // 2):
            tile = slice(y, y + _TILE), slice(x, x + _TILE)
            if product[tile].any():
                found.append(float(second[tile].var()) / max(float(lightness[tile].var()), 1.0))
    best = sorted(found, reverse=True)[: max(1, round(_SHARPEST * len(found)))]
    return float(np.mean(best)) if best else 0.0
