"""R-40, R-47, R-52: small marks lost, retouched or added, and glare; honest drafts of damaged goods stay clear."""

import cv2
import numpy as np
import pytest

from support.qa_goods import SIZE, WHITE, bag, disc, draft, photo, relit, tinted
from trueshelf_qa.checks import glare, retouched, surface
from trueshelf_qa.domain.aligning import compare
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.policy import Profile, load

POLICY = load()
CHECKS = (surface, retouched, glare)
NAMES = [check.NAME for check in CHECKS]


def judged(check: object, source: np.ndarray, rgb: np.ndarray, profile: Profile = "composited") -> CheckResult:
    """Return what `check` says of the bag's photo `source` and a draft that shows `rgb`."""
    generative = profile == "generative"
    made = draft(rgb, bag()[1])
    seen = relit(made) if generative else made
    found = compare(Scene(source), Scene(seen), placed=None, wanted=WHITE, generative=generative)
    assert isinstance(found, Comparison)
    return check.check(found, POLICY.limits(profile, "default")[check.NAME])  # type: ignore[attr-defined]


def scratched() -> np.ndarray:
    """Return the bag with a pale scratch four pixels wide, lower left."""
    line = np.zeros(SIZE, np.float32)
    cv2.line(line, (170, 500), (235, 540), 1.0, 4, cv2.LINE_AA)
    return tinted(bag()[0], 30, -6, -12, line)


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
@pytest.mark.parametrize("profile", ["composited", "generative"])
def test_an_honest_draft_of_scratched_goods_is_clear(check: object, profile: Profile) -> None:
    rgb = scratched()
    result = judged(check, photo(rgb, bag()[1]), rgb, profile)
    assert result.verdict == "clear", (result.sentence, result.metrics)


@pytest.mark.parametrize("profile", ["composited", "generative"])
def test_r52_a_scratch_retouched_away_is_found_and_its_place_named(profile: Profile) -> None:
    result = judged(retouched, photo(scratched(), bag()[1]), bag()[0], profile)
    assert result.verdict in {"flag", "stop"}
    assert "retouched away: lower left" in result.sentence


def test_r52_a_stain_retouched_away_is_found() -> None:
    stained = tinted(bag()[0], -14, 3, 6, cv2.GaussianBlur(disc(545, 300, 9), (0, 0), 2))
    assert judged(retouched, photo(stained, bag()[1]), bag()[0]).verdict in {"flag", "stop"}


def test_r42_a_mark_that_the_source_lacks_is_found() -> None:
    result = judged(retouched, photo(*bag()), scratched())
    assert result.verdict in {"flag", "stop"}
    assert "that the source lacks" in result.sentence


@pytest.mark.parametrize("profile", ["composited", "generative"])
def test_r40_a_lost_stud_is_found_whatever_the_light(profile: Profile) -> None:
    studded = tinted(bag()[0], 40, -9, -18, disc(180, 530, 8))
    result = judged(surface, photo(studded, bag()[1]), bag()[0], profile)
    assert result.verdict in {"flag", "stop"}
    assert "Details of the source are gone: lower left" in result.sentence


def test_r47_added_glare_is_found() -> None:
    shine = cv2.GaussianBlur(disc(540, 210, 16), (0, 0), 3)
    result = judged(glare, photo(*bag()), tinted(bag()[0], 60, -14, -26, shine))
    assert result.verdict in {"flag", "stop"}
    assert "upper right" in result.sentence
