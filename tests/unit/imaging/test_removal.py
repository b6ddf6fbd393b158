"""The whole way from photo to cut-out with its confidence: what is sure, what is not, and the words for it (R-24)."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from trueshelf_imaging import backdrop, confidence, removal
from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_imaging.hints import HintBox
from trueshelf_imaging.judge import judge
from trueshelf_imaging.thresholds import CONFIDENCE


@lru_cache
def shaded() -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha), 400 x 300: a brown box on paper with a strong soft shadow to its right."""
    alpha = np.zeros((300, 400), np.uint8)
    cv2.rectangle(alpha, (120, 80), (230, 220), 255, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.7)
    cast = cv2.GaussianBlur(np.roll(alpha, (10, 28), (0, 1)).astype(np.float32) / 255, (0, 0), 9)
    paper = to_linear(np.array((226, 224, 219), np.uint8)) * (1 - 0.6 * cast)[..., None]
    product = to_linear(np.array((120, 70, 40), np.uint8))
    share = (alpha / np.float32(255))[..., None]
    light = product * share + paper * (1 - share)
    light *= 1 + np.random.default_rng(5).normal(0, 0.01, light.shape)
    return from_linear(np.clip(light, 0, 1).astype(np.float32)), alpha


def iou(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one > 127, other > 127
    return float((a & b).sum() / (a | b).sum())


def test_the_shadow_goes_and_the_product_stays() -> None:
    rgb, alpha = shaded()
    done = removal.remove(rgb)
    assert done.alpha is not None
    assert iou(done.alpha, alpha) > 0.95
    assert done.confidence in ("certain", "look")


def test_the_judge_tells_shadow_from_product() -> None:
    rgb, alpha = shaded()
    likely = cv2.resize(judge(rgb, backdrop.fit(to_lab(rgb))), (400, 300))
    cast = (alpha == 0) & (to_lab(rgb)[..., 0] < 75)
    assert cast.sum() > 500
    assert likely[alpha == 255].mean() > likely[cast].mean() + 0.4


def test_the_same_photo_gives_the_same_bytes_and_signs() -> None:
    one, two = removal.remove(shaded()[0]), removal.remove(shaded()[0].copy())
    assert one.alpha is not None
    assert two.alpha is not None
    assert one.alpha.tobytes() == two.alpha.tobytes()
    assert (one.confidence, one.signs, one.reasons) == (two.confidence, two.signs, two.reasons)


def test_white_on_white_is_never_certain_and_the_advice_is_a_grey_sheet() -> None:
    rgb = np.full((300, 400, 3), 236, np.uint8)
    cv2.rectangle(rgb, (120, 80), (280, 220), (239, 239, 238), -1)
    cv2.putText(rgb, "MILK", (140, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (60, 60, 160), 4)
    noisy = np.clip(rgb + np.random.default_rng(3).normal(0, 1, rgb.shape), 0, 255).astype(np.uint8)
    blank = removal.remove(np.full((300, 400, 3), 236, np.uint8))
    assert (blank.alpha, blank.confidence) == (None, "refuse")
    assert "grey sheet" in blank.reasons[0].advice
    done = removal.remove(noisy)
    assert done.alpha is None or done.alpha[150, 125] == 0 or done.confidence != "certain"


def test_clutter_is_not_tried_unless_a_guess_is_wanted_r10() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (15, 20, 3)).repeat(20, 0).repeat(20, 1).astype(np.uint8)
    done = removal.remove(rgb, guess=False)
    assert (done.alpha, done.confidence) == (None, "refuse")
    assert done.reasons[0].code == "backdrop_not_plain"
    assert "box" in done.reasons[0].advice


def test_what_a_person_drew_is_looked_at_by_a_person() -> None:
    done = removal.remove(shaded()[0], HintBox(0.25, 0.2, 0.4, 0.6))
    assert done.confidence == "look"


@pytest.mark.parametrize("sign", CONFIDENCE.limits)
def test_each_sign_alone_can_take_certainty_away_in_words(sign: str) -> None:
    fine = dict.fromkeys(CONFIDENCE.limits, 0.0)
    assert confidence.weigh(fine, (), hinted=False) == ("certain", ())
    sure, reasons = confidence.weigh(fine | {sign: CONFIDENCE.limits[sign] * 1.1}, (), hinted=False)
    assert sure == "look"
    assert reasons[0].code == f"cutout.{sign}"
    assert reasons[0].advice
