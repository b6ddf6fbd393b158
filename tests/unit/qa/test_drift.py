"""R-40, R-41, R-42, R-47: drift of colour, metal, texture, pattern and shape is found, and honest drafts stay clear."""

from functools import cache

import cv2
import numpy as np
import pytest

from support.qa_goods import SIZE, WHITE, bag, bangle, disc, draft, photo, relit, tinted
from trueshelf_qa.checks import local_warp, metal_tone, pattern, proportions, recoloured_part, texture
from trueshelf_qa.domain.aligning import compare
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.policy import Profile, load

POLICY = load()
CHECKS = (metal_tone, recoloured_part, texture, local_warp, pattern, proportions)
NAMES = [check.NAME for check in CHECKS]


def pair(source: np.ndarray, candidate: np.ndarray, *, generative: bool = False) -> Comparison:
    found = compare(Scene(source), Scene(candidate), placed=None, wanted=WHITE, generative=generative)
    assert isinstance(found, Comparison)
    return found


def judged(check: object, found: Comparison, profile: Profile = "composited") -> CheckResult:
    return check.check(found, POLICY.limits(profile, "default")[check.NAME])  # type: ignore[attr-defined]


def of_bag(rgb: np.ndarray, alpha: np.ndarray | None = None) -> Comparison:
    """Return the bag's photo against a draft that shows `rgb`."""
    return pair(photo(*bag()), draft(rgb, bag()[1] if alpha is None else alpha))


@cache
def honest() -> tuple[tuple[Comparison, Profile], ...]:
    shots = {goods: photo(*goods()) for goods in (bag, bangle)}
    pairs: list[tuple[Comparison, Profile]] = []
    for goods, shot in shots.items():
        pairs += [(pair(shot, draft(*goods(), scale=s, quality=q)), "composited") for s, q in ((1.0, 95), (0.86, 76))]
        pairs.append((pair(shot, relit(draft(*goods())), generative=True), "generative"))
        master = draft(*goods(), scale=1.0, quality=100)
        pairs.append((pair(master, draft(*goods(), scale=0.8, quality=80)), "rendition"))
    return tuple(pairs)


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_honest_drafts_are_clear(check: object) -> None:
    for found, profile in honest():
        result = judged(check, found, profile)
        assert result.verdict == "clear", (profile, result.sentence, result.metrics)


def test_r47_gold_that_turned_rose_stops_and_both_tones_are_named() -> None:
    result = judged(metal_tone, pair(photo(*bangle()), draft(*bangle(hue=48.0))))
    assert result.verdict == "stop"
    assert "yellow gold in the source, rose gold" in result.sentence


def test_r47_gold_that_turned_silver_stops_in_a_generative_draft_too() -> None:
    result = judged(
        metal_tone, pair(photo(*bangle()), relit(draft(*bangle(chroma=4.0))), generative=True), "generative"
    )
    assert result.verdict == "stop"
    assert "silver" in result.sentence


def test_what_does_not_shine_is_no_metal() -> None:
    result = judged(metal_tone, of_bag(bag()[0]))
    assert "No shining metal" in result.sentence


def test_r40_one_recoloured_part_is_found_and_named() -> None:
    result = judged(recoloured_part, of_bag(tinted(bag()[0], 0, -7, 4, disc(520, 500, 26))))
    assert result.verdict in {"flag", "stop"}
    assert "lower right" in result.sentence


def test_r42_softened_texture_is_flagged_and_brighter_is_not_softer() -> None:
    rgb = bag()[0]
    softer = judged(texture, of_bag(cv2.GaussianBlur(rgb, (0, 0), 1.2)))
    assert softer.verdict in {"flag", "stop"}
    assert "softened" in softer.sentence
    assert judged(texture, of_bag(tinted(rgb, 6, 0, 0))).verdict == "clear"


def test_r42_sharpened_texture_is_flagged() -> None:
    rgb = bag()[0].astype(np.float32)
    sharp = np.clip(rgb + 1.5 * (rgb - cv2.GaussianBlur(rgb, (0, 0), 1.2)), 0, 255).astype(np.uint8)
    assert "sharpened" in judged(texture, of_bag(sharp)).sentence


def test_r42_one_smoothed_place_is_found() -> None:
    rgb = bag()[0].astype(np.float32)
    where = disc(230, 480, 70)[..., None]
    smooth = rgb * (1 - where) + cv2.GaussianBlur(rgb, (0, 0), 2.5) * where
    result = judged(texture, of_bag(smooth.astype(np.uint8)))
    assert result.verdict in {"flag", "stop"}
    assert "left" in result.sentence


def test_r41_a_bent_part_is_found() -> None:
    rgb, alpha = bag()
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    bend = 9 * np.exp(-((columns - 250) ** 2 + (rows - 300) ** 2) / (2 * 80**2)).astype(np.float32)
    bent = [cv2.remap(picture, columns + bend, rows, cv2.INTER_LINEAR) for picture in (rgb, alpha)]
    result = judged(local_warp, of_bag(*bent))
    assert result.verdict in {"flag", "stop"}
    assert "left" in result.sentence


def _printed(matrix: np.ndarray) -> np.ndarray:
    """Return the bag with its whole front mapped by `matrix`; its outline stays."""
    return cv2.warpAffine(bag()[0], matrix, SIZE[::-1], borderMode=cv2.BORDER_REFLECT)


def test_r42_a_print_moved_against_the_outline_is_found() -> None:
    result = judged(pattern, of_bag(_printed(np.float32([[1, 0, 6], [0, 1, 3]]))))
    assert result.verdict in {"flag", "stop"}
    assert "moved" in result.sentence


def test_r42_a_print_scaled_against_the_outline_is_found() -> None:
    result = judged(pattern, of_bag(_printed(np.float32([[1.03, 0, -11], [0, 1.03, -11]]))))
    assert result.verdict in {"flag", "stop"}
    assert "scaled" in result.sentence


def test_r42_a_replaced_pattern_is_found_where_it_is() -> None:
    rgb = bag()[0]
    rgb[380:560, 360:570] = bag(8)[0][240:420, 200:410]
    result = judged(pattern, of_bag(rgb))
    assert result.verdict in {"flag", "stop"}
    assert "lower right" in result.sentence


def test_r41_shearing_stops_and_is_called_so() -> None:
    lean = np.float32([[1, 0.03, -9], [0, 1, 0]])
    result = judged(proportions, of_bag(*(cv2.warpAffine(picture, lean, SIZE[::-1]) for picture in bag())))
    assert result.verdict == "stop"
    assert "sheared by 1.7°" in result.sentence


def test_r41_another_perspective_is_flagged() -> None:
    height, width = SIZE
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    tilt = cv2.getPerspectiveTransform(corners, corners + np.float32([[22, 0], [-22, 0], [0, 0], [0, 0]]))
    result = judged(proportions, of_bag(*(cv2.warpPerspective(picture, tilt, (width, height)) for picture in bag())))
    assert result.verdict in {"flag", "stop"}
    assert "tilted" in result.sentence
