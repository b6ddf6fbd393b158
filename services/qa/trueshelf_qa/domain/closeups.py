"""Close-ups: the same place of both pictures at full resolution, aligned."""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Rgb
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import Place


def patches(pair: Comparison, place: Place, margin: float = 0.0, scale: float = 1.0) -> tuple[Rgb, Rgb]:
    """Return (source, candidate) around `place` at the candidate's full resolution times `scale`, aligned.

    `margin` is added on each side, as a share of the picture's longer side. Of what lies outside, black.
    """
    height, width = pair.drawn.full.shape[:2]
    air = margin * max(width, height)
    left, top = place.x * width - air, place.y * height - air
    size = (
        max(1, round(scale * (place.w * width + 2 * air))),
        max(1, round(scale * (place.h * height + 2 * air))),
    )
    cut = np.array([[scale, 0, -scale * left], [0, scale, -scale * top], [0, 0, 1]], np.float64)
    to_full = _resizing(pair.drawn.rgb, pair.drawn.full)
    to_work = _resizing(pair.source.full, pair.source.rgb)
    from_full = cut @ to_full @ pair.registration.full @ to_work
    return _cut(pair.source.full, from_full, size), _cut(pair.drawn.full, cut, size)


def _cut(picture: Rgb, matrix: npt.NDArray[np.float64], size: tuple[int, int]) -> Rgb:
    """Return the part of `picture` that `matrix` (3, 3) maps into a frame of `size`, cubic."""
    return np.asarray(cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)


def _resizing(one: Rgb, other: Rgb) -> npt.NDArray[np.float64]:
    """Return the map (3, 3) from one size of a picture to another; a pixel's centre has integer coordinates."""
    across, down = other.shape[1] / one.shape[1], other.shape[0] / one.shape[0]
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]], np.float64)
