"""The child's entry: whatever the bytes are, it answers; nothing wrong is ever called clear."""

from typing import Any

import cv2
import numpy as np
import pytest

from support.qa_pictures import honest, source
from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import encode_png, pixel_sha256
from trueshelf_qa import judge
from trueshelf_qa.checks import mirrored
from trueshelf_qa.domain.asked import Asked
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits
from trueshelf_qa.pixels import compare
from trueshelf_qa.policy import Profile, as_json, load


def claims(picture: np.ndarray, media_type: str = "image/png") -> dict[str, Any]:
    height, width = picture.shape[:2]
    return {"media_type": media_type, "width": width, "height": height, "pixel_sha256": pixel_sha256(picture)}


def request(photo: np.ndarray, draft: np.ndarray, **own: Any) -> dict[str, Any]:
    limits = as_json(load().limits("composited", "default"))
    asked = {"limits": limits, "placed": None, "gain": None, "wanted": None, "generative": False}
    return asked | {"source": claims(photo), "candidate": claims(draft)} | own


def test_an_honest_pair_is_clear_with_evidence() -> None:
    value, blobs = compare(request(source(), honest()), (encode_png(source()), encode_png(honest())))
    assert value["verdict"] == "clear"
    assert [check["check"] for check in value["checks"]][:2] == ["file", "own_pixels"]
    assert [shown["kind"] for shown in value["evidence"]] == ["heat_map", "edge_strip"]
    for shown, png in zip(value["evidence"], blobs, strict=True):
        picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape[1::-1] == (shown["width"], shown["height"])


@pytest.mark.parametrize(
    "draft",
    [b"", b"no picture", encode_png(honest())[:500], encode_png(np.full((90, 90, 4), 200, np.uint8))],
    ids=["nothing", "text", "cut off", "with alpha"],
)
def test_bytes_that_are_no_draft_are_unjudged(draft: bytes) -> None:
    value, blobs = compare(request(source(), honest()), (encode_png(source()), draft))
    assert value["verdict"] == "unjudged"
    assert blobs == ()
    assert "could not be read" in value["checks"][0]["sentence"]


def test_a_reference_that_lies_about_its_picture_stops() -> None:
    wrong = claims(honest()) | {"width": 360, "height": 480, "pixel_sha256": "0" * 64}
    value, _ = compare(request(source(), honest(), candidate=wrong), (encode_png(source()), encode_png(honest())))
    assert value["verdict"] == "stop"
    assert "instead of 360 × 480" in value["checks"][0]["sentence"]


def test_sizes_swapped_between_source_and_draft_still_answer() -> None:
    big = cv2.resize(source(), (1440, 1080), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(honest(), (240, 180), interpolation=cv2.INTER_AREA)
    value, _ = compare(request(big, small), (encode_png(big), encode_png(small)))
    assert value["verdict"] in {"clear", "flag", "stop", "unjudged"}


def test_another_aspect_is_not_clear() -> None:
    tall = cv2.resize(honest(), (360, 480), interpolation=cv2.INTER_AREA)
    value, _ = compare(request(source(), tall), (encode_png(source()), encode_png(tall)))
    assert value["verdict"] in {"stop", "unjudged"}


EMPTY = np.full((360, 480, 3), 255, np.uint8)
ODD = {
    "no product": EMPTY,
    "another product": honest(2),
    "another aspect": honest()[:, :240].copy(),
    "text only": cv2.putText(EMPTY.copy(), "SALE -50 %", (60, 190), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 5),
    "one pixel": np.full((1, 1, 3), 255, np.uint8),
    "a strip": np.full((32, 4000, 3), 255, np.uint8),
}


@pytest.mark.parametrize("profile", ["composited", "generative", "rendition"])
@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_end_in_a_verdict_that_is_not_clear_as_draft_and_as_source(name: str, profile: Profile) -> None:
    limits = as_json(load().limits(profile, "default"))
    declared = {"placed": {"scale": 1.0, "offset_x": 0.0, "offset_y": 0.0}, "wanted": [255, 255, 255]}
    for photo, draft in ((source(), ODD[name]), (ODD[name], honest())):
        asked = request(photo, draft, limits=limits, generative=profile == "generative", **declared)
        value, _ = compare(asked, (encode_png(photo), encode_png(draft)))
        assert value["verdict"] in {"flag", "stop", "unjudged"}


@pytest.mark.parametrize("profile", ["composited", "generative", "rendition"])
def test_source_and_draft_swapped_are_not_clear(profile: Profile) -> None:
    limits = as_json(load().limits(profile, "default"))
    asked = request(honest(), source(), limits=limits, generative=profile == "generative", wanted=[255, 255, 255])
    assert compare(asked, (encode_png(honest()), encode_png(source())))[0]["verdict"] in {"flag", "stop"}


def test_r46_a_draft_that_is_its_source_is_clear_only_where_no_other_ground_was_asked_for() -> None:
    blobs = encode_png(source()), encode_png(source())
    assert compare(request(source(), source()), blobs)[0]["verdict"] == "clear"
    value, _ = compare(request(source(), source(), wanted=[255, 255, 255]), blobs)
    assert [check["check"] for check in value["checks"] if check["verdict"] != "clear"] == ["background"]


def test_r51_a_jpeg_rendition_of_its_master_is_clear() -> None:
    done, data = cv2.imencode(
        ".jpg",
        cv2.cvtColor(honest(), cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111],
    )
    assert done
    asked = request(honest(), honest(), candidate=claims(honest(), "image/jpeg"))
    asked["limits"] = as_json(load().limits("rendition", "default"))
    value, _ = compare(asked, (encode_png(honest()), data.tobytes()))
    assert value["verdict"] == "clear", [c for c in value["checks"] if c["verdict"] != "clear"]


def test_r51_a_rendition_whose_colours_compression_broke_is_not_clear() -> None:
    bgr = cv2.cvtColor(honest(), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 4])
    assert done
    asked = request(honest(), honest(), candidate=claims(honest(), "image/jpeg"))
    asked["limits"] = as_json(load().limits("rendition", "default"))
    assert compare(asked, (encode_png(honest()), data.tobytes()))[0]["verdict"] in {"flag", "stop"}


def test_a_declared_gentle_gain_is_undone_and_a_wild_one_is_not() -> None:
    warmer = from_linear(np.clip(to_linear(honest()) * np.array([1.1, 1.0, 0.93], np.float32), 0, 1))
    blobs = encode_png(source()), encode_png(warmer)

    def colour(gain: list[float] | None) -> str:
        value, _ = compare(request(source(), warmer, gain=gain), blobs)
        return str(next(check["verdict"] for check in value["checks"] if check["check"] == "colour_shift"))

    assert colour([1.1, 1.0, 0.93]) == "clear"
    assert colour(None) in {"flag", "stop"}
    assert colour([3.0, 1.0, 0.2]) in {"flag", "stop"}


def test_r54_checks_know_what_was_asked_of_the_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    known = []

    class Curious:
        NAME, VERSION, CHECKLIST_ITEM = "mirrored", "1", "shape_unchanged"

        def check(self, pair: Comparison, limits: Limits) -> CheckResult:
            known.append(pair.asked)
            return mirrored.check(pair, limits)

    monkeypatch.setattr(judge, "CHECKS", (Curious(),))
    asked = {"category": "jewelry", "slot": "main", "shadow": "none", "marketplace": None, "kit": ["ring", "box"]}
    compare(request(source(), honest(), asked=asked), (encode_png(source()), encode_png(honest())))
    assert known == [Asked(category="jewelry", slot="main", shadow="none", kit=("ring", "box"))]
