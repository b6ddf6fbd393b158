"""Keeping the light: the paper becomes the ground, every shade on it stays, nothing is cut (R-43: clear packaging)."""

import cv2
import numpy as np
import pytest

from trueshelf_imaging.colour import to_linear
from trueshelf_imaging.light import NotPlainError, keep_light


def glass(height: int = 300, width: int = 400) -> np.ndarray:
    """Return grey paper with a fall-off, and a rectangle that lets 70 % of the light through."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 0.5 * (1 - 0.1 * x - 0.08 * y)
    light[100:200, 150:250] *= 0.7
    noisy = light + np.random.default_rng(4).normal(0, 0.004, light.shape)
    srgb = np.clip(noisy, 0, 1) ** (1 / 2.2) * 255
    return np.repeat(np.rint(srgb).astype(np.uint8)[..., None], 3, axis=2)


def test_the_paper_becomes_the_ground_exactly_and_glass_keeps_its_share_of_light() -> None:
    made = keep_light(glass(), (240, 240, 240))
    assert (made.rgb[:60] == 240).mean() > 0.98
    assert (made.rgb[240:] == 240).mean() > 0.98
    inside = to_linear(made.rgb[120:180, 170:230]) / to_linear(np.array(240, np.uint8))
    assert float(inside.mean()) == pytest.approx(0.7, abs=0.05)
    assert made.clipped < 0.02


def test_the_picture_keeps_its_size_and_is_the_same_every_time() -> None:
    rgb = glass(701, 533)
    assert keep_light(rgb).rgb.shape == rgb.shape
    assert np.array_equal(keep_light(rgb).rgb, keep_light(rgb).rgb)


def test_strips_leave_no_seam() -> None:
    rgb = cv2.resize(glass(), (900, 1200))
    rows = keep_light(rgb, (200, 200, 200)).rgb[500:524, 420].astype(int)
    assert np.abs(np.diff(rows, axis=0)).max() <= 12


def test_a_backdrop_that_is_not_plain_is_refused_r10() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (15, 20, 3)).repeat(20, 0).repeat(20, 1).astype(np.uint8)
    with pytest.raises(NotPlainError):
        keep_light(rgb)
