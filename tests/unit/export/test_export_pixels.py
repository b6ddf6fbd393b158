"""Renditions: reduced by one factor, padded with the ground of the draft, sRGB JPEG, true metadata (R-51, R-83)."""

import io
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trueshelf_export import zipping
from trueshelf_export.domain.geometry import MasterTooSmallError, fit
from trueshelf_export.domain.provenance import COMPOSITE, DIGITAL_CAPTURE, GENERATED_PARTLY, digital_source_type
from trueshelf_export.pixels import ground, render
from trueshelf_imaging.jpeg import decode_jpeg, encode_jpeg
from trueshelf_imaging.pixels import PictureError, encode_png, pixel_sha256
from trueshelf_imaging.resize import shrink_in_linear_light
from trueshelf_runtime.errors import Refused

GROUND = (244, 243, 241)


def draft(width: int, height: int, ground_colour: tuple[int, int, int] = GROUND) -> np.ndarray:
    """A disc on an even ground, with a thin dark chain."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = ground_colour
    centre, radius = (width // 2, height // 2), min(width, height) // 3
    cv2.circle(picture, centre, radius, (176, 40, 60), -1, cv2.LINE_AA)
    cv2.line(picture, (centre[0] - radius, centre[1]), (centre[0] + radius, centre[1]), (20, 20, 30), 3, cv2.LINE_AA)
    return picture


def request(**changes: Any):
    fields = {
        "canvas": [1200, 1600],
        "minimum": [900, 1200],
        "max_bytes": 10_000_000,
        "quality_floor": 90,
        "digital_source_type": None,
    }
    return fields | changes


def shape_of(picture: np.ndarray) -> tuple[float, float]:
    """Width and height of what is not ground."""
    ys, xs = np.nonzero(np.abs(picture.astype(int) - GROUND).max(axis=2) > 60)
    return float(np.ptp(xs) + 1), float(np.ptp(ys) + 1)


@pytest.mark.parametrize("size", [(2400, 1800), (1800, 2400), (3000, 3000), (4000, 1000), (1333, 2001)])
def test_a_master_is_padded_with_its_ground_and_never_stretched_r83(size: tuple[int, int]):
    master = draft(*size)
    facts, (jpeg,) = render(request(), (encode_png(master),))
    result = decode_jpeg(jpeg)
    assert result.shape == (facts["height"], facts["width"], 3)
    assert facts["width"] * 4 == facts["height"] * 3
    assert facts["pad"] == list(GROUND)
    wide, tall = shape_of(result)
    assert wide / tall == pytest.approx(1, abs=0.01)
    scale = facts["placement"]["scale"]
    assert wide == pytest.approx(shape_of(master)[0] * scale, abs=2)
    edge = np.abs(result[[0, -1]].astype(int) - GROUND).max()
    assert edge <= 1


def test_the_placement_says_where_each_pixel_of_the_master_lies():
    master = draft(2400, 1800)
    cv2.circle(master, (300, 1500), 30, (0, 160, 0), -1)
    facts, (jpeg,) = render(request(), (encode_png(master),))
    place = facts["placement"]
    x, y = (300 * place["scale"] + place["offset_x"], 1500 * place["scale"] + place["offset_y"])
    assert np.abs(decode_jpeg(jpeg)[round(y), round(x)].astype(int) - (0, 160, 0)).max() < 6


@settings(max_examples=200, deadline=None)
@given(
    master=st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
    canvas=st.tuples(st.integers(100, 3000), st.integers(100, 3000)),
    least=st.floats(0.2, 1),
)
def test_any_fit_stays_inside_keeps_proportions_and_never_enlarges_r83(
    master: tuple[int, int], canvas: tuple[int, int], least: float
):
    minimum = (round(canvas[0] * least), round(canvas[1] * least))
    try:
        place = fit(master, canvas, minimum)
    except MasterTooSmallError as error:
        again = fit((error.needed[0] + 2, error.needed[1] + 2), canvas, minimum) if max(error.needed) < 10**5 else None
        assert again is None or again.scale <= 1
        return
    assert place.scale <= 1
    assert place.canvas[0] >= minimum[0]
    assert place.canvas[1] >= minimum[1]
    for side in (0, 1):
        assert place.size[side] <= place.canvas[side]
        assert abs(master[side] * place.scale - place.size[side]) <= 1.01
    assert 0 <= place.left <= place.canvas[0] - place.size[0]
    assert 0 <= place.top <= place.canvas[1] - place.size[1]


def test_a_small_master_gets_a_smaller_canvas_of_the_same_shape_and_below_the_minimum_none_r83():
    assert fit((1000, 1400), (1200, 1600), (900, 1200)).canvas == (1050, 1400)
    assert fit((1000, 1400), (1200, 1600), (900, 1200)).scale == 1
    with pytest.raises(Refused, match="never enlarged: at least 900x900") as refusal:
        render(request(), (encode_png(draft(800, 800)),))
    assert refusal.value.code == "master_too_small"
    assert "order without this slot" in refusal.value.advice


def test_no_alpha_no_profile_no_exif_and_full_colour_resolution():
    _, (jpeg,) = render(request(), (encode_png(draft(2400, 1800)),))
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not picture.getexif()
        assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3


def test_the_only_metadata_is_the_digital_source_type_and_the_pixels_stay_the_same():
    png = encode_png(draft(2400, 1800))
    plain, _ = render(request(), (png,))
    marked, (jpeg,) = render(request(digital_source_type=COMPOSITE), (png,))
    assert plain["pixel_sha256"] == marked["pixel_sha256"]
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "xmp"}
        root = fromstring(picture.info["xmp"])
    iptc = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
    attributes = [item for element in root.iter() for item in element.attrib.items() if item[1]]
    assert attributes == [(f"{iptc}DigitalSourceType", COMPOSITE)]


def test_the_source_type_is_true_of_what_the_generator_did():
    assert digital_source_type("as_shot", generative=False) == DIGITAL_CAPTURE
    assert digital_source_type("white_background", generative=False) == COMPOSITE
    assert digital_source_type("lifestyle", generative=True) == GENERATED_PARTLY
    terms = {digital_source_type(mode, generative=False) for mode in ("as_shot", "jewelry", "exact_card")}
    assert not any("rainedAlgorithmic" in term for term in terms)


def test_the_pixel_hash_is_of_the_file_as_a_buyer_sees_it_r51():
    facts, (jpeg,) = render(request(), (encode_png(draft(2400, 1800)),))
    assert facts["pixel_sha256"] == pixel_sha256(decode_jpeg(jpeg))


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def test_quality_steps_down_to_the_floor_to_keep_the_size_and_then_refuses():
    png = encode_png(noise(1200, 1600))
    facts, (best,) = render(request(), (png,))
    assert facts["quality"] == 95
    facts, (smaller,) = render(request(max_bytes=len(best) - 1), (png,))
    assert 90 <= facts["quality"] < 95
    assert len(smaller) < len(best)
    with pytest.raises(Refused, match="the lowest allowed"):
        render(request(max_bytes=100_000), (png,))


def test_an_uneven_ground_is_noticed_and_an_even_one_is_not_taken_for_it():
    master = draft(1200, 1600)
    assert ground(master) == (GROUND, 0.0)
    master[:, :600] = 120
    facts, _ = render(request(), (encode_png(master),))
    assert facts["even_ground"] is False


def test_fine_patterns_keep_their_light_when_reduced_r42():
    board = np.indices((800, 800)).sum(axis=0) % 2 * 255
    picture = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    assert abs(int(shrink_in_linear_light(picture, 400, 400).mean()) - 188) <= 1


def test_reducing_never_overshoots_at_an_edge_so_no_halo_is_made_r43():
    picture = np.full((900, 900, 3), 240, np.uint8)
    picture[:, 300:600] = 30
    reduced = shrink_in_linear_light(picture, 377, 377)
    assert (reduced.min(), reduced.max()) == (30, 240)


def test_stretching_and_enlarging_are_refused_r83():
    picture = draft(400, 300)
    with pytest.raises(PictureError, match="stretch"):
        shrink_in_linear_light(picture, 200, 200)
    with pytest.raises(PictureError, match="not enlarged"):
        shrink_in_linear_light(picture, 800, 600)


def test_a_jpeg_is_the_same_bytes_each_time_and_damage_is_named():
    jpeg = encode_jpeg(draft(400, 300), 95)
    assert jpeg == encode_jpeg(draft(400, 300), 95)
    for wrong in (b"", b"GIF89a", jpeg[:300]):
        with pytest.raises(PictureError):
            decode_jpeg(wrong)


def test_a_pack_of_the_same_files_has_the_same_bytes_in_any_order():
    files = {"b.jpg": b"\xff" * 10, "manifest.json": b"{}", "a.jpg": b"1"}
    one = zipping.zip_bytes(files)
    assert one == zipping.zip_bytes(dict(reversed(files.items())))
    value, (built,) = zipping.build({"names": list(files)}, tuple(files.values()))
    assert (built, value) == (one, {"files": 3})
    with pytest.raises(ValueError, match="2 names"):
        zipping.build({"names": ["a", "a"]}, (b"", b""))


def test_no_video_and_no_upload_is_offered_anywhere_r34_r90():
    package = Path(zipping.__file__).parent
    code = "\n".join(path.read_text() for path in package.rglob("*.py"))
    assert not re.search(r"\b(mp4|webm|VideoWriter|httpx\.post|requests\.post)\b", code)
