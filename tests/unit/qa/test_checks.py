"""R-40 to R-43, R-46: what the checks see on drafts with one known change, and that honest drafts are clear."""

import cv2
import numpy as np
import pytest

from support.qa_pictures import PAPER, WHITE, fine_chain, framed, honest, laid, product, source
from trueshelf_qa.domain.asked import Placed
from trueshelf_qa.judge import Judgement, judge
from trueshelf_qa.policy import load

POLICY = load()


def judged(draft: np.ndarray, photo: np.ndarray | None = None, *, placed: Placed | None = None) -> Judgement:
    limits = POLICY.limits("composited", "default")
    return judge(source() if photo is None else photo, draft, limits, placed=placed, wanted=WHITE, generative=False)


def verdicts(found: Judgement) -> dict[str, str]:
    return {check.check: check.verdict for check in found.checks}


def sentence(found: Judgement, name: str) -> str:
    return next(check.sentence for check in found.checks if check.check == name)


def test_an_honest_draft_is_clear_in_every_check() -> None:
    found = judged(honest())
    assert {name: verdict for name, verdict in verdicts(found).items() if verdict != "clear"} == {}
    assert found.verdict == "clear"


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.6])
def test_an_honest_draft_is_clear_at_another_size_and_place(scale: float) -> None:
    size = round(480 * scale), round(360 * scale)
    small = cv2.resize(honest(), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.full((size[1] + 120, size[0] + 90, 3), 255, np.uint8)
    canvas[70 : 70 + size[1], 31 : 31 + size[0]] = small
    assert judged(canvas, placed=Placed(scale, 31, 70)).verdict in {"clear", "flag"}
    assert verdicts(judged(canvas))["proportions"] == "clear"
    assert verdicts(judged(canvas))["missing_part"] == "clear"


def test_r42_another_hue_stops() -> None:
    lab = cv2.cvtColor(honest().astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    inside = product()[1] > 0
    lab[inside, 1] += 7
    draft = (np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1) * 255).round().astype(np.uint8)
    assert verdicts(judged(draft))["colour_shift"] == "stop"


def test_r41_three_percent_of_stretch_stops_and_says_which_way() -> None:
    found = judged(cv2.resize(honest(), (494, 360), interpolation=cv2.INTER_CUBIC))
    assert verdicts(found)["proportions"] == "stop"
    assert "wider" in sentence(found, "proportions")


def test_r40_a_lost_part_stops_and_the_sentence_names_the_place() -> None:
    rgb, alpha = source(), product()[1]
    alpha[255:, :160] = 0
    found = judged(laid(rgb, alpha, WHITE))
    assert verdicts(found)["missing_part"] == "stop"
    assert "lower left" in sentence(found, "missing_part")
    assert "% of the product" in sentence(found, "missing_part")
    place = next(check for check in found.checks if check.check == "missing_part").places[0]
    assert place.x < 0.4 < place.y


def test_r40_an_added_part_stops_and_the_sentence_names_the_place() -> None:
    draft = honest()
    draft[30:60, 420:455] = draft[150:180, 150:185]
    found = judged(draft)
    assert verdicts(found)["extra_part"] == "stop"
    assert "upper right" in sentence(found, "extra_part")


def test_r43_a_fringe_of_the_old_ground_is_flagged() -> None:
    wide = cv2.dilate(product()[1], np.ones((13, 13), np.uint8))
    found = judged(laid(source(), wide, WHITE))
    assert verdicts(found)["halo"] in {"flag", "stop"}


def test_r40_a_changed_mark_on_the_surface_is_found() -> None:
    draft = honest()
    draft[200:212, 220:262] = 255 - draft[200:212, 220:262]
    found = judged(draft)
    assert verdicts(found)["surface"] in {"flag", "stop"}
    assert "centre" in sentence(found, "surface")


def test_r40_a_mirrored_draft_stops_and_is_called_so() -> None:
    found = judged(np.ascontiguousarray(honest()[:, ::-1]))
    assert verdicts(found)["mirrored"] == "stop"
    assert "Mirrored" in sentence(found, "mirrored")
    assert verdicts(found)["surface"] == "clear", "the rest is compared with the flipped source"


def test_r46_a_tinted_ground_is_flagged() -> None:
    assert verdicts(judged(laid(source(), product()[1], (255, 240, 215))))["background"] in {"flag", "stop"}


def shaded(ground: tuple[int, int, int], strength: float) -> np.ndarray:
    """The product on `ground` with the same cast shadow beside it, `strength` of the light gone."""
    rgb, alpha = product()
    y, x = np.mgrid[0:360, 0:480].astype(np.float32)
    left = 1 - strength * np.exp(-(((x - 260) / 150) ** 2) - ((y - 310) / 22) ** 2)
    light = (np.array(ground, np.float32) / 255) ** 2.2 * left[..., None]
    share = alpha[..., None].astype(np.float32) / 255
    return (rgb * share + 255 * light ** (1 / 2.2) * (1 - share)).round().astype(np.uint8)


def test_r44_a_shadow_that_was_kept_is_not_taken_for_a_changed_product() -> None:
    told = verdicts(judged(shaded(WHITE, 0.5), shaded(PAPER, 0.5)))
    assert {told[name] for name in ("surface", "recoloured_part", "colour_shift")} == {"clear"}


def test_the_same_pixels_are_clear_and_say_so() -> None:
    limits = POLICY.limits("composited", "default")
    found = judge(source(), source(), limits, placed=None, wanted=None, generative=False)
    assert found.verdict == "clear"
    assert found.pictures == ()
    assert all("equals the source" in check.sentence for check in found.checks)


def test_the_same_input_gives_the_same_judgement() -> None:
    one, two = judged(honest()), judged(honest())
    assert one.checks == two.checks
    assert [shown.kind for shown in one.pictures] == ["heat_map", "edge_strip"]
    for first, second in zip(one.pictures, two.pictures, strict=True):
        assert np.array_equal(first.rgb, second.rgb)


def test_a_lying_placement_leads_nobody_astray_and_is_told() -> None:
    lied = verdicts(judged(honest(), placed=Placed(3.0, -200, 90)))
    assert lied == verdicts(judged(honest())) | {"proportions": "stop"}


@pytest.mark.parametrize(
    ("photo", "draft"),
    [
        (source(), np.full((360, 480, 3), 255, np.uint8)),
        (source(), honest(2)),
        (source(), np.full((1, 1, 3), 255, np.uint8)),
        (np.full((1, 1, 3), 9, np.uint8), honest()),
        (np.full((360, 480, 3), PAPER, np.uint8), np.full((360, 480, 3), 255, np.uint8)),
    ],
    ids=[
        "no product in the draft",
        "another product",
        "draft of one pixel",
        "source of one pixel",
        "no product at all",
    ],
)
def test_what_cannot_be_compared_is_never_clear(photo: np.ndarray, draft: np.ndarray) -> None:
    assert judged(draft, photo).verdict in {"unjudged", "stop"}


def test_edges_that_took_on_the_new_ground_are_no_change_of_a_fine_chain() -> None:
    """R-47: hardly a pixel of it is solid; what the drafts mixes in is its ground, and another metal is still found."""
    rgb, alpha = fine_chain()
    photo = laid(rgb, alpha, (170, 170, 170))
    drafts = [framed(laid(fine_chain(silver=silver)[0], alpha, WHITE), 30, 20) for silver in (False, True)]
    same, other = (verdicts(judged(draft, photo, placed=Placed(1.0, 30, 20))) for draft in drafts)
    colours = ("colour_shift", "recoloured_part", "metal_tone", "surface")
    assert {name: same[name] for name in colours} == dict.fromkeys(colours, "clear")
    assert {other[name] for name in colours} & {"flag", "stop"}


def test_r40_a_piece_torn_out_of_dark_goods_beside_their_shadow_is_no_dropped_shadow() -> None:
    """The cut runs where the source has no edge; a shadow would have ended at one."""
    rng = np.random.default_rng(4)
    cloth = np.full((480, 640, 3), (44, 38, 40), np.float32) + rng.normal(0, 2, (480, 640, 1)).astype(np.float32)
    for row in range(90, 400, 40):
        cv2.circle(cloth, (320, row), 6, (170, 150, 120), -1)
        cv2.rectangle(cloth, (200, row), (230, row + 14), (110, 40, 60), -1)
    alpha = np.zeros((480, 640), np.uint8)
    cv2.rectangle(alpha, (150, 70), (480, 410), 255, -1)
    shade = np.roll(cv2.GaussianBlur(alpha, (0, 0), 9).astype(np.float32) / 255, (10, 16), (0, 1))[..., None]
    paper = np.array(PAPER, np.float32) * (1 - 0.6 * shade)
    share = cv2.GaussianBlur(alpha, (0, 0), 0.7)[..., None].astype(np.float32) / 255
    photo = (cloth * share + paper * (1 - share)).clip(0, 255).round().astype(np.uint8)
    whole = laid(photo, alpha, WHITE)
    torn_off = alpha.copy()
    cv2.ellipse(torn_off, (478, 330), (56, 40), 0, 0, 360, 0, -1)
    assert verdicts(judged(whole, photo))["missing_part"] == "clear"
    found = judged(laid(photo, torn_off, WHITE), photo)
    assert verdicts(found)["missing_part"] == "stop"
    assert "right" in sentence(found, "missing_part")
