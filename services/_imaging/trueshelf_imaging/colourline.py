"""Where the edge of a product lies between two known colours: the paper beside it and the product behind it.

Near an edge every pixel is a mixture of the two, so its place on the line between them is its alpha (the colour line of
Ruzon and Tomasi 2000). The paper is the mean of what is certainly outside nearby, in its shade. The product is the mean
of what is inside, where a pixel counts the more the less it looks like that paper, so that links and wires, which have
no certain inside, have a colour too. Where the product has many colours the line means little, and is not trusted.
"""

import cv2
import numpy as np

from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_imaging.scene import bits, disc
from trueshelf_imaging.thresholds import LINE

_NOTHING = np.float32(1e-7)


def colour_line(guide: Floats, mask: Mask, side: int) -> tuple[Floats, Floats, Floats]:
    """Return (a, b, trust), (h, w, 3) and twice (h, w): alpha = a·light + b, and how much that is worth, 0 to 1.

    `guide` is (h, w, 3) linear light, 0 to 1, of a picture whose longer side is `side`, or of a window of it; so is
    `mask`, (h, w).
    """
    sure, wide = max(1, round(LINE.sure * side)), max(4, round(LINE.wide * side))
    square = np.ones((2 * sure + 1,) * 2, np.uint8)
    outside = (1 - cv2.dilate(bits(mask), square)).astype(np.float32)
    inside = cv2.erode(bits(mask), square).astype(np.float32)
    paper, has_paper = _mean(guide, outside, wide)
    weight = mask.astype(np.float32) * _dot(guide - paper, guide - paper)
    product, has_product = _mean(guide, weight, max(2, round(LINE.near * side)))
    along = product - paper
    length = np.maximum(_dot(along, along), np.float32(1e-6))
    slope = np.asarray(along / length[..., None], np.float32)
    offset = -_dot(slope, paper)
    spread = _spread(np.asarray(np.clip(_dot(slope, guide) + offset, 0, 2), np.float32), inside, wide)
    trust = np.clip(np.sqrt(length) / np.float32(LINE.least) - 1, 0, 1) * np.clip(2 - spread / LINE.spread, 0, 1)
    return slope, offset, np.asarray(trust * (_rim(mask, side) & has_paper & has_product), np.float32)


def _rim(mask: Mask, side: int) -> Mask:
    """Return where the line is asked: beside the outline, and all over what is thin."""
    beside = disc(round(LINE.beside * side))
    rim = (cv2.erode(bits(mask), beside) == 0) & (cv2.dilate(bits(mask), beside) > 0)
    return np.asarray(rim | (mask & (cv2.morphologyEx(bits(mask), cv2.MORPH_OPEN, disc(round(LINE.thin * side))) == 0)))


def _spread(place: Floats, inside: Floats, radius: int) -> Floats:
    """Return the standard deviation, around each pixel, of where the certain inside lies on the line."""
    (mean, known), (square, _) = (_mean(plane[..., None], inside, radius) for plane in (place, place * place))
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)).reshape(known.shape) * known, np.float32)


def _mean(values: Floats, weight: Floats, radius: int) -> tuple[Floats, Mask]:
    """Return the weighted mean of `values` around each pixel, and whether there was any weight."""
    size = (2 * radius + 1, 2 * radius + 1)
    total = np.asarray(cv2.blur(weight, size), np.float32)
    mean = np.asarray(cv2.blur(values * weight[..., None], size), np.float32).reshape(values.shape)
    return np.asarray(mean / np.maximum(total, _NOTHING)[..., None], np.float32), np.asarray(total > _NOTHING)


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(cv2.transform(one * other, np.ones((1, 3), np.float32)), np.float32)
