"""What is taken off a cut-out as shadow, and what stays though it looks like one (R-43)."""

import cv2
import numpy as np

from trueshelf_imaging.peel import peeled
from trueshelf_imaging.scene import Scene, look

SHAPE = (480, 640)


def scene_with(product: np.ndarray, cast: np.ndarray) -> Scene:
    """Return light paper with a grey product (linear 0.12) where `product` is and a shadow of strength `cast`."""
    light = 0.72 * (1 - cast)
    light[product] = 0.12
    light = light * (1 + np.random.default_rng(6).normal(0, 0.012, SHAPE))
    grey = np.rint(np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    return look(np.dstack([grey, grey, grey]))


def box(left: int, right: int) -> np.ndarray:
    mask = np.zeros(SHAPE, np.bool_)
    mask[140:340, left:right] = True
    return mask


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_a_soft_shadow_that_was_kept_goes() -> None:
    product = box(200, 340)
    cast = 0.6 * cv2.GaussianBlur(np.roll(product, 60, axis=1).astype(np.float64), (0, 0), 12)
    scene = scene_with(product, cast)
    kept = product | (cast > 0.2)
    assert iou(kept, product) < 0.8
    assert iou(peeled(kept, product.astype(np.float32), scene), product) > 0.9


def test_a_grey_side_with_a_hard_rim_stays_even_if_the_judge_is_wrong() -> None:
    product = box(200, 340)
    scene = scene_with(product, np.zeros(SHAPE))
    assert iou(peeled(product, np.zeros(SHAPE, np.float32), scene), product) > 0.99


def test_what_the_judge_calls_product_stays_though_its_rim_is_soft() -> None:
    product = box(200, 340)
    scene = scene_with(product, 0.6 * cv2.GaussianBlur(np.roll(product, 60, axis=1).astype(np.float64), (0, 0), 12))
    kept = product | box(340, 420)
    assert (peeled(kept, np.ones(SHAPE, np.float32), scene) == kept).all()
