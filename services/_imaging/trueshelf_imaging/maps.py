"""The simplest map that explains where points went: similarity, affine map or homography.

By the Bayesian information criterion (n · ln(mean square) + k · ln n, with k numbers in the map). Points that a defect
moved are outliers of all three.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Mask

Kind = Literal["similarity", "affine", "homography"]
Projective = npt.NDArray[np.float64]
"""(3, 3), in homogeneous coordinates."""
Points = npt.NDArray[np.float32]

MIN_POINTS = 24
NUMBERS: dict[Kind, int] = {"similarity": 4, "affine": 6, "homography": 8}
FLOOR = 0.05
"""Pixels: a point is not known better than that, however well a map fits."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The map that points agree on."""

    full: Projective
    kind: Kind
    inliers: int
    spread: float
    """Root mean square distance of the points that agree, pixels."""


def whole(matrix: npt.NDArray[np.float64]) -> Projective:
    """Return an affine map (2, 3) as (3, 3)."""
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def affine_part(full: Projective, product: Mask) -> npt.NDArray[np.float64]:
    """Return the affine map (2, 3) that is nearest to `full` over `product`, by least squares on a grid."""
    x, y, width, height = cv2.boundingRect(product.astype(np.uint8))
    grid = np.array([[x + width * i / 4, y + height * j / 4, 1.0] for i in range(5) for j in range(5)])
    to = grid @ full.T
    found, *_ = np.linalg.lstsq(grid, to[:, :2] / to[:, 2:], rcond=None)
    return np.asarray(found.T, np.float64)


def simplest(from_: Points, to: Points, within: float) -> Fit | None:
    """Return the map of the kind with the best criterion; all are judged on the points that the richest keeps.

    Points farther than `within` pixels from where the richest map lays them are outliers. None: too few agree.
    """
    inside = _agreeing(from_, to, within)
    if inside is None:
        return None
    p, q = from_[inside].astype(np.float64), to[inside].astype(np.float64)
    best: tuple[float, Kind, Projective, float] | None = None
    kinds: tuple[Kind, ...] = ("similarity", "affine", "homography")
    for kind in kinds:
        step = _fitted(kind, p, q)
        error = max(FLOOR**2, float((_distance(step, p, q) ** 2).mean()))
        criterion = len(p) * np.log(error) + NUMBERS[kind] * np.log(len(p))
        if best is None or criterion < best[0]:
            best = criterion, kind, step, error
    if best is None:
        return None
    return Fit(best[2], best[1], len(p), round(float(np.sqrt(best[3])), 4))


def _agreeing(from_: Points, to: Points, within: float) -> npt.NDArray[np.bool_] | None:
    """Return which points some homography explains; None where fewer than MIN_POINTS are."""
    if len(from_) < MIN_POINTS:
        return None
    matrix, inside = cv2.findHomography(from_, to, cv2.USAC_MAGSAC, within, maxIters=2000, confidence=0.999)
    if matrix is None or int(inside.sum()) < MIN_POINTS:
        return None
    return np.asarray(inside.ravel().astype(bool), np.bool_)


def _fitted(kind: Kind, p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> Projective:
    """Return the least-squares map of a kind, (3, 3)."""
    if kind == "homography":
        found, _ = cv2.findHomography(p, q, 0)
        return np.asarray(found, np.float64) if found is not None else np.eye(3)
    one, nil = np.ones(len(p)), np.zeros(len(p))
    if kind == "affine":
        solved, *_ = np.linalg.lstsq(np.stack([p[:, 0], p[:, 1], one], axis=1), q, rcond=None)
        return whole(np.asarray(solved.T, np.float64))
    rows = np.concatenate(
        [np.stack([p[:, 0], -p[:, 1], one, nil], axis=1), np.stack([p[:, 1], p[:, 0], nil, one], axis=1)]
    )
    (a, b, x, y), *_ = np.linalg.lstsq(rows, np.concatenate([q[:, 0], q[:, 1]]), rcond=None)
    return whole(np.array([[a, -b, x], [b, a, y]]))


def _distance(step: Projective, p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mapped = np.column_stack([p, np.ones(len(p))]) @ step.T
    return np.asarray(np.linalg.norm(mapped[:, :2] / mapped[:, 2:] - q, axis=1))
