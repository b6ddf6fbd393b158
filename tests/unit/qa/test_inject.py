"""The drift injector does what it says: something of the stated size changes, the rest stays, and twice the same."""

import cv2
import numpy as np
import pytest

from trueshelf_qa.inject import KINDS, LEVELS, Goods, Made
from trueshelf_qa.inject.goods import delta_e
from trueshelf_qa.inject.marks import NAMES, OTHER

SIZE = (420, 560)


def bag() -> Goods:
    """A brown bag with a handle, buttons and a woven texture, on grey paper with its own shadow."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    alpha = np.zeros(SIZE, np.uint8)
    cv2.rectangle(alpha, (150, 180), (420, 370), 255, -1)
    cv2.ellipse(alpha, (285, 180), (80, 90), 0, 180, 360, 255, 12)
    weave = 12 * np.sin(x / 0.9) * np.sin(y / 0.8) + 10 * np.sin(x / 41 + y / 67)
    product = np.array((150, 96, 60), np.float32) + weave[..., None]
    product[:, 300:] += (10, 40, 70)
    for place in ((200, 250), (250, 320), (370, 250)):
        cv2.circle(product, place, 16, (235, 215, 150), -1)
    light = 190 - 45 * np.exp(-(((x - 300) / 160) ** 2) - ((y - 385) / 16) ** 2)
    share = alpha[..., None].astype(np.float32) / 255
    photo = product * share + light[..., None] * (1 - share)
    return Goods.of(np.clip(photo, 0, 255).astype(np.uint8), alpha, frozenset({"metal"}))


def chain() -> Goods:
    alpha = np.zeros(SIZE, np.uint8)
    for turn in np.linspace(0, 2 * np.pi, 44, endpoint=False):
        cv2.circle(alpha, (round(280 + 180 * np.cos(turn)), round(210 + 130 * np.sin(turn))), 8, 255, 3)
    photo = np.where(alpha[..., None] > 127, (205, 165, 75), (150, 152, 155)).astype(np.uint8)
    return Goods.of(photo, alpha, frozenset({"chain", "metal"}))


def pieces() -> Goods:
    alpha = np.zeros(SIZE, np.uint8)
    for left, height in ((80, 90), (180, 120), (290, 150)):
        cv2.rectangle(alpha, (left, 120), (left + 60, 120 + height), 255, -1)
    photo = np.where(alpha[..., None] > 127, (60, 110, 80), (200, 200, 205)).astype(np.uint8)
    return Goods.of(photo, alpha, frozenset({"kit"}))


def finished(goods: Goods) -> Goods:
    """The product on white, with room below."""
    share = goods.alpha[..., None].astype(np.float32) / 255
    rgb = np.rint(goods.rgb * share + 255 * (1 - share)).astype(np.uint8)
    return Goods(rgb, rgb, goods.alpha, goods.ground, goods.traits)


GOODS = {"bag": bag(), "chain": chain(), "pieces": pieces()}


def made(kind: str, severity: str) -> tuple[Goods, Made]:
    """The change in the first of the goods that has a place for it."""
    for goods in GOODS.values():
        start = goods if KINDS[kind].stage == "goods" else finished(goods)
        for seed in range(5):
            done = KINDS[kind].make(start, LEVELS[severity], np.random.default_rng(seed))
            if done is not None:
                return start, done
    pytest.fail(f"none of the goods has a place for {kind}, {severity}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_what_its_mask_shows_and_is_reproducible(kind: str) -> None:
    start, first = made(kind, "gross" if KINDS[kind].severities == ("gross",) else "visible")
    _, second = made(kind, "gross" if KINDS[kind].severities == ("gross",) else "visible")
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.alpha, second.alpha)
    assert first.mask.any()
    assert first.mask.shape == first.alpha.shape == first.rgb.shape[:2]
    if first.rgb.shape == start.rgb.shape and first.photo is None:
        differs = (first.rgb != start.rgb).any(axis=2) | (first.alpha != start.alpha)
        shown = first.alpha > 0 if KINDS[kind].stage == "goods" else np.ones_like(first.mask)
        assert (differs & first.mask & (shown | (start.alpha > 0))).any()


@pytest.mark.parametrize("kind", ["colour_overall", "colour_hue", "colour_lightness", "colour_cast", "metal_tone"])
@pytest.mark.parametrize("severity", LEVELS)
def test_a_colour_changes_by_what_its_severity_says(kind: str, severity: str) -> None:
    start, done = made(kind, severity)
    median = float(np.median(delta_e(start.rgb[start.product], done.rgb[start.product])))
    assert 2.9 * LEVELS[severity] <= median <= 4.3 * LEVELS[severity]


@pytest.mark.parametrize("kind", ["part_missing", "clipped_edge", "pale_part_lost", "residue", "part_extra"])
@pytest.mark.parametrize("severity", LEVELS)
def test_a_part_has_the_area_that_its_severity_says(kind: str, severity: str) -> None:
    start, done = made(kind, severity)
    share = float(done.mask.sum()) / start.area
    assert 0.007 * LEVELS[severity] <= share <= 0.02 * LEVELS[severity]


def test_a_changed_letter_is_another_letter_in_every_name() -> None:
    """A letter that becomes itself would be a pair without a truth."""
    assert all(OTHER.get(letter, "O") != letter for name in NAMES for letter in name)
    russian = [letter for name in NAMES for letter in name if ord(letter) > 127]
    assert russian
    assert all(ord(OTHER[letter]) > 127 for letter in russian), "a Latin letter may look like the Cyrillic one"
