"""Evidence pictures: close-ups of each finding at 200 %, source beside draft, aligned; the outline unrolled (R-43)."""

import numpy as np
import pytest

from support.qa_pictures import WHITE, honest, source
from trueshelf_qa.domain.aligning import NotComparable, compare
from trueshelf_qa.domain.closeups import patches
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import Place
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.judge import judge
from trueshelf_qa.pictures import ZOOM
from trueshelf_qa.policy import load


def pair(photo: np.ndarray, draft: np.ndarray) -> Comparison:
    found = compare(Scene(photo), Scene(draft), placed=None, wanted=WHITE, generative=False)
    assert not isinstance(found, NotComparable)
    return found


@pytest.mark.parametrize("shift", [0, 37])
def test_patches_show_the_same_place_of_both_at_full_size(shift: int) -> None:
    photo = np.kron(source(), np.ones((4, 4, 1), np.uint8))  # 1,920 × 1,440: compared at 1,024
    draft = np.full((1440 + shift, 1920 + shift, 3), 255, np.uint8)
    draft[shift:, shift:] = np.kron(honest(), np.ones((4, 4, 1), np.uint8))
    found = pair(photo, draft)
    height, width = draft.shape[:2]
    place = Place((600 + shift) / width, (600 + shift) / height, 300 / width, 200 / height, 0.1)
    ours, theirs = patches(found, place, scale=ZOOM)
    assert ours.shape == theirs.shape == (400, 600, 3)
    assert np.abs(ours.astype(int) - theirs).mean() < 4, "aligned to a fraction of a pixel"
    assert np.abs(theirs[::2, ::2].astype(int) - draft[600 + shift : 800 + shift, 600 + shift : 900 + shift]).mean() < 1


def test_each_finding_is_shown_and_nothing_else() -> None:
    draft = honest()
    draft[200:212, 220:262] = 255 - draft[200:212, 220:262]
    found = judge(source(), draft, load().limits("composited", "default"), placed=None, wanted=WHITE, generative=False)
    findings = {check.check for check in found.checks if check.verdict in ("flag", "stop")}
    assert {shown.check for shown in found.pictures if shown.kind == "crops"} == findings != set()
    assert [shown.kind for shown in found.pictures][:2] == ["heat_map", "edge_strip"]
    surface = next(shown.rgb for shown in found.pictures if shown.check == "surface")
    half = (surface.shape[1] - 6) // 2
    assert np.abs(surface[:, :half].astype(int) - surface[:, -half:]).max() > 100, "the change is in the picture"


def test_the_edge_strip_shows_a_fringe_of_the_old_ground() -> None:
    clean = next(s.rgb for s in judged(honest()).pictures if s.kind == "edge_strip")
    fringed = honest()
    fringed[100:110, 120:180] = source()[100:110, 120:180]
    other = next(s.rgb for s in judged(fringed).pictures if s.kind == "edge_strip")
    assert clean.shape[1] == 480
    assert other.shape == clean.shape
    assert (np.abs(other.astype(int) - clean).max(axis=2) > 20).sum() > 200


def judged(draft: np.ndarray):
    return judge(source(), draft, load().limits("composited", "default"), placed=None, wanted=WHITE, generative=False)
