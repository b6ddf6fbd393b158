"""Parts that went, came or stand twice: of the outline, of thin things, of a kit, and details on the product."""

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.difference import grown, opened
from trueshelf_imaging.pixels import Mask, Rgb
from trueshelf_qa.inject.goods import Goods, Made, continued, core, mixed, patch, soft, some_point

VISIBLE = 0.012
"""Share of the product's area that a visible part has; a little above 1 %."""
THIN = 0.03
"""Share of the product's long side below which something is thin."""
SECTION = 0.08
"""Share of the product's long side over which a thin part goes."""
PIECE = 0.02
"""Share of the product from which something that stands alone is a piece."""
CONTRAST = 10.0
"""Lab units by which a detail stands out from what surrounds it."""


def missing(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Take away one end of the product, or a bite of its outline."""
    outline = goods.product & ~core(goods, 2)
    if rng.random() < 0.5:
        rows, columns = np.nonzero(goods.product)
        angle = rng.uniform(0, 2 * np.pi)
        far = int(np.argmax(columns * np.cos(angle) + rows * np.sin(angle)))
        centre: tuple[int, int] | None = (int(columns[far]), int(rows[far]))
    else:
        centre = some_point(outline, rng)
    return None if centre is None else _without(goods, patch(goods.product, VISIBLE * level * goods.area, centre, rng))


def thin_missing(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Take away a section of a strap, a wire, a handle."""
    width = max(5, round(THIN * goods.long_side))
    thin = opened(goods.product & ~opened(goods.product, width), 2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    length = SECTION * level * goods.long_side
    enough = [
        label
        for label in range(1, count)
        if max(stats[label, cv2.CC_STAT_WIDTH], stats[label, cv2.CC_STAT_HEIGHT]) >= max(length, width)
    ]
    if not enough:
        return None
    one = np.asarray(labels == enough[int(rng.integers(len(enough)))], np.bool_)
    centre = some_point(one, rng)
    if centre is None:
        return None
    disc = cv2.circle(np.zeros(one.shape, np.uint8), centre, max(3, round(length / 2)), 1, -1).astype(np.bool_)
    return _without(goods, np.asarray(grown(one, 2) & goods.product & disc, np.bool_))


def extra(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Put a piece of the product where nothing is."""
    piece = _some_piece(goods, VISIBLE * level, rng)
    free = ~grown(goods.alpha > 0, 4)
    return None if piece is None else _copied(goods, piece, free, rng)


def duplicated(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Let one end of the product stand twice, side by side."""
    rows, columns = np.nonzero(goods.product)
    angle = rng.uniform(0, 2 * np.pi)
    far = int(np.argmax(columns * np.cos(angle) + rows * np.sin(angle)))
    piece = patch(goods.product, 2 * VISIBLE * level * goods.area, (int(columns[far]), int(rows[far])), rng)
    _, _, width, height = cv2.boundingRect(piece.astype(np.uint8))
    for turn in (np.pi / 2, -np.pi / 2, 0.0):
        step = round(0.8 * width * np.cos(angle + turn)), round(0.8 * height * np.sin(angle + turn))
        made = _moved(goods, piece, step)
        if made is not None and made.mask.sum() >= VISIBLE * level * goods.area * 0.8:
            return made
    return None


def piece_missing(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Take one of several pieces away: the smallest, a middle one, the biggest."""
    pieces = _pieces(goods)
    if len(pieces) < 2:
        return None
    chosen = pieces[0 if level < 1 else len(pieces) // 2 if level == 1 else -1]
    return _without(goods, chosen)


def piece_extra(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Add a copy of one of several pieces."""
    pieces = _pieces(goods)
    if len(pieces) < 2:
        return None
    chosen = pieces[0 if level < 1 else len(pieces) // 2 if level == 1 else -1]
    return _copied(goods, chosen, ~grown(goods.alpha > 0, 2), rng)


def detail_lost(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Paint a button, a stone, a port over with what surrounds it."""
    spot = detail(goods, VISIBLE * level, rng)
    return None if spot is None else Made(_painted_over(goods, spot), goods.alpha, spot)


def detail_added(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Copy a button, a stone, a port to another place of the product."""
    spot = detail(goods, VISIBLE * level, rng)
    step = None if spot is None else _step_within(goods, spot, rng)
    if spot is None or step is None:
        return None
    weight, moved = _shifted(goods, spot, step)
    return Made(mixed(goods.rgb, moved, soft(weight)), goods.alpha, weight)


def detail_moved(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    spot = detail(goods, VISIBLE * level, rng)
    step = None if spot is None else _step_within(goods, spot, rng)
    if spot is None or step is None:
        return None
    weight, moved = _shifted(goods, spot, step)
    rgb = mixed(_painted_over(goods, spot), moved, soft(weight))
    return Made(rgb, goods.alpha, np.asarray(weight | spot, np.bool_))


def detail(goods: Goods, share: float, rng: np.random.Generator) -> Mask | None:
    """Return a compact place of about `share` of the product that stands out from its surroundings."""
    wanted = share * goods.area
    inner = core(goods, 4)
    kernel = 2 * round(1.3 * np.sqrt(wanted)) + 1
    around = np.asarray(cv2.medianBlur(goods.rgb, int(min(max(kernel, 5), 151))), np.uint8)
    out = np.linalg.norm(to_lab(goods.rgb) - to_lab(around), axis=2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        opened(np.asarray(inner & (out > CONTRAST), np.bool_), 2).astype(np.uint8), connectivity=8
    )
    fits = []
    for label in range(1, count):
        area, wide, high = (int(stats[label, key]) for key in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
        if 0.7 * wanted < area < 2.5 * wanted and area > 0.35 * wide * high and max(wide, high) < 3 * min(wide, high):
            fits.append(label)
    if not fits:
        return None
    return np.asarray(grown(labels == fits[int(rng.integers(len(fits)))], 2) & goods.product, np.bool_)


def _painted_over(goods: Goods, spot: Mask) -> Rgb:
    return np.asarray(cv2.inpaint(goods.rgb, spot.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.uint8)


def _step_within(goods: Goods, spot: Mask, rng: np.random.Generator) -> tuple[int, int] | None:
    """Return a move that takes `spot` to another place well inside the product."""
    x, y, width, height = cv2.boundingRect(spot.astype(np.uint8))
    room = core(goods, max(width, height) // 2 + 3) & ~grown(spot, max(width, height))
    goal = some_point(np.asarray(room, np.bool_), rng)
    return None if goal is None else (goal[0] - (x + width // 2), goal[1] - (y + height // 2))


def _shifted(goods: Goods, spot: Mask, step: tuple[int, int]) -> tuple[Mask, Rgb]:
    move = np.array([[1, 0, step[0]], [0, 1, step[1]]], np.float64)
    size = goods.rgb.shape[1::-1]
    where = np.asarray(cv2.warpAffine(spot.astype(np.uint8), move, size) > 0, np.bool_)
    return where, np.asarray(cv2.warpAffine(goods.rgb, move, size), np.uint8)


def _without(goods: Goods, piece: Mask) -> Made | None:
    if not piece.any() or piece.sum() > 0.6 * goods.area:
        return None
    alpha = goods.alpha.copy()
    alpha[grown(piece, 1) & ~(goods.product & ~piece)] = 0
    alpha[piece] = 0
    return Made(goods.rgb, alpha, piece)


def _some_piece(goods: Goods, share: float, rng: np.random.Generator) -> Mask | None:
    centre = some_point(core(goods, 3), rng) or some_point(goods.product, rng)
    return None if centre is None else patch(goods.product, share * goods.area, centre, rng)


def _copied(goods: Goods, piece: Mask, free: Mask, rng: np.random.Generator) -> Made | None:
    """Return the goods with a copy of `piece` in a free place; None where there is none."""
    x, y, width, height = cv2.boundingRect(piece.astype(np.uint8))
    room = cv2.erode(
        np.pad(free[6:-6, 6:-6].astype(np.uint8), 6), np.ones((height + 4, width + 4), np.uint8), borderValue=0
    )
    goal = some_point(np.asarray(room > 0, np.bool_), rng)
    if goal is None:
        return None
    return _moved(goods, piece, (goal[0] - (x + width // 2), goal[1] - (y + height // 2)))


def _moved(goods: Goods, piece: Mask, step: tuple[int, int]) -> Made | None:
    """Return the goods with a copy of `piece`, moved by `step`, behind them."""
    move = np.array([[1, 0, step[0]], [0, 1, step[1]]], np.float64)
    size = goods.rgb.shape[1::-1]
    there = np.where(grown(piece, 1), goods.alpha, 0).astype(np.uint8)
    alpha = np.asarray(cv2.warpAffine(there, move, size), np.uint8)
    rgb = cv2.warpAffine(goods.rgb, move, size)
    new = (alpha > goods.alpha) & ~goods.product
    if (alpha > 0).sum() < 0.9 * (there > 0).sum():
        return None
    made = goods.rgb.copy()
    made[new] = rgb[new]
    both = np.maximum(goods.alpha, alpha)
    return Made(continued(made, both), both, np.asarray(new & (alpha > 127), np.bool_))


def _pieces(goods: Goods) -> list[Mask]:
    """Return what stands alone, the smallest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(goods.product.astype(np.uint8), connectivity=8)
    big = [label for label in range(1, len(stats)) if stats[label, cv2.CC_STAT_AREA] > PIECE * goods.area]
    big.sort(key=lambda label: int(stats[label, cv2.CC_STAT_AREA]))
    return [np.asarray(labels == label, np.bool_) for label in big]
