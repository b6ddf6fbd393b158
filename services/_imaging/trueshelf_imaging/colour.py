"""sRGB, linear light and CIE Lab.

sRGB transfer curve of IEC 61966-2-1; Lab with D65 white as OpenCV computes it from sRGB: L 0–100, a and b about ±127.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Rgb

_SUM: Floats = np.ones((1, 3), np.float32)
_TOE = 0.04045
"""Where the curve's straight part ends."""


def _curve() -> Floats:
    """Return the linear value of each of the 256 sRGB samples."""
    value = np.arange(256, dtype=np.float64) / 255
    return np.where(value <= _TOE, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR: Floats = _curve()
_KNEES: Floats = ((_LINEAR[1:].astype(np.float64) + _LINEAR[:-1]) / 2).astype(np.float32)
"""Between two of these lies the linear light that rounds to one sRGB sample."""


def to_linear(srgb: npt.NDArray[np.uint8]) -> Floats:
    """Return linear light 0–1, float32, of 8-bit sRGB samples of any shape."""
    return _LINEAR[srgb]


def from_linear(linear: Floats) -> npt.NDArray[np.uint8]:
    """Return the 8-bit sRGB samples whose linear light is nearest; values outside 0–1 are clipped.

    `from_linear(to_linear(x)) == x` for every sample, which is what lets a composite keep the source's pixels.
    """
    return np.searchsorted(_KNEES, linear, side="right").astype(np.uint8)


def lengths(vectors: Floats) -> Floats:
    """Return (h, w) the Euclidean length of each pixel's three numbers; ten times as fast as numpy's norm."""
    return np.sqrt(np.asarray(cv2.transform(vectors * vectors, _SUM), np.float32))


def steepness(lab: Floats) -> Floats:
    """Return (h, w) the magnitude of the Lab gradient, per pixel (Scharr's derivative)."""
    across, down = (np.asarray(cv2.Scharr(lab, cv2.CV_32F, 1 - way, way), np.float32) / 32 for way in (0, 1))
    return np.sqrt(np.asarray(cv2.transform(across * across + down * down, _SUM), np.float32))


def to_lab(rgb: Rgb) -> Floats:
    """Return (height, width, 3) float32 CIE Lab of an sRGB picture."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)


def lab_distance(one: Floats, other: Floats) -> Floats:
    """Return (height, width) float32: the Euclidean distance (CIE76) of two Lab pictures, pixel by pixel."""
    difference = cv2.subtract(one, other)
    squares = cv2.transform(cv2.multiply(difference, difference), np.ones((1, 3), np.float32))
    return np.asarray(cv2.sqrt(squares), np.float32)
