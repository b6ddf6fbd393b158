"""What each pixel has to say about being product or backdrop: the numbers that the learned judge (`judge`) reads.

A shadow on paper scales the paper's light: the logarithm of linear light over the fitted paper falls in all three
channels alike, softly, and never rises. A product changes the ratio between channels, has edges and texture, or is
lighter. A grey side on grey paper differs from a shadow only by its surroundings, so every pixel also reports what lies
around it: means, extremes and slopes over several widths, what is 8 and 24 pixels away in eight directions, and how
steep the way to the border of the picture is.
All lengths are pixels of a picture whose longer side is `SIDE`.
"""

import cv2
import numpy as np
from skimage.graph import MCP_Geometric

from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.colour import lengths, steepness, to_lab, to_linear
from trueshelf_imaging.pixels import Floats, Rgb

SIDE = 384
_BLACK = np.float32(0.01)
"""Linear light added before a logarithm: sensor noise and glare, under which black is not told from black."""
_DIRECTIONS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
_FAR = 4.0
"""Slopes and ratios beyond this say nothing more."""


def ratios(rgb: Rgb, backdrop: Backdrop) -> Floats:
    """Return (h, w, 3) the natural logarithm of linear light over the fitted paper's, per channel."""
    height, width = rgb.shape[:2]
    paper = np.asarray(cv2.cvtColor(backdrop.surface(height, width), cv2.COLOR_LAB2RGB), np.float32)
    lit = to_linear(np.rint(np.clip(paper, 0, 1) * 255).astype(np.uint8))
    return np.asarray(np.log((to_linear(rgb) + _BLACK) / (lit + _BLACK)), np.float32)


def describe(rgb: Rgb, backdrop: Backdrop) -> Floats:
    """Return (h, w, features) float32 of a picture whose longer side is `SIDE`; in memory one plane after the other."""
    height, width = rgb.shape[:2]
    paper = backdrop.surface(height, width)
    difference = to_lab(rgb) - paper
    log = ratios(rgb, backdrop)
    shade = np.clip(log.mean(axis=-1), -_FAR, 2)
    tint, cast = log[..., 0] - log[..., 1], log[..., 2] - log[..., 1]
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    distance = np.log1p(lengths(difference))
    planes = [shade, tint, cast, difference[..., 0] / 20, difference[..., 1] / 10, difference[..., 2] / 10, distance]
    slopes = [_slope(difference, sigma) for sigma in (1.0, 2.0, 4.0)]
    planes += slopes
    for radius in (2, 5, 12, 30):
        planes += [_mean(shade, radius), _mean(np.log1p(chroma), radius), _mean(distance, radius)]
    for radius in (1, 3, 8):
        mean = _mean(shade, radius)
        planes += [np.sqrt(np.maximum(_mean(shade * shade, radius) - mean * mean, 0)), shade - mean]
    for radius in (3, 8, 20):
        square = np.ones((2 * radius + 1,) * 2, np.uint8)
        planes += [cv2.dilate(slopes[0], square), cv2.dilate(shade, square), cv2.erode(shade, square)]
        planes += [cv2.dilate(distance, square), cv2.erode(distance, square)]
    planes += [np.log1p(way) for way in _ways(slopes[0], difference)]
    planes += around(shade) + around(slopes[0])
    planes += [np.full_like(shade, value) for value in (backdrop.sigma, float(paper[..., 0].mean()) / 50)]
    return _planes(planes)


def context(likely: Floats) -> Floats:
    """Return (h, w, features) of what a first judgement, 0 to 1, says about a pixel's surroundings."""
    planes: list[Floats] = [likely, *(_mean(likely, radius) for radius in (2, 5, 12, 30)), *around(likely)]
    for radius in (4, 12):
        square = np.ones((2 * radius + 1,) * 2, np.uint8)
        planes += [np.asarray(fit(likely, square), np.float32) for fit in (cv2.dilate, cv2.erode)]
    planes += [np.full_like(likely, likely.mean())]
    return _planes(planes)


def _planes(planes: list[Floats]) -> Floats:
    """Return (h, w, features); written and read plane by plane, which is several times as fast as pixel by pixel."""
    return np.moveaxis(np.stack([np.asarray(plane, np.float32) for plane in planes]), 0, -1)


def around(plane: Floats) -> list[Floats]:
    """Return the means of small squares 8 and 24 pixels away in eight directions."""
    height, width = plane.shape
    found: list[Floats] = []
    for away, radius in ((8, 3), (24, 8)):
        mean = cv2.copyMakeBorder(_mean(plane, radius), away, away, away, away, cv2.BORDER_REPLICATE)
        for right, down in _DIRECTIONS:
            top, left = away + down * away, away + right * away
            found.append(np.asarray(mean[top : top + height, left : left + width], np.float32))
    return found


def _mean(plane: Floats, radius: int) -> Floats:
    return np.asarray(cv2.blur(plane, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REPLICATE), np.float32)


def _slope(lab: Floats, sigma: float) -> Floats:
    """Return log(1 + the Lab gradient's magnitude) after a blur by `sigma`."""
    return np.asarray(np.log1p(steepness(np.asarray(cv2.GaussianBlur(lab, (0, 0), sigma), np.float32))), np.float32)


def _ways(slope: Floats, difference: Floats) -> list[Floats]:
    """Return the cheapest way from the border's paper to each pixel, where slopes cost, at half size.

    A shadow can be entered without crossing an edge, a product cannot; inside a handle's hole the way is long, but the
    pixel itself is paper.
    """
    height, width = slope.shape
    size = (max(2, width // 2), max(2, height // 2))
    steep = np.expm1(cv2.resize(slope, size, interpolation=cv2.INTER_AREA))
    off = cv2.resize(lengths(difference), size, interpolation=cv2.INTER_AREA)
    edge = np.zeros(steep.shape, np.bool_)
    edge[0] = edge[-1] = edge[:, 0] = edge[:, -1] = True
    starts = np.argwhere(edge & (off <= np.median(off[edge]) + 3))
    found: list[Floats] = []
    for cost in (0.02 + steep, 0.02 + np.maximum(0, steep - 0.7) ** 2):
        way, _ = MCP_Geometric(cost.astype(np.float64)).find_costs(starts)
        found.append(np.asarray(cv2.resize(np.minimum(way, 1e3).astype(np.float32), (width, height)), np.float32))
    return found
