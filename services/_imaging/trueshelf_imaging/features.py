"""Points of a picture that can be found again in another picture of the same thing: SIFT, on the product alone.

SIFT with a ratio test is close to learned matchers at 1–2 pixels (arXiv 2108.08179) and needs no weights.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Mask, Rgb

KEYPOINTS = 1500
CONTRAST = 0.02
RATIO = 0.8
QUICK = (640, 2)
"""Longer side of the product's box at which points are looked for, and blurs per octave: enough for most goods."""
FINE = (960, 3)
"""Three to four times as long: further points of chains and cables, of which few fit."""

Points = npt.NDArray[np.float32]
"""(n, 2): x, y in pixels of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Distinctive points and what each looks like."""

    points: Points
    descriptors: npt.NDArray[np.float32]
    """(n, 128), as SIFT makes them."""


def find_features(grey: Rgb, region: Mask, effort: tuple[int, int] = QUICK) -> Features:
    """Return the points of a grey picture within `region`; none where there is nothing to hold on to."""
    side, layers = effort
    x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
    none = Features(np.empty((0, 2), np.float32), np.empty((0, 128), np.float32))
    if min(width, height) < 8:  # noqa: PLR2004  # no room for a single patch
        return none
    scale = min(1.0, side / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    window = np.s_[y : y + height, x : x + width]
    picture = cv2.resize(grey[window], size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(region[window].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    finder = cv2.SIFT.create(nfeatures=KEYPOINTS, nOctaveLayers=layers, contrastThreshold=CONTRAST)
    found, descriptors = finder.detectAndCompute(picture, mask)
    if not found:
        return none
    small = np.asarray([point.pt for point in found], np.float32)
    ratio = np.asarray([width / size[0], height / size[1]], np.float32)
    return Features((small + 0.5) * ratio - 0.5 + np.asarray([x, y], np.float32), np.asarray(descriptors, np.float32))


def matched(source: Features, candidate: Features) -> tuple[Points, Points]:
    """Return the points of both pictures that look alike and unlike the next best, in pairs."""
    empty = np.empty((0, 2), np.float32)
    if min(len(source.points), len(candidate.points)) < 2:  # noqa: PLR2004  # the ratio test needs a second best
        return empty, empty
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(source.descriptors, candidate.descriptors, k=2)
    good = [first for first, second in pairs if first.distance < RATIO * second.distance]
    if not good:
        return empty, empty
    return source.points[[match.queryIdx for match in good]], candidate.points[[match.trainIdx for match in good]]
