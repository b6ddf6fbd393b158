"""Jewellery's stricter gate, and what pixels refuse with a reason that a seller understands (R-14, R-24)."""

from typing import Any

import cv2
import numpy as np
import pytest

from trueshelf_contracts.refs import Finding
from trueshelf_generate import drafting
from trueshelf_generate.domain.strict import LEAST_PIXELS, stricter
from trueshelf_generate.policy import load_policy
from trueshelf_imaging.pixels import decode_png, encode_png

PRESETS = load_policy().presets.presets


def finding(code: str, severity: Any = "warn") -> Finding:
    return Finding(
        code=code, severity=severity, message="several methods cut it differently", value=0.9, threshold=0.95
    )


@pytest.mark.parametrize(
    ("mode", "code", "severity", "refused"),
    [
        ("jewelry", "edge.uncertain", "warn", True),
        ("jewelry", "edge.unsupported", "warn", True),
        ("jewelry", "edge.uncertain", "note", False),
        ("jewelry", "edge.shadow", "warn", False),
        ("exact_card", "edge.uncertain", "warn", False),
        ("white_background", "edge.uncertain", "warn", False),
    ],
)
def test_what_only_warns_elsewhere_refuses_jewellery(mode: Any, code: str, severity: str, *, refused: bool) -> None:
    found = stricter(mode, [finding("edge.shadow"), finding(code, severity)])
    assert (found is not None) is refused
    assert found is None or (found.code == code and "jewelry" in found.message and found.advice)


def pictures(size: int, paper: tuple[int, int, int] = (210, 210, 210)) -> tuple[bytes, bytes]:
    """A ring of `size` pixels on paper, and its alpha."""
    side = 2 * size
    alpha = np.zeros((side, side), np.uint8)
    cv2.circle(alpha, (size, size), size // 2 - 10, 255, 20, cv2.LINE_AA)
    share = alpha[..., None] / 255
    rgb = np.array(paper) * (1 - share) + np.array((180, 150, 60)) * share
    rgb = rgb + np.random.default_rng(1).normal(0, 1, rgb.shape)
    return encode_png(np.clip(rgb, 0, 255).astype(np.uint8)), encode_png(alpha)


def made(preset: str, blobs: tuple[bytes, ...]) -> dict[str, Any]:
    return drafting.replace({"preset": PRESETS[preset].body()}, blobs)[0]


def test_a_piece_of_too_few_pixels_is_refused_as_jewellery_only_r14() -> None:
    small, large = pictures(LEAST_PIXELS // 2), pictures(LEAST_PIXELS + 40)
    refused = made("jewelry_white", small)
    assert refused["refusal"]["code"] == "too_few_pixels"
    assert refused["refusal"]["threshold"] == LEAST_PIXELS
    assert "closer" in refused["refusal"]["advice"]
    assert made("card_white", small)["outcome"] == "made"
    assert made("jewelry_white", large)["outcome"] == "made"


def test_a_coloured_backdrop_is_not_taken_for_a_cast() -> None:
    refused = made("white_neutral", pictures(300, (230, 200, 120)))
    assert refused["refusal"]["code"] == "cast_too_strong"
    assert refused["refusal"]["threshold"] in (0.8, 1.25)
    assert made("white_neutral", pictures(300, (214, 209, 200)))["gain"] is not None


@pytest.mark.parametrize(("preset", "code"), [("white_shadow", "shadow_unknown"), ("white_neutral", "cast_unknown")])
def test_light_is_not_read_from_clutter(preset: str, code: str) -> None:
    _, alpha = pictures(300)
    clutter = np.random.default_rng(2).integers(0, 256, (30, 30, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    refused = made(preset, (encode_png(clutter), alpha))
    assert (refused["outcome"], refused["refusal"]["code"]) == ("refused", code)


def test_kept_light_needs_plain_paper_lighter_than_the_product() -> None:
    asked = {"preset": PRESETS["white_light"].body()}
    source, _ = pictures(300)
    done, (master, _) = drafting.light(asked, (source,))
    assert (done["outcome"], done["proof"]) == ("made", None)
    assert decode_png(master).shape == decode_png(source).shape
    assert tuple(decode_png(master)[5, 5]) == (255, 255, 255)
    assert drafting.light(asked, (source,))[1][0] == master, "the same bytes"
    clutter = np.random.default_rng(2).integers(0, 256, (30, 30, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    assert drafting.light(asked, (encode_png(clutter),))[0]["refusal"]["code"] == "backdrop_not_plain"
    dark, _ = pictures(300, (90, 90, 90))
    assert drafting.light(asked, (dark,))[0]["refusal"]["code"] == "lighter_than_paper"
