"""R-51, R-81: a marketplace file is measured again by the profile's numbers, whatever export says of it."""

from typing import Any

import cv2
import numpy as np
import pytest

from trueshelf_imaging.jpeg import decode_jpeg, encode_jpeg
from trueshelf_imaging.pixels import encode_png
from trueshelf_qa.domain.asked import Placed
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.rules import Rules, check_rules

RULES: dict[str, float | None] = {
    "canvas_width": 300,
    "canvas_height": 400,
    "min_width": 225,
    "min_height": 300,
    "max_width": 600,
    "max_height": 800,
    "max_bytes": 60_000,
    "quality_floor": 90,
    "min_fill": None,
}
PAD = (240, 238, 235)
PLACED = Placed(0.5, 10, 60)
MASTER = (560, 560)


def laid(size: tuple[int, int] = (300, 400), *, pad: tuple[int, int, int] = PAD) -> np.ndarray:
    """Return a file's pixels: the pad, and a master on `PAD` with a striped box at `PLACED`."""
    rgb = np.empty((size[1], size[0], 3), np.uint8)
    rgb[:] = pad
    rgb[60:340, 10:290] = PAD
    cv2.rectangle(rgb, (70, 110), (230, 300), (150, 40, 40), -1)
    for x in range(80, 230, 24):
        cv2.line(rgb, (x, 112), (x + 8, 298), (210, 200, 80), 5)
    return rgb


def judged(rgb: np.ndarray, quality: int = 92, **other: float) -> CheckResult:
    data = encode_jpeg(rgb, quality)
    return check_rules(Rules.of(RULES | other, PAD), data, decode_jpeg(data), MASTER, PLACED)


@pytest.mark.parametrize("quality", [90, 95])
def test_a_file_that_keeps_the_numbers_is_clear(quality: int) -> None:
    result = judged(laid(), quality, min_fill=0.45)
    assert result.verdict == "clear", result.sentence
    assert "300 × 400" in result.sentence


@pytest.mark.parametrize(
    ("rgb", "changes", "words"),
    [
        (laid(), {"max_bytes": 5000}, "bytes, which is too many"),
        (laid(), {"min_width": 320}, "20 pixels too narrow"),
        (laid(), {"max_height": 390}, "10 pixels too high"),
        (laid((330, 400)), {}, "shape misses the canvas by 30 pixels"),
        (laid(), {"quality_floor": 95}, "JPEG quality is 3 below the floor"),
        (laid(), {"min_fill": 0.85}, "too short"),
        (laid(pad=(255, 255, 255)), {}, "differs from the stated colour by 20 levels"),
    ],
    ids=["bytes", "narrow", "high", "shape", "quality", "fill", "pad"],
)
def test_r81_a_broken_number_stops_and_is_named(rgb: np.ndarray, changes: dict[str, float], words: str) -> None:
    result = judged(rgb, **changes)
    assert result.verdict == "stop"
    assert words in result.said.en
    assert result.said.ru.startswith("Файл не укладывается")


def test_what_is_no_jpeg_stops() -> None:
    rgb = laid()
    result = check_rules(Rules.of(RULES, PAD), encode_png(rgb), rgb, MASTER, PLACED)
    assert result.verdict == "stop"
    assert "no JPEG" in result.sentence


def test_grey_files_stop() -> None:
    rgb = laid()
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    result = check_rules(Rules.of(RULES, None), data.tobytes(), rgb, MASTER, None)
    assert "stored as L" in result.sentence


def test_the_event_without_rules_is_compared_as_before() -> None:
    from support.qa_pictures import honest  # noqa: PLC0415
    from trueshelf_qa.pixels import compare  # noqa: PLC0415

    asked: dict[str, Any] = {"limits": {}, "placed": None, "gain": None, "wanted": None, "generative": False}
    claims = {"media_type": "image/png", "width": 480, "height": 360, "pixel_sha256": ""}
    value, _ = compare(asked | {"candidate": claims, "rules": None}, (encode_png(honest()),) * 2)
    assert "marketplace_rules" not in {check["check"] for check in value["checks"]}
