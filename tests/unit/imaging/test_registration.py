"""The map from source to draft: the simplest kind that holds, exact to a fraction of a pixel (R-41), or mirrored."""

import cv2
import numpy as np
import pytest

from support.qa_pictures import WHITE, fine_chain, framed, honest, laid, product, source
from trueshelf_imaging.coarse import by_bands
from trueshelf_imaging.registration import Registration, register
from trueshelf_imaging.views import View

INSIDE = product()[1] > 127


def view(picture: np.ndarray, mask: np.ndarray | None = None) -> View:
    return View(picture, np.zeros(picture.shape[:2], np.bool_) if mask is None else mask)


def warped(matrix: np.ndarray, size: tuple[int, int] = (560, 440)) -> np.ndarray:
    return cv2.warpPerspective(honest(), matrix, size, flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def strayed(found: Registration, truth: np.ndarray) -> float:
    """Return the largest distance over the product between where `found` and `truth` lay the source's pixels."""
    rows, columns = np.nonzero(INSIDE)
    points = np.stack([columns, rows, np.ones(len(rows))], axis=1)[::97]
    ours, theirs = points @ found.full.T, points @ truth.T
    return float(np.abs(ours[:, :2] / ours[:, 2:] - theirs[:, :2] / theirs[:, 2:]).max())


SIMILAR = np.array([[0.94, -0.05, 41.3], [0.05, 0.94, 20.7], [0, 0, 1]])
STRETCHED = np.array([[1.03, 0, 12.5], [0, 1.0, 31.2], [0, 0, 1]])
TILTED = np.array([[1.0, 0.03, 20], [0.01, 1.02, 25], [1.2e-4, -4e-5, 1]])


@pytest.mark.parametrize(
    ("truth", "kind"), [(SIMILAR, "similarity"), (STRETCHED, "affine"), (TILTED, "homography")], ids=str
)
def test_the_simplest_map_that_holds_is_found(truth: np.ndarray, kind: str) -> None:
    found = register(view(source(), INSIDE), view(warped(truth)))
    assert found is not None
    assert (found.kind, found.method, found.mirrored) == (kind, "features", False)
    assert strayed(found, truth) < 0.5


def test_the_affine_part_of_a_tilt_is_what_stretch_is_read_from() -> None:
    found = register(view(source(), INSIDE), view(warped(TILTED)))
    assert found is not None
    whole = np.vstack([found.matrix, [0, 0, 1]])
    assert strayed(Registration(whole, found.matrix, "affine", "features", 0, 0.0), TILTED) < 6


@pytest.mark.parametrize("flip", [1, 0], ids=["left to right", "upside down"])
def test_r40_a_mirror_image_is_recognised(flip: int) -> None:
    found = register(view(source(), INSIDE), view(cv2.flip(honest(), flip)))
    assert found is not None
    assert found.mirrored
    height, width = source().shape[:2]
    truth = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1.0]])
    assert strayed(found, truth if flip else np.array([[1, 0, 0], [0, -1, height - 1], [0, 0, 1.0]])) < 0.8


def test_another_product_is_not_registered() -> None:
    assert register(view(source(), INSIDE), view(honest(2))) is None


def test_a_declared_placement_has_to_prove_itself() -> None:
    lie = np.array([[3.0, 0, -200], [0, 3.0, 90]])
    honestly, lied = (register(view(source(), INSIDE), view(honest()), guess) for guess in (None, lie))
    assert honestly is not None
    assert lied is not None
    assert np.array_equal(honestly.full, lied.full)


def test_the_same_pictures_give_the_same_map() -> None:
    one, two = (register(view(source(), INSIDE), view(warped(TILTED))) for _ in range(2))
    assert one is not None
    assert two is not None
    assert np.array_equal(one.full, two.full)


def test_the_sources_own_pixels_prove_a_placement_where_features_tell_nothing() -> None:
    """A fine chain: each link like the next. The declared place is exact, and a lie of three pixels is none."""
    rgb, alpha = fine_chain()
    mask = alpha > 127
    photo, draft = laid(rgb, alpha, (170, 170, 170)), framed(laid(rgb, alpha, WHITE), 30, 20)
    there = np.zeros(draft.shape[:2], np.bool_)
    there[20 : 20 + mask.shape[0], 30 : 30 + mask.shape[1]] = mask
    truth, lie = (np.array([[1.0, 0, x], [0, 1.0, 20]]) for x in (30, 33))
    found = register(view(photo, mask), view(draft, there), truth)
    assert found is not None
    assert found.method == "declared"
    assert np.array_equal(found.matrix, truth)
    misled = register(view(photo, mask), view(draft, there), lie)
    assert misled is None or abs(misled.matrix[0, 2] - 30) < 1


def test_a_stretched_draft_proves_no_placement() -> None:
    """R-41: most pixels of smooth goods stay as they were, their edges do not."""
    draft = cv2.resize(honest(), None, fx=1.03, fy=1.0, interpolation=cv2.INTER_CUBIC)
    there = cv2.resize(product()[1], None, fx=1.03, fy=1.0, interpolation=cv2.INTER_AREA) > 127
    same = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    found = register(view(source(), INSIDE), view(draft, there), same)
    assert found is not None
    assert found.matrix[0, 0] / found.matrix[1, 1] == pytest.approx(1.03, abs=0.004)


def rings(ground: int, scale: float = 1.0, move: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Return a chain of like rings on an oval, each as the next, scaled and moved, on a plain ground."""
    large = np.full((1200, 1800), ground, np.uint8)
    for turn in np.linspace(0, 2 * np.pi, 48, endpoint=False):
        x, y = 900 + 600 * np.cos(turn), 600 + 330 * np.sin(turn) * (1 - 0.25 * np.cos(turn))
        cv2.ellipse(large, (round(x), round(y)), (42, 24), float(np.degrees(turn)) + 90, 0, 360, 60, 12, cv2.LINE_AA)
    matrix = np.array([[scale / 3, 0, move[0]], [0, scale / 3, move[1]]])
    small = cv2.GaussianBlur(large, (0, 0), 1.2)
    return np.repeat(cv2.warpAffine(small, matrix, (640, 440), borderValue=(ground,))[..., None], 3, axis=2)


def test_r47_a_chain_whose_links_are_all_alike_is_laid_over_itself() -> None:
    photo, draft = rings(220), rings(255, 0.94, (41.3, 12.6))
    masks = [picture[..., 0] < 180 for picture in (photo, draft)]
    masks[0] = cv2.dilate(masks[0].astype(np.uint8), np.ones((27, 27), np.uint8), anchor=(0, 0)) > 0  # and its shadow
    draft[40:120, 240:300] = 255  # links were lost: that pulls the mean, not the map
    found = by_bands(View(photo, masks[0]), View(draft, masks[1]))
    assert found is not None
    rows, columns = np.nonzero(photo[..., 0] < 120)
    points = np.stack([columns, rows, np.ones(len(rows))])[:, ::53]
    there = np.array([[0.94, 0, 41.3], [0, 0.94, 12.6]]) @ points
    assert float(np.abs(found @ points - there).max()) < 1.0
