"""Backdrop gate, cut-out, alpha, edge gate and composite on drawn scenes with known alpha (R-10, R-24, R-43)."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from trueshelf_imaging import backdrop, colour, cutout, edges, matting
from trueshelf_imaging.boxed import cut_hinted
from trueshelf_imaging.hints import HintBox, HintStroke
from trueshelf_imaging.thresholds import BACKDROP


@lru_cache
def scene(kind: str = "plain") -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a red and blue box with a handle, 800x600, on paper with a light fall-off."""
    rng = np.random.default_rng(7)
    fine = np.zeros((2400, 3200), np.uint8)
    cv2.rectangle(fine, (1000, 900), (2200, 1900), 255, -1)
    cv2.ellipse(fine, (1600, 900), (400, 500), 0, 180, 360, 255, 90)
    alpha = cv2.resize(fine, (800, 600), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[0:600, 0:800]
    light = 205 - 20 * ((x - 300) / 800) ** 2 - 15 * (y / 600)
    paper = np.stack([light, light * 0.99, light * 0.96], -1)
    if kind == "shadow":
        soft = cv2.GaussianBlur(np.roll(alpha, (14, 30), (0, 1)).astype(np.float64), (0, 0), 14)
        paper *= 1 - 0.35 * soft[..., None] / 255
    if kind == "clutter":
        paper = rng.integers(0, 256, (30, 40, 3)).repeat(20, 0).repeat(20, 1).astype(np.float64)
    product = np.where((x < 420)[..., None], (150, 35, 40), (40, 60, 150)).astype(np.float64)
    product += 12 * np.sin(x / 7)[..., None]
    share = alpha[..., None] / 255
    rgb = product * share + paper * (1 - share) + rng.normal(0, 1.5, (600, 800, 3))
    return np.clip(rgb, 0, 255).astype(np.uint8), alpha


def soft_iou(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def test_srgb_survives_linear_light() -> None:
    samples = np.arange(256, dtype=np.uint8)
    assert np.array_equal(colour.from_linear(colour.to_linear(samples)), samples)


def test_a_lit_paper_is_plain_and_clutter_is_not_r10() -> None:
    plain = backdrop.fit(colour.to_lab(scene()[0]))
    clutter = backdrop.fit(colour.to_lab(scene("clutter")[0]))
    assert plain.plain
    assert plain.sigma < 2
    assert not clutter.plain
    assert clutter.sigma > BACKDROP.sigma_plain


def test_a_product_at_the_border_does_not_bend_the_backdrop() -> None:
    rgb = scene()[0].copy()
    rgb[250:400, :60] = (20, 20, 20)
    assert backdrop.fit(colour.to_lab(rgb)).plain


@pytest.mark.parametrize("kind", ["plain", "shadow"])
def test_a_product_on_paper_is_cut_out_with_its_hole(kind: str) -> None:
    rgb, alpha = scene(kind)
    cut = cutout.cut_plain(rgb)
    found = matting.alpha_from_mask(rgb, cut.mask)
    assert soft_iou(found, alpha) > 0.95
    assert found[200, 400] == 0, "the opening under the handle stays open"
    assert edges.passed(edges.inspect(rgb, found, cut)), edges.inspect(rgb, found, cut)


def test_the_same_picture_gives_the_same_bytes() -> None:
    rgb, _ = scene("shadow")
    first, second = (matting.alpha_from_mask(rgb, cutout.cut_plain(rgb).mask) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_an_empty_sheet_is_named() -> None:
    with pytest.raises(cutout.NothingFoundError, match="stands out"):
        cutout.cut_plain(np.full((300, 400, 3), 200, np.uint8))


def test_a_box_cuts_what_clutter_hides_r26() -> None:
    rgb, alpha = scene("clutter")
    cut = cut_hinted(rgb, HintBox(0.28, 0.12, 0.44, 0.7))
    found = matting.alpha_from_mask(rgb, cut.mask)
    assert cut.method == "hinted"
    assert soft_iou(found, alpha) > 0.75
    assert not found[:, :150].any()


def test_strokes_are_certain() -> None:
    rgb, _ = scene()
    strokes = (
        HintStroke(product=False, points=((0.3, 0.6), (0.7, 0.6)), radius=0.02),
        HintStroke(product=True, points=((0.1, 0.1),), radius=0.02),
    )
    mask = cut_hinted(rgb, HintBox(0.05, 0.05, 0.9, 0.9), strokes).mask
    height, width = mask.shape
    assert not mask[int(0.6 * height), int(0.5 * width)]
    assert mask[int(0.1 * height), int(0.1 * width)]


def codes(rgb: np.ndarray, alpha: np.ndarray, mask: np.ndarray) -> set[str]:
    cut = cutout.cut_plain(rgb)
    mask = cv2.resize(mask.astype(np.uint8), cut.mask.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    other = cutout.Cut(mask=mask, scene=cut.scene, method="flood", rivals=(cut.mask,))
    return {item.code for item in edges.inspect(rgb, alpha, other) if item.severity == "refuse"}


def test_the_edge_gate_lets_the_true_cutout_pass_r24() -> None:
    rgb, alpha = scene()
    assert codes(rgb, alpha, alpha > 127) == set()


def test_the_edge_gate_sees_a_rim_of_backdrop_r43() -> None:
    rgb, alpha = scene()
    assert "edge.halo" in codes(rgb, cv2.dilate(alpha, np.ones((13, 13), np.uint8)), alpha > 127)


def test_the_edge_gate_sees_a_lost_part_r43() -> None:
    rgb, alpha = scene()
    half = alpha.copy()
    half[:, 420:] = 0
    assert {"edge.left_out", "edge.uncertain"} & codes(rgb, half, half > 127)


def test_the_edge_gate_sees_a_clipped_product_r07() -> None:
    rgb, alpha = scene()
    moved, cut = np.roll(rgb, -260, 1), np.roll(alpha, -260, 1)
    cut[:, 600:] = 0
    assert "edge.clipped" in codes(moved, cut, cut > 127)


def test_the_edge_gate_sees_an_empty_cutout() -> None:
    rgb, alpha = scene()
    assert "edge.too_small" in codes(rgb, np.zeros_like(alpha), alpha > 127)


def test_no_tint_of_the_backdrop_travels_to_the_new_ground_r43() -> None:
    alpha = cv2.GaussianBlur(scene()[1], (0, 0), 2)
    share = alpha[..., None] / 255
    product, paper = np.array((150.0, 35, 40)), np.array((60.0, 200, 60))
    rgb = np.rint(product * share + paper * (1 - share)).astype(np.uint8)
    edge = (alpha > 60) & (alpha < 255)
    before = np.abs(rgb[edge].astype(float) - product).mean()
    after = np.abs(matting.clean_colours(rgb, alpha)[edge].astype(float) - product).mean()
    assert after < 0.2 * before
