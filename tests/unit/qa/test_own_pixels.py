"""R-40, R-42: a draft that lays the source pixel by pixel keeps every one inside of the product, however faint."""

import cv2
import numpy as np
import pytest

from support.qa_pictures import WHITE, framed, honest, product, source
from trueshelf_imaging.adjust import gained
from trueshelf_qa.checks import OF_THE_INSIDE
from trueshelf_qa.domain.asked import Placed
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.judge import judge
from trueshelf_qa.policy import load

LIMITS = load().limits("composited", "default")
HERE = Placed(1, 30, 20)


def own_pixels(draft: np.ndarray, placed: Placed | None = HERE, photo: np.ndarray | None = None) -> CheckResult:
    found = judge(source() if photo is None else photo, draft, LIMITS, placed=placed, wanted=WHITE, generative=False)
    return next(check for check in found.checks if check.check == "own_pixels")


def laid_out() -> np.ndarray:
    return framed(honest(), 30, 20)


def test_an_honest_draft_has_no_other_pixel() -> None:
    found = own_pixels(laid_out())
    assert found.verdict == "clear"
    assert found.confidence > 0.9
    assert found.metrics[0].value == 0


def test_a_declared_gain_is_undone_first() -> None:
    gain = (1.06, 1.05, 1.0)
    rgb, alpha = gained(source(), gain), product()[1][..., None] / 255
    draft = framed((rgb * alpha + 255 * (1 - alpha)).round().astype(np.uint8), 30, 20)
    assert own_pixels(draft).verdict == "stop"
    assert own_pixels(draft, photo=gained(source(), gain)).verdict == "clear"


def test_r42_a_change_too_faint_for_every_other_check_is_seen_and_named() -> None:
    draft = laid_out()
    draft[200:240, 180:230] = np.clip(draft[200:240, 180:230].astype(np.int16) + 5, 0, 255)
    found = own_pixels(draft)
    assert found.verdict == "flag"
    assert "middle left" in found.sentence or "centre" in found.sentence
    place = found.places[0]
    assert (place.x * draft.shape[1], place.y * draft.shape[0]) == pytest.approx((180, 200), abs=6)


def test_r42_smoothed_texture_is_not_the_source() -> None:
    draft = laid_out()
    draft[180:260, 160:300] = cv2.GaussianBlur(draft[180:260, 160:300], (0, 0), 0.6)
    assert own_pixels(draft).verdict in {"flag", "stop"}


@pytest.mark.parametrize("placed", [None, Placed(1, 30.5, 20), Placed(0.9, 30, 20)])
def test_a_draft_that_claims_no_pixel_is_left_to_the_other_checks(placed: Placed | None) -> None:
    found = own_pixels(laid_out(), placed)
    assert (found.verdict, found.confidence, found.metrics) == ("clear", 0.0, ())


def test_a_picture_with_more_pixels_than_are_compared_is_held_at_full_size() -> None:
    large = [cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for picture in (source(), honest())]
    draft = framed(large[1], 120, 80)
    placed = Placed(1, 120, 80)
    assert own_pixels(draft, placed, large[0]).verdict == "clear"
    draft[800:960, 720:920] = np.clip(draft[800:960, 720:920].astype(np.int16) + 5, 0, 255)
    assert own_pixels(draft, placed, large[0]).verdict == "flag"


def test_where_every_pixel_is_the_sources_the_other_checks_of_the_inside_need_not_look() -> None:
    found = judge(source(), laid_out(), LIMITS, placed=HERE, wanted=WHITE, generative=False)
    answered = {check.NAME for check in OF_THE_INSIDE}
    assert {check.sentence for check in found.checks if check.check in answered} == {
        "Inside the product every pixel is the source's own."
    }


def test_r42_a_change_too_small_to_flag_here_is_still_shown_to_the_other_checks() -> None:
    draft = laid_out()
    draft[205:219, 200:214] = (250, 20, 30)
    found = judge(source(), draft, LIMITS, placed=HERE, wanted=WHITE, generative=False)
    told = {check.check: check.verdict for check in found.checks}
    assert told["own_pixels"] == "clear"
    assert told["surface"] in {"flag", "stop"}
