"""From a mask at working size to an alpha at full size, and colours without the backdrop's tint.

Alpha: a colour guided filter (He, Sun, Tang 2013; the fast form of 2015) of the mask, or the place on the line between
paper and product (`colourline`) where that is worth more. The coefficients of both are found at `MATTING.side` and
applied to the full resolution, so that a 50-megapixel photo costs little more memory than itself.
The filter was chosen over closed-form matting by measurement on products with exact alpha: mean error in the band 0.08
to 0.10 against 0.10, in a fifth of the time and without a compiler in the process.
Colours: inside a half-transparent pixel the backdrop shines through; it is taken out with the local backdrop and the
local product colour (Forte 2021), so that no halo of the old backdrop travels to the new one.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import to_linear
from trueshelf_imaging.colourline import colour_line
from trueshelf_imaging.pixels import Alpha, Floats, Mask, Rgb, around, shrink
from trueshelf_imaging.scene import bits, disc
from trueshelf_imaging.thresholds import MATTING

Window = tuple[slice, slice]
Matrix = npt.NDArray[np.float64]
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
    offset = height - _sum(slope * centre)
    return mean(slope), mean(offset)


def _sum(values: Floats) -> Floats:
    """Return (h, w), the sum of the three channels."""
    return np.asarray(cv2.transform(values, np.ones((1, 3), np.float32)), np.float32)


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
    small = shrink(rgb, MATTING.side)
    rows, columns = small.shape[:2]
    hard = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR) > 0.5  # noqa: PLR2004
    window = around(np.asarray(hard), round(MATTING.around * max(rows, columns)))
    inside, outside, *fields = _fields(small[window], np.asarray(hard[window]), max(rows, columns))
    alpha = np.zeros(rgb.shape[:2], np.uint8)
    for here, matrix in _pieces(window, hard.shape, alpha.shape):
        piece = rgb[here]
        solid, clear = (_enlarged(field, piece.shape, matrix) > 0.5 for field in (inside, outside))  # noqa: PLR2004
        alpha[here] = solid * np.uint8(255)
        band = ~(solid | clear)
        if band.any():
            guided, line, trust = (_enlarged(field, piece.shape, matrix)[band] for field in fields)
            seen = piece[band]
            soft = _applied(guided, seen.astype(np.float32) / np.float32(255))
            soft += trust * (np.clip(_applied(line, to_linear(seen)), 0, 1) - soft)
            soft = np.clip((soft - MATTING.clear) / (MATTING.solid - MATTING.clear), 0, 1)
            alpha[here][band] = np.rint(soft * 255)
    return alpha


def _fields(small: Rgb, hard: Mask, side: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return (inside, outside, guided, line, trust), float32.

    Where neither inside nor outside is 1, alpha = a·sRGB + b of the four planes of `guided`, or, as far as it is
    trusted, a·light + b of those of `line`: light of product and paper adds up in proportion, its samples do not.
    """
    guide = small.astype(np.float32) / np.float32(255)
    guided = _coefficients(guide, hard.astype(np.float32), max(2, round(MATTING.radius * side)))
    *line, trust = colour_line(to_linear(small), hard, side)
    reach = disc(max(2, round(MATTING.band * side)))
    inside, outside = cv2.erode(bits(hard), reach), 1 - cv2.dilate(bits(hard), reach)
    planes = (np.asarray(np.dstack(one), np.float32) for one in (guided, line))
    return inside.astype(np.float32), outside.astype(np.float32), *planes, trust  # type: ignore[return-value]


def _applied(planes: Floats, colours: Floats) -> Floats:
    """Return a·colour + b for (n, 4) planes and (n, 3) colours."""
    return np.asarray(np.einsum("ij,ij->i", planes[:, :3], colours) + planes[:, 3], np.float32)


def _pieces(window: Window, small: tuple[int, ...], full: tuple[int, ...]) -> Iterator[tuple[Window, Matrix]]:
    """Yield the strips of the `full` picture that lie under a `window` of the `small` one.

    Each with the affine matrix from its pixels to those of a field that covers the window.
    """
    down, across = full[0] / small[0], full[1] / small[1]
    top, bottom = int(window[0].start * down), min(full[0], int(np.ceil(window[0].stop * down)))
    left, right = int(window[1].start * across), min(full[1], int(np.ceil(window[1].stop * across)))
    for start in range(top, bottom, _STRIP):
        y, x = (start + 0.5) / down - 0.5 - window[0].start, (left + 0.5) / across - 0.5 - window[1].start
        matrix = np.array([[1 / across, 0, x], [0, 1 / down, y]], np.float64)
        yield (slice(start, min(start + _STRIP, bottom)), slice(left, right)), matrix


def _enlarged(field: Floats, shape: tuple[int, ...], matrix: Matrix) -> Floats:
    """Return a field at the pixels of a piece of `shape`, by linear interpolation."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = shape[1], shape[0]
    return np.asarray(cv2.warpAffine(field, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def clean_colours(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Return `rgb` with the backdrop's share taken out of every half-transparent pixel; solid pixels stay as they are.

    F = F̂ + α (I - α F̂ - (1 - α) B̂), F̂ and B̂ the mean colours of product and backdrop nearby, found at
    `MATTING.side`. Pixels of alpha 0 keep the source's colour: nobody sees them.
    """
    result = rgb.copy()
    small, share = shrink(rgb, MATTING.side), shrink(alpha, MATTING.side)
    reach = max(4, round(2 * MATTING.band * max(share.shape)))
    window = around(share > 0, 2 * reach)
    near, away = _both(
        small[window].astype(np.float32), share[window].astype(np.float32)[..., None] / np.float32(255), reach
    )
    for here, matrix in _pieces(window, share.shape, alpha.shape):
        edge = (alpha[here] > 0) & (alpha[here] < 255)  # noqa: PLR2004 - 8-bit alpha
        if not edge.any():
            continue
        product, backdrop = (_enlarged(field, edge.shape, matrix)[edge] for field in (near, away))
        part = alpha[here][edge].astype(np.float32)[:, None] / 255
        found = product + part * (rgb[here][edge] - part * product - (1 - part) * backdrop)
        result[here][edge] = np.rint(np.clip(found, 0, 255))
    return result


def _both(image: Floats, share: Floats, reach: int) -> tuple[Floats, Floats]:
    """Return (F̂, B̂), 0 to 255, by two passes of blur fusion from wide to narrow; `share` is (h, w, 1), 0 to 1."""
    near = away = product = backdrop = image
    for radius in (reach, max(2, reach // 6)):
        size = (2 * radius + 1, 2 * radius + 1)
        weight = np.asarray(cv2.blur(share, size), np.float32)[..., None]
        near = np.asarray(cv2.blur(product * share, size) / np.maximum(weight, np.float32(1e-4)), np.float32)
        away = np.asarray(cv2.blur(backdrop * (1 - share), size) / np.maximum(1 - weight, np.float32(1e-4)), np.float32)
        product = np.asarray(np.clip(near + share * (image - share * near - (1 - share) * away), 0, 255), np.float32)
        backdrop = away
    return near, away
