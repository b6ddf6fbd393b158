"""Global changes that are declared: one gain per channel in linear light, the same for every pixel of the picture.

A gain is the whole of what a preset may do to a product's colours: exposure is one factor for all channels, white
balance three. Generate applies it, qa applies it to the source again and compares: both by `gained`, byte for byte.
"""

import cv2
import numpy as np

from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import Rgb

Gain = tuple[float, float, float]
"""Factors of linear-light R, G and B."""

GENTLE = 0.8, 1.25
"""Gains outside of this are no gentle correction: a third of a stop. Generate refuses them, qa stops them."""
DIGITS = 6
"""Decimals of a gain, so that the event says exactly what was multiplied."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Of linear sRGB (IEC 61966-2-1)."""


def exposure(stops: float) -> Gain:
    """Return the gain of a change by `stops` (powers of two)."""
    factor = round(2.0**stops, DIGITS)
    return factor, factor, factor


def neutralising(backdrop: Backdrop) -> Gain:
    """Return the gain that makes the fitted backdrop's average grey and keeps its luminance.

    It takes the paper for neutral: on beige paper it would turn the product blue.
    """
    lab = backdrop.surface(33, 33).reshape(-1, 1, 3).mean(axis=0, keepdims=True)
    light = np.asarray(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2LRGB), np.float64)[0, 0]
    grey = float(light @ _LUMINANCE)
    red, green, blue = (round(grey / max(float(channel), 1e-4), DIGITS) for channel in light)
    return red, green, blue


def times(one: Gain, other: Gain) -> Gain:
    """Return both gains in one."""
    return (
        round(one[0] * other[0], DIGITS),
        round(one[1] * other[1], DIGITS),
        round(one[2] * other[2], DIGITS),
    )


def gentle(gain: Gain) -> bool:
    """Return whether every factor is a gentle one."""
    return all(GENTLE[0] <= factor <= GENTLE[1] for factor in gain)


def gained(rgb: Rgb, gain: Gain) -> Rgb:
    """Return `rgb` with its linear light multiplied; what gets brighter than white is white."""
    every = to_linear(np.arange(256, dtype=np.uint8))[:, None] * np.asarray(gain, np.float32)
    table = from_linear(np.clip(every, 0, 1))
    return np.ascontiguousarray(cv2.LUT(rgb, table[:, None, :]))
