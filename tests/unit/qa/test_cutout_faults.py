"""R-43, R-44, R-45, R-47: remains of the cut-out, overlays, shadows and chains, on defects and honest drafts."""

import cv2
import numpy as np
import pytest

from support.qa_pictures import PAPER, WHITE, honest, laid, product, source
from trueshelf_qa.domain.asked import Placed
from trueshelf_qa.judge import Judgement, judge
from trueshelf_qa.policy import load

LIMITS = load().limits("composited", "default")
HERE = Placed(1.0, 0, 0)


def judged(draft: np.ndarray, photo: np.ndarray | None = None) -> Judgement:
    photo = source() if photo is None else photo
    return judge(photo, draft, LIMITS, placed=HERE, wanted=WHITE, generative=False)


def found(judgement: Judgement, name: str) -> tuple[str, str]:
    """Return (verdict, sentence) of the check `name`."""
    check = next(check for check in judgement.checks if check.check == name)
    return check.verdict, check.sentence


def necklace() -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a chain of dark rings along a wave, with a coloured pendant that gives it features."""
    rgb, alpha = np.full((420, 720, 3), 90, np.uint8), np.zeros((420, 720), np.uint8)
    for number in range(34):
        centre = 40 + 19 * number, round(170 + 90 * np.sin(number / 4.5))
        for canvas, value in ((alpha, 255), (rgb, (150 - number, 60 + 2 * number, 40 + 5 * (number % 7)))):
            cv2.ellipse(canvas, centre, (12, 7), 20.0 * (number % 3), 0, 360, value, 4, cv2.LINE_AA)
    stone, mark = product(3)
    rgb[250:400, 300:470], alpha[250:400, 300:470] = stone[120:270, 120:290], mark[120:270, 120:290]
    return rgb, alpha


def worn(alpha: np.ndarray, ground: tuple[int, int, int] = WHITE) -> np.ndarray:
    return laid(necklace()[0], alpha, ground)


@pytest.mark.parametrize("check", ["residue", "cut_edge", "overlay", "chain", "shadow", "framing"])
def test_an_honest_draft_is_clear(check: str) -> None:
    assert found(judged(honest()), check)[0] == "clear"


def test_r43_old_ground_kept_in_a_hole_is_flagged() -> None:
    alpha = product()[1].copy()
    cv2.circle(alpha, (240, 110), 55, 255, -1)
    verdict, sentence = found(judged(laid(source(), alpha, WHITE)), "residue")
    assert verdict in {"flag", "stop"}
    assert "Old ground" in sentence


def test_r43_a_lost_pale_part_is_flagged_and_named() -> None:
    rgb, alpha = product()
    rgb[125:300, 112:200] = 236
    photo = laid(rgb, alpha, (176, 170, 160))
    eaten = alpha.copy()
    eaten[124:301, 108:200] = 0
    assert found(judged(laid(rgb, alpha, WHITE), photo), "residue")[0] == "clear"
    verdict, sentence = found(judged(laid(rgb, eaten, WHITE), photo), "residue")
    assert verdict in {"flag", "stop"}
    assert "pale part" in sentence
    assert "left" in sentence


def test_r43_an_outline_in_steps_is_flagged() -> None:
    oval = cv2.ellipse(np.zeros((360, 480), np.uint8), (240, 175), (150, 110), 20, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(oval, (0, 0), 0.7)
    photo = laid(product()[0], alpha, PAPER)
    assert found(judged(laid(product()[0], alpha, WHITE), photo), "cut_edge")[0] == "clear"
    steps = np.repeat(np.repeat(alpha[2::4, 2::4], 4, axis=0), 4, axis=1)
    draft = laid(product()[0], np.where(steps > 127, 255, 0).astype(np.uint8), WHITE)
    verdict, sentence = found(judged(draft, photo), "cut_edge")
    assert verdict in {"flag", "stop"}
    assert "jagged" in sentence


def test_r43_an_outline_beside_the_edge_is_flagged_though_the_rim_is_thin() -> None:
    wide = cv2.dilate(product()[1], np.ones((7, 7), np.uint8))
    verdict, sentence = found(judged(laid(source(), wide, WHITE)), "cut_edge")
    assert verdict in {"flag", "stop"}
    assert "beside the source's edge" in sentence


@pytest.mark.parametrize("strength", [0.1, 0.6])
def test_r45_a_word_beside_the_product_is_flagged_even_when_faint(strength: float) -> None:
    mark = np.zeros((360, 480), np.uint8)
    cv2.putText(mark, "shop.kz", (20, 345), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    draft = (honest() * (1 - strength * mark[..., None] / 255)).round().astype(np.uint8)
    verdict, sentence = found(judged(draft), "overlay")
    assert verdict in {"flag", "stop"}
    assert "laid over the ground" in sentence


def test_r45_a_tiled_watermark_of_one_percent_is_flagged() -> None:
    mark = np.zeros((360, 480), np.uint8)
    for y in range(20, 380, 45):
        for x in range(-20, 480, 90):
            cv2.putText(mark, "photo", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2, cv2.LINE_AA)
    draft = (honest() * (1 - 0.012 * mark[..., None] / 255)).round().astype(np.uint8)
    verdict, sentence = found(judged(draft), "overlay")
    assert verdict in {"flag", "stop"}
    assert "repeated" in sentence


def test_r47_a_chain_is_walked_and_its_break_and_its_double_are_named() -> None:
    alpha = necklace()[1]
    photo = worn(alpha, PAPER)
    assert found(judged(worn(alpha), photo), "chain")[0] == "clear"
    broken = alpha.copy()
    cv2.circle(broken, (135, round(170 + 90 * np.sin(5 / 4.5))), 15, 0, -1)
    verdict, sentence = found(judged(worn(broken), photo), "chain")
    assert verdict in {"flag", "stop"}
    assert "broken" in sentence
    assert "left" in sentence
    doubled = alpha.copy()
    cv2.ellipse(doubled, (535, round(170 + 90 * np.sin(26 / 4.5)) + 14), (12, 7), 0, 0, 360, 255, 4)
    verdict, sentence = found(judged(worn(doubled), photo), "chain")
    assert verdict in {"flag", "stop"}
    assert "stands twice" in sentence


def shaded(moved: int, sigma: float, strength: float) -> np.ndarray:
    """Return the honest draft with a shadow of an ellipse `moved` pixels below the product's foot."""
    cast = np.zeros((360, 480), np.float32)
    cv2.ellipse(cast, (240, 300 + moved), (90, 12), 0, 0, 360, 1, -1)
    shade = 1 - strength * cv2.GaussianBlur(cast, (0, 0), sigma)
    free = (product()[1] == 0)[..., None]
    return np.where(free, honest() * shade[..., None], honest()).round().astype(np.uint8)


def test_r44_a_soft_shadow_at_the_foot_is_clear_and_a_hard_or_detached_one_is_flagged() -> None:
    assert found(judged(shaded(0, 12, 0.4)), "shadow")[0] == "clear"
    hard, of_a_stand = found(judged(shaded(12, 0.8, 0.35)), "shadow")
    assert hard in {"flag", "stop"}
    assert "hard edge" in of_a_stand
    floating, apart = found(judged(shaded(42, 3, 0.3)), "shadow")
    assert floating in {"flag", "stop"}
    assert "apart from the product" in apart


def test_r43_a_product_cut_by_the_frame_stops_and_a_tight_frame_does_not() -> None:
    assert found(judged(honest()[30:320, 100:400]), "framing")[0] == "clear"
    verdict, sentence = found(judged(honest()[:, :340]), "framing")
    assert verdict == "stop"
    assert "cuts off" in sentence
