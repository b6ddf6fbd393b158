"""Shadows on a new ground: the photo's own, or a soft one where the product stands.

Both are a `Shade`: the share of the ground's light that is left at each place, made at a small size (shadows are soft)
and enlarged strip by strip. The product's own pixels are never shaded again.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Alpha, Floats, Mask, Rgb, shrink
from trueshelf_imaging.shades import Canvas, Shade, bounds

SIDE = 1024
"""Working size of the longer side: a penumbra has no finer detail."""
CHROMA, CHROMA_SIGMAS = 8.0, 2.5
"""Lab units: a shadow keeps the paper's chroma within max(8, 2.5 s); from there to twice that it counts less and less:
light that fell through coloured glass is no shadow (measured)."""
NOISE = 0.035
"""Share of light under which a darkening is the paper's grain or the fit's error; doubled, it counts in full."""
TOUCHING = 8
"""Pixels within which a shadow must begin at the product: others are of things that were left outside."""
FADE = 0.08
"""Share of the longer side over which a shadow fades out towards a border, so that it ends nowhere hard."""
BARE = 0.35
"""Share of that width along the new picture's border that stays without any shadow."""
SMOOTH = 3.0
"""Gaussian sigma that takes the grain out of a penumbra."""
SPREAD = 9.0
"""Gaussian sigma with which a shadow is continued under the product's half-transparent edge."""
REACH = 0.30
"""Share of the product's longer side beyond which nothing is its shadow any more; fades out over the outer half."""
STRENGTH = 0.42
"""Light that the soft shadow takes away in its darkest place; a real one on paper takes 0.3 to 0.7 (measured)."""
STANDS = 0.45
"""Share of the product's height, from below, that casts the soft shadow: what is far from the ground casts none."""
ACROSS, DOWN = 0.030, 0.016
"""Gaussian sigma of the soft shadow, shares of the product's longer side."""


class NoPlainBackdropError(ValueError):
    """The real shadow cannot be told from a backdrop that is not plain."""


def natural(rgb: Rgb, alpha: Alpha, canvas: Canvas) -> Shade:
    """Return the photo's own shadow: the ratio of its luminance to that of the fitted backdrop, where that is darker.

    `rgb` and `alpha` are the source and its cut-out. Only what touches the product and keeps the paper's chroma counts.
    Raises NoPlainBackdropError.
    """
    small, share = shrink(rgb, SIDE), shrink(alpha, SIDE)
    lab, outside = to_lab(small), _away(share, 2)
    if not backdrops.fit(lab).plain:
        raise NoPlainBackdropError("the backdrop is not plain: its shadow cannot be told from it")
    fitted = backdrops.fit(lab, _sparse(outside))
    paper = fitted.surface(*share.shape)
    left = _luminance(lab[..., 0]) / np.maximum(_luminance(paper[..., 0]), np.float32(1e-3))
    dark = np.asarray(np.clip(1 - left, 0, 1), np.float32)
    scaled = paper[..., 1:] * np.clip(lab[..., :1] / np.maximum(paper[..., :1], 1), 0, 1)
    tint = np.linalg.norm(lab[..., 1:] - scaled, axis=-1) / max(CHROMA, CHROMA_SIGMAS * fitted.sigma)
    smooth = _spread(np.asarray(dark * np.clip(2 - tint, 0, 1), np.float32), outside, SMOOTH)
    smooth *= np.clip((smooth - NOISE) / NOISE, 0, 1)
    smooth[~_touching(smooth, share)] = 0
    known = np.where(outside, smooth, _spread(smooth, outside, SPREAD)) * _fading(share, canvas, alpha.shape)
    return Shade((1 - known).astype(np.float32), *canvas.to_small(share.shape, alpha.shape))


def contact(
    alpha: Alpha,
    canvas: Canvas,
    *,
    toward: tuple[float, float] = (0.0, 1.0),
    throw: float = DOWN,
    strength: float = STRENGTH,
) -> Shade:
    """Return a soft shadow where the product stands.

    It falls `toward` (x, y), a unit vector of the picture, by `throw` times the product's longer side, and takes away
    `strength` of the light in its darkest place.
    """
    step = min(1.0, SIDE / max(canvas.width, canvas.height))
    size = max(1, round(canvas.width * step)), max(1, round(canvas.height * step))
    left, top, right, bottom = canvas.inside
    body = np.zeros((size[1], size[0]), np.float32)
    x0, y0, x1, y1 = (round(edge * step) for edge in (left, top, right, bottom))
    seen = cv2.resize(canvas.cropped(alpha), (max(1, x1 - x0), max(1, y1 - y0)), interpolation=cv2.INTER_AREA)
    height = np.linspace(0, 1, seen.shape[0], dtype=np.float32)[:, None]
    weight = np.clip((height - (1 - STANDS)) / STANDS, 0, 1) ** 2
    body[y0 : y0 + seen.shape[0], x0 : x0 + seen.shape[1]] = seen.astype(np.float32) / 255 * weight
    longest = max(seen.shape)
    moved = np.array([[1, 0, toward[0] * throw * longest], [0, 1, toward[1] * throw * longest]], np.float64)
    body = np.asarray(cv2.warpAffine(body, moved, size), np.float32)
    sigma = max(0.5, ACROSS * longest), max(0.5, DOWN * longest)
    soft = cv2.GaussianBlur(body, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1], borderType=cv2.BORDER_CONSTANT)
    shift = 0.5 * step - 0.5
    return Shade((1 - strength * soft).astype(np.float32), step, shift, shift)


def _luminance(lightness: Floats) -> Floats:
    """Return relative luminance of CIE L* (the cubic part; the linear toe below L 8 is black here as there)."""
    return np.asarray(((lightness + 16) / 116) ** 3, np.float32)


def _away(share: Alpha, pixels: int) -> Mask:
    """Return where no product is within `pixels`."""
    grown = cv2.dilate((share > 0).astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8))
    return np.asarray(grown == 0, np.bool_)


def _spread(values: Floats, where: Mask, sigma: float) -> Floats:
    """Return the average of `values` around each pixel, of those in `where` only (normalised convolution)."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(values.astype(np.float32) * weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3), np.float32)


def _touching(dark: Floats, share: Alpha) -> Mask:
    """Return the dark places that begin at the product."""
    count, labels = cv2.connectedComponents((dark > NOISE).astype(np.uint8), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[np.unique(labels[~_away(share, TOUCHING)])] = True
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def _fading(share: Alpha, canvas: Canvas, source: tuple[int, ...]) -> Floats:
    """Return 1 at the product, falling to 0 at the photo's border, the canvas' border and `REACH` from the product."""
    height, width = share.shape
    left, top, right, bottom = bounds(share)
    scale, x0, y0 = canvas.to_small(share.shape, source)
    x, y = np.arange(width), np.arange(height)
    photo = np.minimum(_inwards(x, 0, width - 1)[None, :], _inwards(y, 0, height - 1)[:, None])
    wide, high = x0 + scale * canvas.width, y0 + scale * canvas.height
    new = np.minimum(_inwards(x, x0, wide)[None, :], _inwards(y, y0, high)[:, None])
    new = new / (FADE * scale * max(canvas.width, canvas.height)) - BARE
    beside = cv2.distanceTransform((share == 0).astype(np.uint8), cv2.DIST_L2, 5)
    away = beside / (REACH * max(right - left, bottom - top))
    near = np.clip(np.minimum(np.minimum(photo / (FADE * max(height, width)), new), 2 * (1 - away)), 0, 1)
    return np.asarray(near * near * (3 - 2 * near), np.float32)


def _inwards(places: npt.NDArray[Any], first: float, last: float) -> npt.NDArray[np.float64]:
    """Return how far inside of [first, last] each place is."""
    return np.asarray(np.minimum(places - first, last - places), np.float64)


def _sparse(mask: Mask) -> Mask:
    """Return every fourth pixel of `mask` in both directions: a surface needs no more."""
    kept = np.zeros_like(mask)
    kept[::4, ::4] = mask[::4, ::4]
    return kept
