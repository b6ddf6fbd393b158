"""A model of the backdrop from the border of the picture, and whether that backdrop is plain.

A sheet of paper under a lamp is a smooth surface in Lab: one quadratic per channel follows its fall-off. It is fitted
to a ring along the border by iteratively reweighted least squares with Cauchy weights, so that a product which touches
the border does not bend it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_imaging.thresholds import BACKDROP

Reals = npt.NDArray[np.float64]
_NORMAL = 1.4826
"""Median absolute deviation to standard deviation, for normal noise."""
_RIDGE = 1e-6
"""Keeps the six normal equations solvable when the pixels given lie on one line; far below any effect."""
_FLOOR = 0.3
"""Lab units: a rendered or clipped backdrop has no noise at all, and no weight may divide by zero."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The fitted surface: `coefficients` is (6, 3) for 1, x, y, x², xy, y² with x and y from -1 to 1 over the frame."""

    coefficients: Reals
    sigma: float
    """Robust residual of the ring, Lab units: grain, texture and clutter."""
    outliers: float
    """Share of the ring more than max(8, 4 sigma) away from the surface."""

    @property
    def plain(self) -> bool:
        """The gate: an automatic cut-out is worth trying."""
        return self.sigma <= BACKDROP.sigma_plain and self.outliers <= BACKDROP.outliers_plain

    def surface(self, height: int, width: int, rows: slice = slice(None)) -> Floats:
        """Return the backdrop's Lab at each pixel of a (height, width) grid, or of some of its rows, float32."""
        y, x = np.linspace(-1, 1, height)[rows, None], np.linspace(-1, 1, width)[None, :]
        c = self.coefficients
        return np.stack(
            [
                c[0, i] + c[1, i] * x + c[2, i] * y + c[3, i] * x * x + c[4, i] * x * y + c[5, i] * y * y
                for i in range(3)
            ],
            axis=-1,
        ).astype(np.float32)


def ring(height: int, width: int) -> Mask:
    """Return the border ring of a (height, width) frame."""
    thick = max(2, round(BACKDROP.ring * max(height, width)))
    mask = np.ones((height, width), np.bool_)
    mask[thick:-thick, thick:-thick] = False
    return mask


def fit(lab: Floats, where: Mask | None = None) -> Backdrop:
    """Return the backdrop of `lab` (height, width, 3), fitted to the pixels of `where` (default: the border ring)."""
    height, width = lab.shape[:2]
    rows, columns = np.nonzero(ring(height, width) if where is None else where)
    y, x = 2 * rows / max(1, height - 1) - 1, 2 * columns / max(1, width - 1) - 1
    design = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    samples = lab[rows, columns].astype(np.float64)
    coefficients = np.zeros((6, 3))
    coefficients[0] = np.median(samples, axis=0)
    residual = _residual(samples, design, coefficients)
    for _ in range(BACKDROP.iterations):
        scale = max(_FLOOR, _NORMAL * float(np.median(residual)))
        weighted = design * (1 / (1 + (residual / (BACKDROP.cauchy * scale)) ** 2))[:, None]
        coefficients = np.linalg.solve(weighted.T @ design + _RIDGE * np.eye(6), weighted.T @ samples)
        residual = _residual(samples, design, coefficients)
    sigma = _NORMAL * float(np.median(residual))
    outliers = float(np.mean(residual > max(8.0, 4 * sigma)))
    return Backdrop(coefficients=coefficients, sigma=sigma, outliers=outliers)


def _residual(samples: Reals, design: Reals, coefficients: Reals) -> Reals:
    """Return each sample's Lab distance to the surface."""
    apart = samples - design @ coefficients
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart, apart)), np.float64)
