"""From a mask at working size to an alpha at full size, and colours without the backdrop's tint.

Alpha: a colour guided filter (He, Sun, Tang 2013; the fast form of 2015) of the mask, whose coefficients are found at
`MATTING.side` and applied to the full resolution, so that a 50-megapixel photo costs little more memory than itself.
It was chosen over closed-form matting by measurement on products with exact alpha: mean error in the band 0.08 to 0.10
against 0.10, in a fifth of the time and without a compiler in the process.
Colours: inside a half-transparent pixel the backdrop shines through; it is taken out with the local backdrop and the
local product colour (Forte 2021), so that no halo of the old backdrop travels to the new one.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Alpha, Floats, Mask, Rgb, shrink
from trueshelf_imaging.thresholds import MATTING

_STRIP = 512
"""Rows of the full picture that are worked on at a time."""


def _coefficients(guide: Floats, mask: Floats, radius: int) -> tuple[Floats, Floats]:
    """Return (a, b), (h, w, 3) and (h, w), of the local linear model alpha = a·rgb + b on 0–1 samples."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.boxFilter(values, -1, size, borderType=cv2.BORDER_REFLECT), np.float32)

    centre, height = mean(guide), mean(mask)
    cross = mean(guide * mask[..., None]) - centre * height[..., None]
    slope = _solve(_covariance(guide, centre, mean), cross)
    offset = height - (slope * centre).sum(axis=-1)
    return mean(slope), mean(offset)


def _covariance(guide: Floats, centre: Floats, mean: Callable[[Floats], Floats]) -> list[Floats]:
    """Return the six entries rr, rg, rb, gg, gb, bb of the local covariance, the diagonal regularised."""
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    return [
        mean(guide[..., i] * guide[..., j])
        - centre[..., i] * centre[..., j]
        + np.float32(MATTING.epsilon if i == j else 0)
        for i, j in pairs
    ]


def _solve(matrix: list[Floats], right: Floats) -> Floats:
    """Return x of (symmetric 3x3 matrix) x = right at every pixel, by cofactors, ten times faster than LAPACK."""
    rr, rg, rb, gg, gb, bb = matrix
    first, second, third = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    fourth, fifth, sixth = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = np.maximum(rr * first + rg * second + rb * third, np.float32(MATTING.epsilon**3))
    red, green, blue = right[..., 0], right[..., 1], right[..., 2]
    solved = (
        first * red + second * green + third * blue,
        second * red + fourth * green + fifth * blue,
        third * red + fifth * green + sixth * blue,
    )
    return np.asarray(np.stack(solved, axis=-1) / determinant[..., None], np.float32)


def alpha_from_mask(rgb: Rgb, mask: Mask) -> Alpha:
    """Return the alpha of `rgb`'s size from `mask` (any size of the same aspect).

    Only a band of `MATTING.band` of the longer side on either side of the mask's edge may be between 0 and 255.
    """
    height, width = rgb.shape[:2]
    small = shrink(rgb, MATTING.side)
    rows, columns = small.shape[:2]
    at_small = np.asarray(
        cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32
    )
    hard = (at_small > 0.5).astype(np.float32)  # noqa: PLR2004 - the middle of 0 and 1
    slope, offset = _coefficients(
        small.astype(np.float32) / np.float32(255), hard, max(2, round(MATTING.radius * max(rows, columns)))
    )
    reach = max(2, round(MATTING.band * max(rows, columns)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inside = np.asarray(cv2.erode(hard, disc), np.float32)
    outside = 1 - np.asarray(cv2.dilate(hard, disc), np.float32)
    alpha = np.empty((height, width), np.uint8)
    for top in range(0, height, _STRIP):
        bottom = min(height, top + _STRIP)
        alpha[top:bottom] = _strip(rgb[top:bottom], (slope, offset, inside, outside), (top, height))
    return alpha


def _strip(rgb: Rgb, fields: tuple[Floats, Floats, Floats, Floats], place: tuple[int, int]) -> Alpha:
    """Return the alpha of some rows: the coefficients are enlarged for them alone. `place`: first row, all rows."""
    top, height = place
    rows, width = rgb.shape[:2]
    slope, offset, inside, outside = (_rows(field, top, rows, height, width) for field in fields)
    value = (slope * (rgb.astype(np.float32) / np.float32(255))).sum(axis=-1) + offset
    value = np.clip((value - MATTING.clear) / (MATTING.solid - MATTING.clear), 0, 1)
    value = np.where(inside > 0.5, 1, np.where(outside > 0.5, 0, value))  # noqa: PLR2004 - the middle of 0 and 1
    return np.asarray(np.rint(value * 255), np.uint8)


def _rows(field: Floats, top: int, rows: int, height: int, width: int) -> Floats:
    """Return rows `top` to `top + rows` of `field` enlarged to (height, width), by linear interpolation."""
    if field.shape[:2] == (height, width):
        return field[top : top + rows]
    scale_y, scale_x = field.shape[0] / height, field.shape[1] / width
    matrix = np.array([[scale_x, 0, 0.5 * scale_x - 0.5], [0, scale_y, (top + 0.5) * scale_y - 0.5]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(field, matrix, (width, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def clean_colours(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Return `rgb` with the backdrop's share taken out of every half-transparent pixel; solid pixels stay as they are.

    F = F̂ + α (I - α F̂ - (1 - α) B̂), F̂ and B̂ the mean colours of product and backdrop nearby, twice, from wide to
    narrow. Pixels of alpha 0 keep the source's colour: nobody sees them.
    """
    result = rgb.copy()
    height, width = alpha.shape
    reach = max(4, round(2 * MATTING.band * max(height, width)))
    for top in range(0, height, _STRIP):
        bottom = min(height, top + _STRIP)
        edge = (alpha[top:bottom] > 0) & (alpha[top:bottom] < 255)  # noqa: PLR2004 - 8-bit alpha
        columns = np.nonzero(edge.any(axis=0))[0]
        if not columns.size:
            continue
        above, below = max(0, top - 2 * reach), min(height, bottom + 2 * reach)
        left, right = max(0, int(columns[0]) - 2 * reach), min(width, int(columns[-1]) + 1 + 2 * reach)
        found = _foreground(rgb[above:below, left:right], alpha[above:below, left:right], reach)
        window = result[top:bottom, left:right]
        here = edge[:, left:right]
        window[here] = found[top - above : bottom - above][here]
    return result


def _foreground(rgb: Rgb, alpha: Alpha, reach: int) -> Rgb:
    """Return the product's colour at every pixel of a window, by two passes of blur fusion."""
    image, share = rgb.astype(np.float32), (alpha.astype(np.float32) / 255)[..., None]
    product: npt.NDArray[Any] = image
    backdrop: npt.NDArray[Any] = image
    for radius in (reach, max(2, reach // 6)):
        size = (2 * radius + 1, 2 * radius + 1)
        weight = cv2.blur(share[..., 0], size)[..., None]
        near = cv2.blur(product * share, size) / np.maximum(weight, 1e-4)
        away = cv2.blur(backdrop * (1 - share), size) / np.maximum(1 - weight, 1e-4)
        product = near + share * (image - share * near - (1 - share) * away)
        product = np.clip(product, 0, 255)
        backdrop = away
    return np.asarray(np.rint(product), np.uint8)
