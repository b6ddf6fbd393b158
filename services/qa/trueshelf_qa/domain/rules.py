"""A marketplace file by its profile's numbers, measured on the file itself, whatever export says (R-51, R-81)."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.photos import jpeg_header
from trueshelf_imaging.pixels import Rgb, shrink
from trueshelf_qa.domain.asked import Placed
from trueshelf_qa.domain.product import find_product
from trueshelf_qa.domain.results import CheckResult, Limit, Measured, Words, gravest
from trueshelf_qa.domain.words import joined, say

NAME, VERSION = "marketplace_rules", "1"
SIDE = 512
"""Longer side at which the product is looked for."""
ROUNDING = 2.0
"""Pixels by which a side may miss the canvas's shape: sizes are whole pixels."""
PAD_SPREAD = 6.0
"""8-bit levels by which compression moves the colour beside the master."""
INSET = 8
"""Pixels beside the master's edge that a JPEG's blocks mix with it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one file has to keep: `contracts.export.FileRules` and where the master lies in the file."""

    canvas: tuple[int, int]
    minimum: tuple[int, int]
    maximum: tuple[int, int]
    max_bytes: int
    quality_floor: int
    min_fill: float | None = None
    pad: tuple[int, int, int] | None = None
    """8-bit sRGB that is said to lie beside the master."""

    @classmethod
    def of(cls, data: Mapping[str, float | None], pad: tuple[int, int, int] | None) -> "Rules":
        number = {name: int(value) for name, value in data.items() if value is not None}
        fill = data.get("min_fill")
        return cls(
            (number["canvas_width"], number["canvas_height"]),
            (number["min_width"], number["min_height"]),
            (number["max_width"], number["max_height"]),
            number["max_bytes"],
            number["quality_floor"],
            None if fill is None else float(fill),
            pad,
        )


def check_rules(rules: Rules, data: bytes, picture: Rgb, master: tuple[int, int], placed: Placed | None) -> CheckResult:
    """Hold a file (`data`, decoded to `picture`) against `rules`; `master` is (width, height) of what it was made from.

    A rule that is broken stops: such a file may take a whole pack with it when it is uploaded.
    """
    height, width = picture.shape[:2]
    metrics: list[Measured] = [_over("bytes", len(data), rules.max_bytes, "bytes")]
    for name, side, least, most in zip(("width", "height"), (width, height), rules.minimum, rules.maximum, strict=True):
        metrics += [_over(f"{name}_missing", least - side, 0, "px"), _over(f"{name}_over", side - most, 0, "px")]
    off = abs(width * rules.canvas[1] - height * rules.canvas[0]) / max(rules.canvas)
    metrics.append(_over("shape_off", off, ROUNDING, "px"))
    faults: list[Words] = []
    found = jpeg_header(data)
    if found is None:
        faults.append(say(NAME, "format"))
    else:
        quality, colours = found
        metrics.append(_over("quality_missing", rules.quality_floor - quality, 0))
        faults += [say(NAME, "colours", colours=colours)] if colours != "RGB" else []
    if rules.min_fill is not None:
        metrics.append(_over("fill_missing", rules.min_fill - _fill(picture), 0))
    if rules.pad is not None and placed is not None:
        metrics.append(_over("pad_off", _pad_off(picture, rules.pad, master, placed), PAD_SPREAD, "levels"))
    faults += [say(NAME, metric.name, value=metric.value) for metric in metrics if metric.verdict != "clear"]
    verdict = gravest((*(metric.verdict for metric in metrics), "stop" if faults else "clear"))
    said = say(NAME, "clear", width=width, height=height)
    if faults:
        said = say(NAME, "broken", faults=joined(faults, "; "))
    return CheckResult(NAME, VERSION, verdict, said, 1.0, None, tuple(metrics))


def _over(name: str, value: float, most: float, unit: str = "") -> Measured:
    """Return a number that stops as soon as it is above `most`."""
    value = round(float(value), 4)
    return Measured(name, value, unit, Limit(stop=float(np.nextafter(most, np.inf))))


def _fill(picture: Rgb) -> float:
    """Return the longer side of the product as a share of the frame's side along it."""
    small = shrink(picture, SIDE)
    _, _, width, height = cv2.boundingRect(find_product(to_lab(small)).sure.astype(np.uint8))
    return float(max(width / small.shape[1], height / small.shape[0]))


def _pad_off(picture: Rgb, pad: tuple[int, int, int], master: tuple[int, int], placed: Placed) -> float:
    """Return by how many 8-bit levels what lies beside the master is not `pad`: the 99th percentile; 0 without any."""
    height, width = picture.shape[:2]
    left, top = round(placed.offset_x) - INSET, round(placed.offset_y) - INSET
    right = round(placed.offset_x + placed.scale * master[0]) + INSET
    bottom = round(placed.offset_y + placed.scale * master[1]) + INSET
    beside = np.ones((height, width), np.bool_)
    beside[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = False
    if not beside.any():
        return 0.0
    apart = np.abs(picture[beside].astype(np.int16) - np.array(pad, np.int16)).max(axis=1)
    return float(np.percentile(apart, 99))
