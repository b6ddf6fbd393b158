"""The entries that run in children: removal with its edge gate, then replacement (R-10, R-23, R-24, R-41)."""

import cv2
import numpy as np
import pytest

from trueshelf_generate import drafting, pixels
from trueshelf_generate.jobs import removed_from
from trueshelf_generate.making import MEASURED
from trueshelf_generate.policy import load_policy
from trueshelf_imaging.pixels import decode_alpha, decode_png, encode_png

PRESETS = load_policy().presets.presets
NO_HINTS = {"hints": {"box": None, "strokes": []}}


def photo(*, clutter: bool = False) -> bytes:
    rng = np.random.default_rng(1)
    rgb = np.full((480, 640, 3), 205.0)
    if clutter:
        rgb = rng.integers(0, 256, (24, 32, 3)).repeat(20, 0).repeat(20, 1).astype(np.float64)
    product = np.zeros((480, 640), np.uint8)
    cv2.ellipse(product, (320, 250), (150, 110), 10, 0, 360, 255, -1)
    rgb[product > 0] = (160, 30, 35)
    noisy = cv2.GaussianBlur(rgb, (0, 0), 0.7) + rng.normal(0, 1.2, rgb.shape)
    return encode_png(np.clip(noisy, 0, 255).astype(np.uint8))


def test_removal_and_replacement_are_two_steps_with_a_gate_between_r24() -> None:
    source = photo()
    value, (alpha,) = pixels.remove(NO_HINTS, (source,))
    assert value["outcome"] == "cut"
    assert value["passed"], value["findings"]
    removed = removed_from(value, None, "recipe 7")
    assert set(MEASURED) <= removed.measured.keys(), "what a variant's record repeats (R-31)"
    assert removed.recipe == "recipe 7"
    asked = {"preset": PRESETS["white"].body()}
    made, (master, small) = drafting.replace(asked, (source, alpha))
    rgb = decode_png(master)
    assert tuple(rgb[0, 0]) == (255, 255, 255)
    proof = made["proof"]
    assert proof["source_core_sha256"] == proof["master_core_sha256"]
    assert proof["core_pixels"] == int((decode_alpha(alpha) == 255).sum()) > 40_000
    assert rgb.shape[:2] == (made["master"]["height"], made["master"]["width"])
    assert decode_png(small).shape == rgb.shape
    assert drafting.replace(asked, (source, alpha))[1] == (master, small), "the same drafts, byte for byte"


def test_a_backdrop_that_is_not_plain_is_refused_with_its_number_r10() -> None:
    value, blobs = pixels.remove(NO_HINTS, (photo(clutter=True),))
    removed = removed_from(value, None)
    assert blobs == ()
    assert removed.state == "refused"
    assert removed.refusal is not None
    assert removed.refusal.code == "backdrop_not_plain"
    assert removed.refusal.value == pytest.approx(value["sigma"], abs=0.01)
    assert "box" in removed.refusal.advice
    assert "keep the original" in removed.refusal.advice


def test_a_box_is_honoured_where_the_backdrop_is_not_plain_r26() -> None:
    hints = {"hints": {"box": {"x": 0.2, "y": 0.2, "w": 0.6, "h": 0.6}, "strokes": []}}
    value, (alpha,) = pixels.remove(hints, (photo(clutter=True),))
    assert value["method"] == "hinted"
    assert decode_alpha(alpha)[250, 320] == 255
    assert not decode_alpha(alpha)[:60].any()


def test_an_empty_sheet_is_refused() -> None:
    value, _ = pixels.remove(NO_HINTS, (encode_png(np.full((300, 400, 3), 200, np.uint8)),))
    removed = removed_from(value, None)
    assert removed.refusal is not None
    assert removed.refusal.code == "nothing_found"


def test_a_failed_edge_gate_is_a_refusal_with_the_worst_finding_r24() -> None:
    source = decode_png(photo()).copy()
    source = np.roll(source, -230, axis=1)
    value, blobs = pixels.remove(NO_HINTS, (encode_png(source[:, :400]),))
    removed = removed_from(value, None)
    assert len(blobs) == 1, "the alpha is kept as evidence"
    assert removed.refusal is not None
    assert removed.refusal.code == "edge.clipped"
    assert removed.refusal.value > (removed.refusal.threshold or 1)  # type: ignore[operator]


def test_a_canvas_beyond_a_childs_memory_is_refused_before_it_is_made() -> None:
    """Each of the preset's values is possible; with a long, narrow product they are 450 megapixels together."""
    long, solid = np.full((20, 6000, 3), 90, np.uint8), np.full((20, 6000), 255, np.uint8)
    asked = {"preset": PRESETS["white"].body() | {"fill": 0.4, "aspect": 0.5}}
    done, blobs = drafting.replace(asked, (encode_png(long), encode_png(solid)))
    assert (done["refusal"]["code"], blobs) == ("canvas_too_large", ())
    assert "15000 x 30000 pixels, 450 megapixels" in done["refusal"]["message"]
