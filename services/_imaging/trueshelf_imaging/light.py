"""Goods that no outline does justice to: glass, clear wrapping, white on white. The light is kept, nothing is cut.

The photo is divided by its fitted backdrop and multiplied by the new ground, in linear light: the paper becomes the
ground, what is half as light as the paper becomes half as light as the ground. Glass stays glass, with its shadow.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_imaging.pixels import Floats, Rgb, shrink

SIDE = 640
"""Working size of the fit: a backdrop is smooth."""
GRAIN = 3.0
"""Standard deviations of the paper's own ratio under which a pixel is paper; twice that counts in full."""
SOFT = 2.0
"""Sigma in pixels at 1,024 of the blur that takes grain out before that question: a thin edge of glass survives it."""
_STRIP = 512
_LEAST = np.float32(0.02)
"""Linear light under which paper is not divided by: it would be noise."""


class NotPlainError(ValueError):
    """The backdrop is no smooth surface, so there is nothing to divide by."""


@dataclass(frozen=True, slots=True)
class Lit:
    """The finished picture, of the photo's size, and what it cost."""

    rgb: Rgb
    clipped: float
    """Share of the pixels that are lighter than the paper by so much that the ground's white cuts them off."""
    backdrop: Backdrop


def keep_light(rgb: Rgb, ground: tuple[int, int, int] = (255, 255, 255)) -> Lit:
    """Return `rgb` with its paper turned into `ground` (8-bit sRGB) and every shade on it kept. Raises NotPlainError.

    The paper's grain is levelled, nothing else is: pixels whose blurred ratio to the paper is within the paper's own
    spread become exactly the ground.
    """
    found = backdrops.fit(to_lab(shrink(rgb, SIDE)))
    if not found.plain:
        raise NotPlainError("the backdrop is not plain: its light cannot be told from the product's")
    grain = _grain(rgb, found)
    light = to_linear(np.array(ground, np.uint8))
    made, clipped = np.empty_like(rgb), 0
    height, width = rgb.shape[:2]
    margin = 4 * round(SOFT * max(height, width) / 1024) + 4
    for top in range(0, height, _STRIP):
        bottom = min(height, top + _STRIP)
        above, below = max(0, top - margin), min(height, bottom + margin)
        ratio = _ratio(rgb[above:below], found, (above, height))
        ratio = _levelled(ratio, grain, SOFT * max(height, width) / 1024)[top - above : bottom - above]
        clipped += int((ratio * light > 1).any(axis=-1).sum())
        made[top:bottom] = from_linear(np.minimum(ratio * light, 1))
    return Lit(made, clipped / (height * width), found)


def _ratio(rows: Rgb, found: Backdrop, place: tuple[int, int]) -> Floats:
    """Return linear light over the paper's for some rows; `place` is the first row and the number of all."""
    top, height = place
    paper = found.surface(height, rows.shape[1], slice(top, top + rows.shape[0]))
    lit = np.asarray(cv2.cvtColor(paper, cv2.COLOR_LAB2LRGB), np.float32)
    return np.asarray(to_linear(rows) / np.maximum(lit, _LEAST), np.float32)


def _grain(rgb: Rgb, found: Backdrop) -> float:
    """Return the robust spread of the border ring's blurred ratio around 1."""
    small = shrink(rgb, 1024)
    height, width = small.shape[:2]
    mean = cv2.GaussianBlur(_ratio(small, found, (0, height)), (0, 0), SOFT).mean(axis=-1)
    return max(0.004, 1.4826 * float(np.median(np.abs(mean[backdrops.ring(height, width)] - 1))))


def _levelled(ratio: Floats, grain: float, sigma: float) -> Floats:
    """Return the ratio with the paper's grain taken to exactly 1."""
    away = np.abs(cv2.GaussianBlur(ratio, (0, 0), sigma) - 1).max(axis=-1)
    share = np.clip(away / (GRAIN * grain) - 1, 0, 1)[..., None]
    return np.asarray(1 + share * (ratio - 1), np.float32)
