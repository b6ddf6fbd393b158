"""Detail that went, came, moved or was replaced: texture and pattern."""

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.inject.goods import Goods, Made, core, mixed, patch, soft, some_point, with_rgb

SIGMA = 1.1
"""Gaussian sigma in pixels of a visible softening."""
MOVED = 0.022
"""Share of the product's long side by which a visible move goes."""
ZOOM = 0.022
REPLACED = 0.03
SEEN = 6.0
"""Lab units from which a pixel counts as changed."""
CHANGED = 0.01
"""Share of the product that must change to be called visible; the level multiplies it."""
LEAST_DETAIL = 0.6
"""Mean L* that a softening must take away: where there is no detail none goes."""


def softened(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    return _if_detail(goods, blurred(goods, SIGMA * level), level)


def smoothed(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Smooth within edges, as beautifying filters do."""
    done = cv2.bilateralFilter(goods.rgb, 0, 14 + 12 * level, 1.5 + 1.5 * level)
    return _if_detail(goods, np.asarray(done, np.uint8), level)


def sharpened(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    base = goods.rgb.astype(np.float32)
    done = base + 0.9 * level * (base - blurred(goods, 1.3))
    return _if_detail(goods, np.clip(np.rint(done), 0, 255).astype(np.uint8), level)


def softened_part(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    where = _busy(goods, 0.12, rng)
    if where is None:
        return None
    rgb = mixed(goods.rgb, blurred(goods, 1.3 * level), soft(where, 2))
    return with_rgb(goods, rgb, where) if _mean_change(goods, rgb, where) > LEAST_DETAIL * level else None


def pattern_moved(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    step = max(2.0, MOVED * level * goods.long_side)
    angle = rng.uniform(0, 2 * np.pi)
    moved = np.array([[1, 0, step * np.cos(angle)], [0, 1, step * np.sin(angle)]], np.float64)
    other = cv2.warpAffine(
        goods.rgb, moved, goods.rgb.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return _within(goods, np.asarray(other, np.uint8), _busy(goods, 0.2, rng), level)


def pattern_scaled(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    x, y, width, height = cv2.boundingRect(goods.product.astype(np.uint8))
    factor = 1 + ZOOM * level * float(rng.choice((-1, 1)))
    middle = (x + width / 2, y + height / 2)
    zoom = np.array(
        [[factor, 0, (1 - factor) * middle[0]], [0, factor, (1 - factor) * middle[1]]],
        np.float64,
    )
    other = cv2.warpAffine(
        goods.rgb, zoom, goods.rgb.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return _within(goods, np.asarray(other, np.uint8), core(goods, max(4, round(0.02 * goods.long_side))), level)


def pattern_replaced(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Fill a place with the product's own texture from elsewhere, turned by 90 degrees, in the place's mean colour."""
    inner = core(goods, 8)
    centre, other = some_point(inner, rng), some_point(inner, rng)
    if centre is None or other is None:
        return None
    where = patch(inner, REPLACED * level * goods.area, centre, rng)
    turn = cv2.getRotationMatrix2D((float(other[0]), float(other[1])), 90, 1)
    turn[:, 2] += np.array(centre) - np.array(other)
    found = cv2.warpAffine(goods.rgb, turn, goods.rgb.shape[1::-1], borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    found += goods.rgb[where].mean(axis=0) - found[where].mean(axis=0)
    return _within(goods, np.clip(np.rint(found), 0, 255).astype(np.uint8), where, level)


def blurred(goods: Goods, sigma: float) -> Rgb:
    """Return the product's colours blurred among themselves: nothing of the ground enters."""
    weight = cv2.GaussianBlur(goods.product.astype(np.float32), (0, 0), sigma)[..., None]
    total = cv2.GaussianBlur(goods.rgb.astype(np.float32) * goods.product[..., None], (0, 0), sigma)
    return np.where(weight > 0.02, np.clip(np.rint(total / np.maximum(weight, 0.02)), 0, 255), goods.rgb).astype(
        np.uint8
    )


def changed_pixels(goods: Goods, rgb: Rgb) -> Mask:
    """Return where the product's colours differ by `SEEN` Lab units."""
    return np.asarray(goods.product & (_distance(goods.rgb, rgb) > SEEN), np.bool_)


def _distance(one: Rgb, other: Rgb) -> Floats:
    return np.asarray(np.linalg.norm(to_lab(one) - to_lab(other), axis=2), np.float32)


def _busy(goods: Goods, share: float, rng: np.random.Generator) -> Mask | None:
    """Return a place of `share` of the product, the one of eight that has most detail."""
    inner = core(goods, 5)
    light = to_lab(goods.rgb)[..., 0]
    detail = cv2.GaussianBlur(np.abs(light - cv2.GaussianBlur(light, (0, 0), 2)), (0, 0), 8)
    points = [point for point in (some_point(inner, rng) for _ in range(8)) if point is not None]
    if not points:
        return None
    best = max(points, key=lambda point: float(detail[point[1], point[0]]))
    return patch(inner, share * goods.area, best, rng)


def _within(goods: Goods, other: Rgb, where: Mask | None, level: float) -> Made | None:
    if where is None or not where.any():
        return None
    rgb = mixed(goods.rgb, other, soft(where, 1.2))
    changed = changed_pixels(goods, rgb)
    return with_rgb(goods, rgb, where) if changed.sum() >= CHANGED * level * goods.area else None


def _if_detail(goods: Goods, rgb: Rgb, level: float) -> Made | None:
    enough = _mean_change(goods, rgb, goods.product) > LEAST_DETAIL * min(1.0, level)
    return with_rgb(goods, rgb, goods.product) if enough else None


def _mean_change(goods: Goods, rgb: Rgb, where: Mask) -> float:
    return float(np.abs(to_lab(goods.rgb)[..., 0] - to_lab(rgb)[..., 0])[where].mean())
