"""Numbers about colour and geometry, each with its source."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000

SAMPLE = 20_000
"""Pixels that stand for a region: the median of 20,000 is within 1 % of the whole's spread."""
HUED, MIN_HUED, MIN_HUED_SHARE = 8.0, 50, 0.02
"""C* from which a pixel has a hue, and how many of them, and which share, a hue of the whole takes."""


@dataclass(frozen=True, slots=True)
class ColourShift:
    """How the colour of a region differs, candidate minus source, in CIELAB units (D65)."""

    delta_e: float
    """Median CIEDE2000 of the pixels."""
    lightness: float
    """Median ΔL*: positive is lighter."""
    chroma: float
    """Length of the mean (Δa*, Δb*)."""
    share: float
    """Share of the compared pixels."""


def sample(pixels: npt.NDArray[np.float32], count: int = SAMPLE) -> npt.NDArray[np.float32]:
    """Return about `count` evenly spaced rows of `pixels`: deterministic, spread over the whole region."""
    return pixels[:: max(1, len(pixels) // count)]


def colour_shift(
    source: npt.NDArray[np.float32], candidate: npt.NDArray[np.float32], share: float = 1.0
) -> ColourShift:
    """Return the shift between paired Lab pixels, both (n, 3), n ≥ 1."""
    difference = candidate - source
    chroma = difference[:, 1:].mean(axis=0)
    return ColourShift(
        delta_e=float(np.median(deltaE_ciede2000(source, candidate))),  # type: ignore[no-untyped-call]
        lightness=float(np.median(difference[:, 0])),
        chroma=float(np.hypot(chroma[0], chroma[1])),
        share=share,
    )


def hue_turn(source: npt.NDArray[np.float32], candidate: npt.NDArray[np.float32]) -> float:
    """Return by how many degrees hue turns between paired Lab pixels, signed; 0 where hardly any has a hue.

    Each pixel's a*, b* is turned so that the source's points along one axis; the medians of both parts give the angle,
    so that a gain of lightness or chroma, which scales both, gives none.
    """
    chroma = np.hypot(source[:, 1], source[:, 2])
    hued = chroma > HUED
    if hued.sum() < max(MIN_HUED, MIN_HUED_SHARE * len(source)):
        return 0.0
    a, b, c, d = source[hued, 1], source[hued, 2], candidate[hued, 1], candidate[hued, 2]
    across, along = (a * d - b * c) / chroma[hued], (a * c + b * d) / chroma[hued]
    return float(np.degrees(np.arctan2(np.median(across), np.median(along))))


def colour_groups(lab: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.int32]:
    """Return the group of each of `lab`'s rows, by k-means from fixed starts along the sorted lightness and chroma."""
    count = min(count, len(lab))
    order = np.argsort(lab[:, 0] + 2 * lab[:, 1] + 3 * lab[:, 2], kind="stable")
    start = np.zeros((len(lab), 1), np.int32)
    start[order, 0] = np.arange(len(lab)) * count // len(lab)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.5)
    _, labels, _ = cv2.kmeans(
        np.ascontiguousarray(lab, np.float32), count, start, criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS
    )
    return np.asarray(labels[:, 0], np.int32)


def anisotropy(matrix: npt.NDArray[np.float64]) -> float:
    """Return how much more an affine map stretches one direction than another: larger ÷ smaller singular value − 1."""
    large, small = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return float(large / small - 1)
