"""Openings stay open and edges lie where the colours say: links, loops of cable, half pixels (R-43)."""

import cv2
import numpy as np
import pytest

from trueshelf_imaging import matting
from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.peel import peeled
from trueshelf_imaging.removal import remove
from trueshelf_imaging.scene import bits, look

SHAPE = (480, 640)
BROWN = (120, 70, 40)


def photo(alpha: np.ndarray, paper: tuple[int, int, int], shade: np.ndarray | float = 0.0) -> np.ndarray:
    """Return a brown product of `alpha` (0 to 255) on `paper`, from which `shade` (0 to 1) takes light."""
    light = to_linear(np.array(paper, np.uint8)) * (1 - np.broadcast_to(shade, alpha.shape))[..., None]
    share = (alpha / np.float32(255))[..., None]
    light = to_linear(np.array(BROWN, np.uint8)) * share + light * (1 - share)
    light = light * (1 + np.random.default_rng(8).normal(0, 0.01, light.shape))
    return from_linear(np.clip(light, 0, 1).astype(np.float32))


def drawn(draw: str, fine: int = 4) -> np.ndarray:
    """Return the alpha of a `chain` of links or of a `loop` of cable that lies on a box."""
    mask = np.zeros((SHAPE[0] * fine, SHAPE[1] * fine), np.uint8)
    if draw == "chain":
        for place in range(12):
            centre = (80 + 40 * place) * fine, 240 * fine
            cv2.ellipse(mask, centre, (24 * fine, 13 * fine), 0, 0, 360, 255, 6 * fine)
    else:
        cv2.rectangle(mask, (240 * fine, 120 * fine), (330 * fine, 360 * fine), 255, -1)
        cv2.ellipse(mask, (370 * fine, 240 * fine), (60 * fine, 50 * fine), 0, 0, 360, 255, 12 * fine)
    return cv2.resize(mask, SHAPE[::-1], interpolation=cv2.INTER_AREA)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one > 127, other > 127
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("paper", [(236, 236, 233), (158, 160, 163), (205, 188, 160)])
def test_links_stay_open_in_their_own_shade(paper: tuple[int, int, int]) -> None:
    alpha = drawn("chain")
    shade = 0.3 * cv2.GaussianBlur(alpha, (0, 0), 6).astype(np.float32) / 255
    done = remove(photo(alpha, paper, shade))
    assert done.alpha is not None
    assert iou(done.alpha, alpha) > 0.9
    assert all(done.alpha[240, 80 + 40 * link] == 0 for link in range(0, 12, 2))


def test_paper_in_the_shade_of_a_loop_is_no_product() -> None:
    alpha = drawn("loop")
    shade = 0.25 * cv2.GaussianBlur(alpha, (0, 0), 20).astype(np.float32) / 255
    scene = look(photo(alpha, (158, 160, 163), shade))
    filled = alpha > 127
    filled[200:280, 340:420] = True
    likely = (alpha > 127).astype(np.float32)
    assert not peeled(filled, likely, scene)[240, 390]


def test_a_white_body_on_white_paper_is_never_opened() -> None:
    alpha = drawn("loop")
    scene = look(photo(alpha, (236, 236, 233)))
    body = alpha > 127
    body[200:280, 340:420] = True
    assert peeled(body, (alpha > 127).astype(np.float32), scene)[240, 390]


@pytest.mark.parametrize("side", [800, 2600])
def test_the_edge_lies_where_the_colours_say_not_where_the_mask_does(side: int) -> None:
    fine = np.zeros((3 * side // 4 * 2, side * 2), np.uint8)
    cv2.circle(fine, (side, 3 * side // 4), side // 2, 255, -1)
    alpha = cv2.resize(fine, (side, 3 * side // 4), interpolation=cv2.INTER_AREA)
    fat = cv2.dilate(cv2.resize(alpha, (640, 480), interpolation=cv2.INTER_AREA), np.ones((3, 3), np.uint8)) > 127
    found = matting.alpha_from_mask(photo(alpha, (205, 188, 160)), fat)
    assert iou(found, alpha) > 0.998
    assert iou(cv2.resize(fat.astype(np.uint8) * 255, alpha.shape[::-1]), alpha) < 0.987


def test_thin_parts_are_as_wide_as_the_light_says_though_the_mask_is_fat() -> None:
    alpha = drawn("chain")
    fat = cv2.dilate(bits(alpha > 127), np.ones((3, 3), np.uint8)) > 0
    found = matting.alpha_from_mask(photo(alpha, (236, 236, 233)), fat)
    edge = (alpha > 0) & (alpha < 255)
    assert iou(found, alpha) > 0.97
    assert np.abs(found[edge].astype(float) - alpha[edge]).mean() < 0.1 * 255


def test_a_product_at_the_frame_keeps_its_edge_at_any_size() -> None:
    fine = np.zeros((1200, 1600), np.uint8)
    fine[500:, 900:] = 255
    found = matting.alpha_from_mask(photo(fine, (205, 188, 160)), fine[::2, ::2] > 127)
    assert iou(found, fine) > 0.995
    assert found[-1, -1] == 255
    assert found[0, 0] == 0
