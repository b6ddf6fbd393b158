"""Where a product lies on its new picture, and how light the ground is there."""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.pixels import Alpha, Floats


class EmptyCutoutError(ValueError):
    """The alpha is 0 everywhere."""


def bounds(alpha: Alpha) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom), the last two exclusive, of what is not transparent."""
    rows, columns = np.nonzero(alpha.any(axis=1))[0], np.nonzero(alpha.any(axis=0))[0]
    if not rows.size:
        raise EmptyCutoutError("the cut-out is empty")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@dataclass(frozen=True, slots=True)
class Canvas:
    """A new picture around a product at its own scale: canvas (x, y) = source (x, y) + (offset_x, offset_y)."""

    width: int
    height: int
    offset_x: int
    offset_y: int
    bounds: tuple[int, int, int, int]
    """Of the product in the source: left, top, right, bottom."""

    @classmethod
    def around(cls, alpha: Alpha, *, fill: float, aspect: float) -> "Canvas":
        """Return the canvas with the product in its middle.

        `fill` is the share of the canvas that the product's bounding box reaches in the tighter direction, `aspect`
        the canvas' width over its height. Raises EmptyCutoutError.
        """
        left, top, right, bottom = bounds(alpha)
        wide, high = right - left, bottom - top
        height = max(round(high / fill), round(wide / fill / aspect), high)
        width = max(round(height * aspect), wide)
        return cls(width, height, (width - wide) // 2 - left, (height - high) // 2 - top, (left, top, right, bottom))

    @property
    def inside(self) -> tuple[int, int, int, int]:
        """The product's bounding box on the canvas."""
        left, top, right, bottom = self.bounds
        return left + self.offset_x, top + self.offset_y, right + self.offset_x, bottom + self.offset_y

    @property
    def longest(self) -> int:
        """The longer side of the product's bounding box."""
        left, top, right, bottom = self.bounds
        return max(right - left, bottom - top)

    def cropped(self, alpha: Alpha) -> Alpha:
        """Return the part of `alpha` inside the product's bounding box."""
        left, top, right, bottom = self.bounds
        return alpha[top:bottom, left:right]

    def to_small(self, small: tuple[int, ...], source: tuple[int, ...]) -> tuple[float, float, float]:
        """Return the map from the canvas to a shrunken source (its shape, the source's): scale, offset x, offset y."""
        scale = small[1] / source[1]
        return scale, (0.5 - self.offset_x) * scale - 0.5, (0.5 - self.offset_y) * scale - 0.5


@dataclass(frozen=True, slots=True)
class Shade:
    """The share of the ground's light that is left, 0–1, at a small size: small = scale · canvas + offset."""

    light: Floats
    scale: float
    offset_x: float
    offset_y: float

    def rows(self, top: int, bottom: int, width: int) -> Floats:
        """Return (bottom − top, width) of the canvas, 1 outside of what is known, between neighbours linearly."""
        matrix = np.array(
            [[self.scale, 0, self.offset_x], [0, self.scale, self.offset_y + self.scale * top]], np.float64
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        made = cv2.warpAffine(
            self.light, matrix, (width, bottom - top), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=(1.0,)
        )
        return np.asarray(made, np.float32)
