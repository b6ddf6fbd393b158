"""A cut-out on a new ground, in linear light, at the source's own scale.

The product is never resampled: the canvas is made around it, so that every solid pixel of the master is a pixel of the
source (`PixelProof` in the contracts), and a later step resizes approved masters.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import Alpha, Rgb

_OPAQUE = 255
_STRIP = 512


@dataclass(frozen=True, slots=True)
class Composite:
    """The master and where the source's pixels lie in it: master (x, y) = source (x, y) + (offset_x, offset_y)."""

    rgb: Rgb
    offset_x: int
    offset_y: int


class EmptyCutoutError(ValueError):
    """The alpha is 0 everywhere."""


def bounds(alpha: Alpha) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom), the last two exclusive, of what is not transparent."""
    rows, columns = np.nonzero(alpha.any(axis=1))[0], np.nonzero(alpha.any(axis=0))[0]
    if not rows.size:
        raise EmptyCutoutError("the cut-out is empty")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def place(colours: Rgb, alpha: Alpha, ground: tuple[int, int, int], *, fill: float, aspect: float) -> Composite:
    """Return the product centred on a canvas of colour `ground` (8-bit sRGB).

    `colours` is the source with the backdrop taken out of half-transparent pixels, `alpha` its cut-out. `fill` is the
    share of the canvas that the product's bounding box reaches in the tighter direction, `aspect` the canvas' width
    over its height.
    """
    left, top, right, bottom = bounds(alpha)
    wide, high = right - left, bottom - top
    height = max(round(high / fill), round(wide / fill / aspect), high)
    width = max(round(height * aspect), wide)
    offset_x, offset_y = (width - wide) // 2 - left, (height - high) // 2 - top
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = ground
    behind = to_linear(np.array(ground, np.uint8))
    for start in range(top, bottom, _STRIP):
        end = min(bottom, start + _STRIP)
        window = colours[start:end, left:right]
        share = alpha[start:end, left:right]
        mixed = window.copy()
        partial = share < _OPAQUE
        weight = (share[partial].astype(np.float32) / _OPAQUE)[:, None]
        light = weight * to_linear(window[partial]) + (1 - weight) * behind
        mixed[partial] = from_linear(light.astype(np.float32))
        canvas[start + offset_y : end + offset_y, left + offset_x : right + offset_x] = mixed
    return Composite(rgb=canvas, offset_x=offset_x, offset_y=offset_y)


def core_sha256(rgb: Rgb, alpha: Alpha, *, offset: tuple[int, int] = (0, 0)) -> tuple[int, str]:
    """Return (number, SHA-256) of the pixels of `rgb` that lie under alpha 255, R G B row by row.

    `offset` (x, y) is added to the alpha's coordinates. Source and master of a composite give the same pair: anyone
    with the three pictures can recompute it.
    """
    left, top, right, bottom = bounds(alpha)
    digest, count = hashlib.sha256(), 0
    for row in range(top, bottom):
        solid = alpha[row, left:right] == _OPAQUE
        line = rgb[row + offset[1], left + offset[0] : right + offset[0]][solid]
        digest.update(line.tobytes())
        count += int(solid.sum())
    return count, digest.hexdigest()
