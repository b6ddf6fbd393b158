"""Chains, cables, strings of beads: broken, doubled, molten."""

import cv2
import numpy as np
from skimage.morphology import skeletonize

from trueshelf_imaging.difference import grown
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.inject.goods import Goods, Made, continued, mixed, soft

LINK = 1.4
"""A link's length, as a multiple of the chain's width."""
THICK = 0.06
"""Share of the product's long side from which it is a pendant, not a chain."""
ACROSS = 0.009
"""The same of half of the widest hole in a link: closed, links are one band, and its width is the chain's."""


def broken(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Take half a link, a link or three links away."""
    spot = _spot(goods, rng)
    if spot is None:
        return None
    centre, width, _ = spot
    gone = goods.product & _disc(goods, centre, max(2.0, LINK * width * level / 2), across=width)
    alpha = goods.alpha.copy()
    alpha[grown(gone, 1)] = 0
    return Made(goods.rgb, alpha, np.asarray(gone, np.bool_))


def doubled(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Let links stand twice, beside themselves."""
    spot = _spot(goods, rng)
    if spot is None:
        return None
    centre, width, angle = spot
    piece = goods.product & _disc(goods, centre, LINK * width * max(0.7, level) / 1.6, across=width)
    apart = width * {0.5: 0.35, 1.0: 0.7}.get(level, 1.1)
    side = float(rng.choice((-1, 1)))
    step = -np.sin(angle) * apart * side, np.cos(angle) * apart * side
    move = np.array([[1, 0, step[0]], [0, 1, step[1]]], np.float64)
    size = goods.alpha.shape[1::-1]
    there = cv2.warpAffine(np.where(piece, goods.alpha, 0).astype(np.uint8), move, size)
    new = (there > 127) & ~goods.product
    if new.sum() < 0.15 * piece.sum():
        return None
    rgb = goods.rgb.copy()
    rgb[new] = cv2.warpAffine(goods.rgb, move, size)[new]
    alpha = np.maximum(goods.alpha, there).astype(np.uint8)
    return Made(continued(rgb, alpha), alpha, np.asarray(new, np.bool_))


def molten(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Let links run into one lump: gaps closed, shades smeared."""
    spot = _spot(goods, rng)
    if spot is None:
        return None
    centre, width, _ = spot
    place = _disc(goods, centre, LINK * width * (0.5 + level), across=width)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.7 * width) + 1,) * 2)
    closed = cv2.morphologyEx(goods.product.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0
    lump = np.asarray(closed & place, np.bool_)
    weight = cv2.GaussianBlur(goods.product.astype(np.float32), (0, 0), width / 2.5)[..., None]
    total = cv2.GaussianBlur(goods.rgb.astype(np.float32) * goods.product[..., None], (0, 0), width / 2.5)
    smear = np.clip(np.rint(total / np.maximum(weight, 0.02)), 0, 255).astype(np.uint8)
    rgb = mixed(goods.rgb, smear, soft(lump))
    alpha = np.where(lump, 255, goods.alpha).astype(np.uint8)
    changed = lump & (~goods.product | (np.abs(rgb.astype(np.int16) - goods.rgb).max(axis=2) > 12))
    return Made(rgb, alpha, lump) if changed.sum() > 0.2 * lump.sum() else None


def _spot(goods: Goods, rng: np.random.Generator) -> tuple[tuple[int, int], float, float] | None:
    """Return a place on the chain (x, y), the chain's width there and its direction; None without a chain."""
    if "chain" not in goods.traits:
        return None
    reach = max(2, round(ACROSS * goods.long_side))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    closed = cv2.morphologyEx(goods.product.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    inside = cv2.distanceTransform(np.pad(closed, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    bone = skeletonize(closed > 0)  # type: ignore[no-untyped-call]
    line = np.asarray(bone & (2 * inside < THICK * goods.long_side), np.bool_)
    rows, columns = np.nonzero(line)
    if len(rows) < 50:
        return None
    middle = float(np.median(inside[rows, columns]))
    usual = np.nonzero(np.abs(inside[rows, columns] - middle) < 0.5 * middle + 1)[0]
    chosen = int(usual[int(rng.integers(len(usual)))])
    x, y = int(columns[chosen]), int(rows[chosen])
    near = np.hypot(columns - x, rows - y) < max(8.0, 5 * middle)
    spread = np.cov(np.stack([columns[near], rows[near]]).astype(np.float64)) if near.sum() > 3 else np.eye(2)
    _, axes = np.linalg.eigh(spread)
    return (x, y), max(3.0, 2 * middle), float(np.arctan2(axes[1, 1], axes[0, 1]))


def _disc(goods: Goods, centre: tuple[int, int], radius: float, *, across: float) -> Mask:
    """Return a disc that reaches over the chain's whole width."""
    drawn = cv2.circle(np.zeros(goods.alpha.shape, np.uint8), centre, round(max(radius, 0.6 * across)), 1, -1)
    return np.asarray(drawn > 0, np.bool_)
