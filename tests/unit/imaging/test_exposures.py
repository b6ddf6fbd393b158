"""Exposures of one shot beside each other: sharpness, clipping, fill (R-12)."""

import cv2
import numpy as np
import pytest

from trueshelf_imaging.exposures import quality
from trueshelf_imaging.pixels import Rgb


def photo(size: tuple[int, int] = (900, 1200), radius: int = 300) -> Rgb:
    """A textured disc on paper."""
    rng = np.random.default_rng(4)
    picture = np.full((*size, 3), 200.0)
    disc = np.zeros(size, np.uint8)
    cv2.circle(disc, (size[1] // 2, size[0] // 2), radius, 1, -1)
    texture = cv2.GaussianBlur(rng.normal(110, 60, (*size, 3)), (0, 0), 1.2)
    picture[disc > 0] = texture[disc > 0]
    return np.clip(picture + rng.normal(0, 1, picture.shape), 0, 255).astype(np.uint8)


def test_a_sharper_photo_measures_sharper_whatever_its_contrast() -> None:
    sharp = photo()
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.0), np.uint8)
    pale = np.clip(sharp.astype(float) * 0.5 + 110, 0, 255).astype(np.uint8)
    assert quality(sharp).sharpness > 1.5 * quality(soft).sharpness
    assert quality(pale).sharpness > quality(soft).sharpness


def test_burnt_out_places_are_counted_on_the_product_only() -> None:
    plain = photo()
    burnt = plain.copy()
    burnt[400:500, 550:650] = 255
    assert quality(plain).clipped < 0.005
    assert quality(burnt).clipped == pytest.approx(100 * 100 / (np.pi * 300**2), rel=0.25)


def test_fill_is_the_longer_side_of_the_product() -> None:
    assert quality(photo()).fill == pytest.approx(600 / 1200, abs=0.03)
    assert quality(photo(radius=120)).fill == pytest.approx(240 / 1200, abs=0.03)
    assert quality(photo()) == quality(photo()), "the same photo, the same numbers"


def test_an_empty_sheet_still_measures() -> None:
    assert quality(np.full((300, 400, 3), 200, np.uint8)).fill == 1.0
