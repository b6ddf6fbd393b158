"""What a bad cut-out does: old ground kept, goods lost, edges broken. The generator's own failures are here."""

import cv2
import numpy as np

from trueshelf_imaging import backdrop
from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.difference import grown, keep_blobs
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.inject.goods import Goods, Made, core, patch, some_point

VISIBLE = 0.012
CONTRAST = 8.0
"""Lab units by which kept ground differs from the new one; with less nobody sees it."""
DARKER = 4.0
"""L* by which a shadow is darker than the source's ground."""
HOLE = 0.003


def halo(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Keep a rim of the old ground all around: 1, 2 or 6 pixels."""
    width = max(1, round(2 * level))
    return _kept(goods, np.asarray(grown(goods.alpha > 0, width) & ~goods.product, np.bool_))


def residue(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Keep a piece of the old ground beside the product."""
    outside = ~(goods.alpha > 0)
    centre = some_point(np.asarray(grown(goods.alpha > 0, 3) & outside, np.bool_), rng)
    return None if centre is None else _kept(goods, patch(outside, VISIBLE * level * goods.area, centre, rng))


def shadow_left(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Keep the source's own cast shadow as if it were product: the darkest part of it."""
    lab = to_lab(goods.photo)
    darkness = np.asarray(backdrop.fit(lab).surface(*goods.alpha.shape)[..., 0] - lab[..., 0], np.float32)
    darkness[grown(goods.alpha > 0, 2)] = 0
    beside = np.asarray(grown(goods.product, max(8, round(0.15 * goods.long_side))), np.bool_)
    shadow = keep_blobs(np.asarray((darkness > DARKER) & beside, np.bool_), round(0.2 * VISIBLE * goods.area))
    wanted = int(VISIBLE * level * goods.area)
    if shadow.sum() < wanted:
        return None
    depth = np.where(shadow, cv2.GaussianBlur(darkness, (0, 0), 3), 0)
    where = shadow & (depth >= np.partition(depth, -wanted, axis=None)[-wanted])
    joined = np.asarray(where | (grown(where, 4) & ~(goods.alpha > 0) & (darkness > 0)), np.bool_)
    return _kept(goods, joined)


def hole_filled(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Keep the old ground inside a ring, a handle, a loop."""
    outside = np.pad((goods.alpha < 40).astype(np.uint8), 1, constant_values=1)
    count, labels = cv2.connectedComponents(outside, connectivity=4)
    around = labels[0, 0]
    inner = labels[1:-1, 1:-1]
    sizes = np.bincount(inner.ravel(), minlength=count)
    least = max(30.0, HOLE * level * goods.area)
    holes = [label for label in range(1, count) if label != around and sizes[label] > least]
    if not holes:
        return None
    chosen = min(holes, key=lambda label: abs(sizes[label] - VISIBLE * level * goods.area))
    return _kept(goods, np.asarray(grown(inner == chosen, 2) & ~goods.product, np.bool_))


def jagged(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """An outline in steps, as of a mask that was made too small."""
    step = {0.5: 2, 1.0: 4}.get(level, 10)
    small = goods.alpha[step // 2 :: step, step // 2 :: step]
    big = np.repeat(np.repeat(small, step, axis=0), step, axis=1)
    alpha = np.zeros_like(goods.alpha)
    height, width = min(alpha.shape[0], big.shape[0]), min(alpha.shape[1], big.shape[1])
    alpha[:height, :width] = np.where(big[:height, :width] > 127, 255, 0)
    changed = np.abs(alpha.astype(np.int16) - goods.alpha) > 60
    return Made(goods.rgb, alpha, np.asarray(changed, np.bool_)) if changed.any() else None


def clipped(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Cut one side off along a straight line."""
    rows, columns = np.nonzero(goods.product)
    angle = float(rng.integers(4)) * np.pi / 2
    along = columns * np.cos(angle) + rows * np.sin(angle)
    line = float(np.partition(along, -int(VISIBLE * level * goods.area))[-int(VISIBLE * level * goods.area)])
    y, x = np.mgrid[0 : goods.alpha.shape[0], 0 : goods.alpha.shape[1]]
    off = x * np.cos(angle) + y * np.sin(angle) > line
    return _lost(goods, np.asarray(off & (goods.alpha > 0), np.bool_))


def pale_part_lost(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Take the part of the edge away that is most like the source's ground: what cut-outs lose."""
    lab = to_lab(goods.photo)
    unlike = np.linalg.norm(lab - backdrop.fit(lab).surface(*goods.alpha.shape), axis=2).astype(np.float32)
    near = cv2.GaussianBlur(unlike, (0, 0), max(2.0, 0.02 * goods.long_side))
    edge = goods.product & ~core(goods, max(3, round(0.02 * goods.long_side)))
    rows, columns = np.nonzero(edge)
    if not len(rows):
        return None
    palest = int(np.argmin(near[rows, columns] + rng.normal(0, 1, len(rows))))
    wanted = VISIBLE * level * goods.area
    return _lost(goods, patch(goods.product, wanted, (int(columns[palest]), int(rows[palest])), rng))


def _kept(goods: Goods, where: Mask) -> Made | None:
    """Return the goods with the photo's pixels in `where`, if they differ from the new ground."""
    if not where.any() or float(np.median(_unlike_ground(goods)[where])) < CONTRAST:
        return None
    rgb, alpha = goods.rgb.copy(), goods.alpha.copy()
    rgb[where] = goods.photo[where]
    alpha[where] = 255
    return Made(rgb, alpha, where)


def _lost(goods: Goods, where: Mask) -> Made | None:
    if not where.any() or where.sum() > 0.6 * goods.area:
        return None
    alpha = goods.alpha.copy()
    alpha[where] = 0
    return Made(goods.rgb, alpha, where)


def _unlike_ground(goods: Goods) -> Floats:
    new = to_lab(np.array([[goods.ground]], np.uint8))[0, 0]
    return np.asarray(np.linalg.norm(to_lab(goods.photo) - new, axis=2), np.float32)
