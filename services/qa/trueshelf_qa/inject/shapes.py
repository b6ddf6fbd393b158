"""Geometry that is not the product's: stretched, sheared, tilted, bent in one place, mirrored."""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.inject.goods import Goods, Made, core, some_point

VISIBLE = 0.022
"""Share by which a visible change of geometry goes; a little above 2 %."""
UNLIKE = 6.0
"""Mean Lab units by which a product must differ from its mirror image to be called mirrored."""


def stretched(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    factor = 1 + VISIBLE * level
    scale = (factor, 1.0) if rng.random() < 0.5 else (1.0, factor)
    return _about_middle(goods, np.diag(scale))


def sheared(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    return _about_middle(goods, np.array([[1, VISIBLE * level * float(rng.choice((-1, 1)))], [0, 1]]))


def tilted(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Narrow one side, as a camera that looks from above does."""
    x, y, width, height = cv2.boundingRect(goods.product.astype(np.uint8))
    inset = 2 * VISIBLE * level * width / 2
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    moved = corners.copy()
    moved[0, 0] += inset
    moved[1, 0] -= inset
    if rng.random() < 0.5:
        corners, moved = moved, corners
    matrix = cv2.getPerspectiveTransform(corners, moved)
    size = goods.rgb.shape[1::-1]
    rgb = cv2.warpPerspective(goods.rgb, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.asarray(cv2.warpPerspective(goods.alpha, matrix, size), np.uint8)
    return Made(np.asarray(rgb, np.uint8), alpha, np.asarray(alpha > 0, np.bool_))


def bent(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Push one place of the product aside, smoothly."""
    centre = some_point(core(goods, 3), rng) or some_point(goods.product, rng)
    if centre is None:
        return None
    reach = 0.16 * goods.long_side
    push = 1.4 * VISIBLE * level * goods.long_side
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0 : goods.alpha.shape[0], 0 : goods.alpha.shape[1]].astype(np.float32)
    bell = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * reach**2)).astype(np.float32)
    to_x = x - np.float32(push * np.cos(angle)) * bell
    to_y = y - np.float32(push * np.sin(angle)) * bell
    rgb = cv2.remap(goods.rgb, to_x, to_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.asarray(cv2.remap(goods.alpha, to_x, to_y, cv2.INTER_LINEAR), np.uint8)
    where = (bell > 0.4) & (alpha > 0)
    return Made(np.asarray(rgb, np.uint8), alpha, np.asarray(where, np.bool_))


def mirrored(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Mirror a product that is not its own mirror image."""
    rgb, alpha = np.ascontiguousarray(goods.rgb[:, ::-1]), np.ascontiguousarray(goods.alpha[:, ::-1])
    boxes = [cv2.boundingRect((one > 0).astype(np.uint8)) for one in (goods.alpha, alpha)]
    seen = [
        to_lab(picture)[y : y + h, x : x + w] for picture, (x, y, w, h) in zip((goods.rgb, rgb), boxes, strict=True)
    ]
    x, y, width, height = boxes[0]
    unlike = np.linalg.norm(seen[0] - seen[1], axis=2)[goods.product[y : y + height, x : x + width]]
    return Made(rgb, alpha, np.asarray(alpha > 0, np.bool_)) if float(unlike.mean()) > UNLIKE else None


def _about_middle(goods: Goods, linear: npt.NDArray[np.float64]) -> Made:
    x, y, width, height = cv2.boundingRect(goods.product.astype(np.uint8))
    middle = np.array([x + width / 2, y + height / 2])
    matrix = np.hstack([linear, (middle - linear @ middle)[:, None]])
    size = goods.rgb.shape[1::-1]
    rgb = cv2.warpAffine(goods.rgb, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.asarray(cv2.warpAffine(goods.alpha, matrix, size), np.uint8)
    where: Mask = np.asarray(alpha > 0, np.bool_)
    return Made(np.asarray(rgb, np.uint8), alpha, where)
