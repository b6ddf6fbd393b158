"""What every kind of drift works on: a product with its exact cut-out, and tools to choose a place on it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.matting import clean_colours
from trueshelf_imaging.pixels import Alpha, Floats, Mask, Rgb

SOLID = 127
REACH = 24
"""Pixels by which colours are continued outside of the product, so that a moved edge shows product, not ground."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A product in a picture. All arrays share one frame."""

    photo: Rgb
    """The source as photographed."""
    rgb: Rgb
    """The product's own colours: no ground in soft edges, continued outside of it."""
    alpha: Alpha
    ground: tuple[int, int, int] = (255, 255, 255)
    """What it will lie on."""
    traits: frozenset[str] = field(default_factory=frozenset)
    """What the product is: `metal`, `chain`, `kit`."""

    @classmethod
    def of(cls, photo: Rgb, alpha: Alpha, traits: frozenset[str] = frozenset()) -> "Goods":
        return cls(photo, continued(clean_colours(photo, alpha), alpha), alpha, traits=traits)

    @property
    def product(self) -> Mask:
        return np.asarray(self.alpha > SOLID, np.bool_)

    @property
    def area(self) -> int:
        return max(1, int(self.product.sum()))

    @property
    def long_side(self) -> int:
        _, _, width, height = cv2.boundingRect(self.product.astype(np.uint8))
        return max(1, width, height)


@dataclass(frozen=True, slots=True)
class Made:
    """A product with one true change, and where it is."""

    rgb: Rgb
    alpha: Alpha
    mask: Mask
    photo: Rgb | None = None
    """The source to compare with, where it carries something that the draft lost; None: the goods' own."""


Make = Callable[[Goods, float, np.random.Generator], Made | None]
"""(goods, level, random numbers) → the change, or None where this product offers no place for it."""


def continued(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Return `rgb` with the colour of the nearest solid pixel within `REACH` outside of the product."""
    solid = alpha > SOLID
    if not solid.any():
        return rgb
    far, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(solid)
    order = np.zeros(int(labels.max()) + 1, np.int64)
    order[labels[rows, columns]] = np.arange(len(rows))
    outside = (far > 0) & (far <= REACH) & (alpha == 0)
    nearest = order[labels[outside]]
    result = rgb.copy()
    result[outside] = rgb[rows[nearest], columns[nearest]]
    return result


def core(goods: Goods, pixels: int) -> Mask:
    """Return the product without `pixels` at its edges and the picture's."""
    padded = np.pad(goods.product.astype(np.uint8), 1)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.asarray(inside > pixels, np.bool_)


def noise_field(shape: tuple[int, ...], grain: float, rng: np.random.Generator) -> Floats:
    """Return smooth noise of standard deviation 1 whose hills are about `grain` pixels wide."""
    small = max(2, round(shape[0] / grain)), max(2, round(shape[1] / grain))
    values = rng.normal(0, 1, small).astype(np.float32)
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def some_point(where: Mask, rng: np.random.Generator) -> tuple[int, int] | None:
    """Return (x, y) of one place of `where`."""
    rows, columns = np.nonzero(where)
    if not len(rows):
        return None
    chosen = int(rng.integers(len(rows)))
    return int(columns[chosen]), int(rows[chosen])


def patch(where: Mask, pixels: float, centre: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Return the `pixels` pixels of `where` nearest to `centre`, with an uneven outline, in one piece."""
    y, x = np.mgrid[0 : where.shape[0], 0 : where.shape[1]].astype(np.float32)
    radius = float(np.sqrt(pixels / np.pi))
    far = np.hypot(x - centre[0], y - centre[1]) + 0.25 * radius * noise_field(where.shape, 1.2 * radius + 4, rng)
    far[~where] = np.inf
    count = int(min(pixels, where.sum()))
    if count < 1:
        return np.zeros_like(where)
    near = far <= np.partition(far, count - 1, axis=None)[count - 1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats((near & where).astype(np.uint8), connectivity=8)
    biggest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else 0
    return np.asarray((labels == biggest) & near & where, np.bool_)


def soft(mask: Mask, sigma: float = 1.0) -> Floats:
    """Return `mask` with a soft edge, 0 to 1, as weights (height, width, 1)."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)[..., None], np.float32)


def mixed(one: Rgb, other: Rgb, weight: Floats) -> Rgb:
    """Return `other` over `one` with `weight`."""
    blend = one.astype(np.float32) * (1 - weight) + other.astype(np.float32) * weight
    return np.clip(np.rint(blend), 0, 255).astype(np.uint8)


def from_lab(lab: Floats) -> Rgb:
    """Return 8-bit sRGB of CIE Lab; what sRGB cannot show is clipped."""
    rgb = cv2.cvtColor(np.ascontiguousarray(lab, np.float32), cv2.COLOR_LAB2RGB)
    return np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)


def delta_e(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> Floats:
    """Return CIEDE2000 of paired sRGB samples, any shape that ends in 3."""
    flat = (to_lab(samples.reshape(1, -1, 3))[0] for samples in (one, other))
    found = deltaE_ciede2000(*flat)  # type: ignore[no-untyped-call]
    return np.asarray(found.reshape(one.shape[:-1]), np.float32)


def strength_for(
    target: float, change: Callable[[npt.NDArray[np.uint8], float], npt.NDArray[np.uint8]], pixels: Rgb, most: float
) -> float | None:
    """Return the least strength up to `most` whose median CIEDE2000 over `pixels` (n, 3) reaches `target`."""
    some = pixels[:: max(1, len(pixels) // 3000)]
    if not len(some) or float(np.median(delta_e(some, change(some, most)))) < target:
        return None
    low, high = 0.0, most
    for _ in range(14):
        middle = (low + high) / 2
        reached = float(np.median(delta_e(some, change(some, middle)))) >= target
        low, high = (low, middle) if reached else (middle, high)
    return high


def with_rgb(goods: Goods, rgb: Rgb, mask: Mask) -> Made:
    """Return the goods in other colours."""
    return Made(rgb, goods.alpha, mask)


def on(goods: Goods, ground: tuple[int, int, int]) -> Goods:
    """Return the goods for another ground."""
    return replace(goods, ground=ground)
