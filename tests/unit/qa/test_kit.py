"""R-40, R-47, R-54: pieces and details are counted against the source, the kit list and the words of the card."""

from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from support.qa_goods import bag, bangle, draft, photo, relit, tinted
from support.qa_pictures import PAPER, WHITE, laid, product
from trueshelf_qa.checks import duplicated_part, hardware, pieces
from trueshelf_qa.domain.aligning import compare
from trueshelf_qa.domain.asked import Asked
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.policy import Profile, load

POLICY = load()
CHECKS = (pieces, hardware, duplicated_part)


def pair(
    source: np.ndarray, candidate: np.ndarray, *, generative: bool = False, asked: Asked | None = None
) -> Comparison:
    found = compare(
        Scene(source), Scene(candidate), placed=None, wanted=WHITE, generative=generative, asked=asked or Asked()
    )
    assert isinstance(found, Comparison)
    return found


def judged(check: Any, found: Comparison, profile: Profile = "composited") -> CheckResult:
    result: CheckResult = check.check(found, POLICY.limits(profile, "default")[check.NAME])
    return result


@cache
def kit(shown: tuple[bool, bool, bool] = (True, True, True)) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a box, a ball and a bar, apart from each other."""
    rgb, alpha = product()
    rgb, alpha = cv2.copyMakeBorder(rgb, 0, 160, 0, 160, cv2.BORDER_REFLECT), np.zeros((520, 640), np.uint8)
    if shown[0]:
        alpha[:360, :480] = product()[1]
    if shown[1]:
        cv2.circle(alpha, (520, 190), 60, 255, -1)
    if shown[2]:
        cv2.rectangle(alpha, (120, 390), (500, 440), 255, -1)
    return rgb, cv2.GaussianBlur(alpha, (0, 0), 0.7)


def of_kit(alpha: np.ndarray, **own: Any) -> Comparison:
    rgb, whole = kit()
    return pair(laid(rgb, whole, PAPER), laid(rgb, alpha, WHITE), asked=Asked(**own))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.NAME)
def test_honest_drafts_are_clear(check: Any) -> None:
    for goods in (bag, bangle):
        shot = photo(*goods())
        assert judged(check, pair(shot, draft(*goods(), scale=0.86, quality=76))).verdict == "clear"
        lit = pair(shot, relit(draft(*goods())), generative=True)
        assert judged(check, lit, "generative").verdict == "clear"
        master = draft(*goods(), scale=1.0, quality=100)
        assert judged(check, pair(master, draft(*goods(), scale=0.8, quality=80)), "rendition").verdict == "clear"
    assert judged(check, of_kit(kit()[1])).verdict == "clear"


def test_r40_a_piece_that_went_is_counted_and_placed() -> None:
    result = judged(pieces, of_kit(kit((True, False, True))[1]))
    assert result.verdict in {"flag", "stop"}
    assert "2 of 3" in result.sentence
    assert "right" in result.sentence
    assert "2 из 3" in result.said.ru


def test_r40_a_piece_that_came_is_counted_and_placed() -> None:
    rgb, fewer = kit()[0], kit((True, False, True))[1]
    result = judged(pieces, pair(laid(rgb, fewer, PAPER), laid(rgb, kit()[1], WHITE)))
    assert result.verdict in {"flag", "stop"}
    assert "3 instead of 2" in result.sentence
    assert "right" in result.sentence


def test_pieces_that_a_shadow_joins_are_still_apart() -> None:
    rgb, alpha = kit()
    shade = np.ones(alpha.shape, np.float32)
    cv2.rectangle(shade, (380, 150), (520, 300), 0.8, -1)
    shaded = (laid(rgb, alpha, PAPER) * np.where(alpha > 0, 1, cv2.GaussianBlur(shade, (0, 0), 12))[..., None]).astype(
        np.uint8
    )
    result = judged(pieces, pair(shaded, laid(rgb, kit((True, False, True))[1], WHITE)))
    assert "2 of 3" in result.sentence


@pytest.mark.parametrize(
    ("title", "told"),
    [("Набор из 3 предметов", False), ("Set of 2", True), ("5 дана", True), ("Игрушка", False), ("Toy, 1 pc", False)],
)
def test_r54_a_number_in_words_that_the_picture_contradicts_is_flagged_with_both_numbers(
    title: str, told: bool
) -> None:
    result = judged(pieces, of_kit(kit()[1], title=title, slot="main"))
    assert result.verdict == ("flag" if told else "clear"), result.sentence
    if told:
        assert "shows 3" in result.sentence
        assert title in result.sentence
    assert judged(pieces, of_kit(kit()[1], title=title, slot="macro")).verdict == "clear", "a close-up may show fewer"


def test_r54_pieces_that_touch_may_be_as_many_as_the_words_say() -> None:
    alpha = np.zeros((520, 640), np.uint8)
    for x in (200, 318):
        cv2.circle(alpha, (x, 250), 60, 255, -1)
    rgb = kit()[0]
    shots = laid(rgb, alpha, PAPER), laid(rgb, alpha, WHITE)
    assert judged(pieces, pair(*shots, asked=Asked(title="Pack of 2", slot="main"))).verdict == "clear"
    result = judged(pieces, pair(*shots, asked=Asked(title="Pack of 3", slot="main")))
    assert result.verdict == "flag"
    assert "1\N{EN DASH}2" in result.sentence


def test_r54_a_kit_list_that_the_bundle_picture_does_not_fill_is_flagged() -> None:
    listed = ("box", "ball", "2 bars")
    assert judged(pieces, of_kit(kit()[1], kit=listed[:2], slot="bundle")).verdict == "clear"
    assert judged(pieces, of_kit(kit()[1], kit=listed, slot="main")).verdict == "clear"
    result = judged(pieces, of_kit(kit((True, False, True))[1], kit=(*listed, "lid", "cord"), slot="bundle"))
    assert "names 6 parts" in result.sentence


def studded(*studs: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the bag with silver studs."""
    rgb, alpha = bag()
    for stud in studs:
        cv2.circle(rgb, stud, 11, (60, 60, 66), -1, cv2.LINE_AA)
        cv2.circle(rgb, stud, 8, (235, 235, 240), -1, cv2.LINE_AA)
    return rgb, alpha


THERE = (180, 190), (180, 530)


def of_studs(*studs: tuple[int, int], profile: Profile = "composited") -> CheckResult:
    shown = draft(*studded(*studs))
    if profile == "generative":
        return judged(hardware, pair(photo(*studded(*THERE)), relit(shown), generative=True), profile)
    return judged(hardware, pair(photo(*studded(*THERE)), shown), profile)


def test_r47_details_in_their_place_are_clear_and_counted() -> None:
    result = of_studs(*THERE)
    assert result.verdict == "clear"
    assert {metric.name: metric.value for metric in result.metrics}["source_details"] >= 2


@pytest.mark.parametrize("profile", ["composited", "generative"])
def test_r47_a_detail_that_went_is_found_and_placed(profile: Profile) -> None:
    result = of_studs(THERE[0], profile=profile)
    assert result.verdict in {"flag", "stop"}
    assert "Details gone, 1 of about" in result.sentence
    assert "lower left" in result.sentence


def test_r47_a_detail_that_came_is_found_and_placed() -> None:
    result = of_studs(*THERE, (545, 535))
    assert result.verdict in {"flag", "stop"}
    assert "source lacks, 1" in result.sentence
    assert "lower right" in result.sentence


def test_r47_a_detail_that_stands_elsewhere_has_moved_and_is_neither_lost_nor_added() -> None:
    result = of_studs(THERE[0], (240, 545))
    assert result.verdict in {"flag", "stop"}
    assert result.sentence.startswith("Details that stand elsewhere, 1")
    values = {metric.name: metric.value for metric in result.metrics}
    assert (values["lost"], values["added"]) == (0, 0)
    assert values["source_details"] == values["draft_details"]


def test_r47_one_detail_found_again_stands_for_one_that_went_not_for_two() -> None:
    result = of_studs((240, 545))
    assert "Details gone, 1 " in result.sentence
    assert "Details that stand elsewhere, 1 " in result.sentence


def test_ground_seen_through_a_gap_is_no_detail() -> None:
    rgb, alpha = bag()
    gap = np.zeros(alpha.shape, np.float32)
    cv2.ellipse(gap, (180, 480), (9, 16), 0, 0, 360, 1, -1)
    as_the_ground_does = draft(tinted(rgb, 18.0, 0, 0, gap), alpha)
    assert judged(hardware, pair(photo(rgb, alpha), as_the_ground_does)).verdict == "clear"
    otherwise = draft(tinted(rgb, -18.0, 0, 0, gap), alpha)
    assert judged(hardware, pair(photo(rgb, alpha), otherwise)).verdict != "clear"


def test_r40_a_handle_that_stands_twice_is_found_with_its_original() -> None:
    rgb, alpha = product()
    twice, both = rgb.copy(), alpha.copy()
    twice[60:121, 150:185], both[60:121, 150:185] = rgb[60:121, 328:363], alpha[60:121, 328:363]
    result = judged(duplicated_part, pair(laid(rgb, alpha, PAPER), laid(twice, both, WHITE)))
    assert result.verdict in {"flag", "stop"}
    assert "upper left" in result.sentence
    assert "upper right" in result.sentence


def test_r40_a_second_buckle_on_the_product_is_found() -> None:
    rgb, alpha = bag()
    rgb[480:530, 170:240] = rgb[280:330, 420:490]
    result = judged(duplicated_part, pair(photo(*bag()), draft(rgb, alpha)))
    assert result.verdict in {"flag", "stop"}
    assert "lower left" in result.sentence


def test_what_the_source_repeats_is_no_copy() -> None:
    alpha = kit()[1]
    tiles = np.tile(product()[0][150:190, 150:200], (13, 13, 1))[:520, :640]
    changed = tiles.copy()
    changed[200:260, 200:260] = tiles[180:240, 180:240]
    source = laid(tiles, alpha, PAPER)
    marked = cv2.putText(source.copy(), "ABCDEFG", (150, 425), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 4)
    shown = cv2.putText(
        laid(changed, alpha, WHITE), "ABCDEFG", (150, 425), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 4
    )
    result = judged(duplicated_part, pair(marked, shown))
    assert result.verdict == "clear", result.sentence


def test_a_part_that_is_new_and_like_nothing_is_no_copy() -> None:
    rgb, alpha = bag()
    rgb[480:530, 170:240] = bag(11)[0][250:300, 300:370]
    assert judged(duplicated_part, pair(photo(*bag()), draft(rgb, alpha))).verdict == "clear"
