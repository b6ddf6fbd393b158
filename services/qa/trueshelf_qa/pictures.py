"""Evidence: pictures that show a person what the checks saw. Left or above the source, right or below the draft."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.difference import heat_map
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.domain.closeups import patches
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Place

FULL_HEAT = 25.0
"""Lab units that the heat map shows at full strength."""
ZOOM = 2.0
"""Crops are shown at 200 % of the draft's own pixels; of places too large for that, all is shown smaller."""
CROP = 480
"""Pixels of a crop's longer side at most."""
AIR = 0.015
"""Margin around a place, as a share of the picture's longer side."""
PLACES = 3
"""Places of a finding that are shown."""
GAP = 6
GREY = 128
BAND = 12
"""Pixels at work size to either side of the outline that the edge strip shows, at twice their size."""
STRIP = 480
ROWS = 20
MIN_OUTLINE = 60
"""Pixels of outline below which a part is a speck."""

Maps = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Shown:
    """One evidence picture, of the whole pair or of one check's finding."""

    kind: Literal["heat_map", "edge_strip", "crops"]
    check: str | None
    rgb: Rgb


def show(pair: Comparison, results: Sequence[CheckResult]) -> tuple[Shown, ...]:
    """Return the pair's heat map and edge strip, and close-ups of each finding, in the order of the results."""
    found = [Shown("heat_map", None, _heat(pair, results))]
    strip = _edge_strip(pair)
    if strip is not None:
        found.append(Shown("edge_strip", None, strip))
    for result in results:
        if result.verdict in ("flag", "stop"):
            places = result.places[:PLACES] or (pair.extent,)
            found.append(Shown("crops", result.check, _under(list(_close_ups(pair, places)))))
    return tuple(found)


def _heat(pair: Comparison, results: Sequence[CheckResult]) -> Rgb:
    """Return the heat map: differences on the product and in every place that a check names."""
    height, width = pair.product.shape
    shown = pair.candidate.sure & pair.outer
    boxes = []
    for place in (place for result in results if result.verdict != "clear" for place in result.places):
        box = round(place.x * width), round(place.y * height), round(place.w * width), round(place.h * height)
        shown[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = True
        boxes.append(box)
    difference = np.where(shown, pair.residual, 0).astype(np.float32)
    return heat_map(pair.candidate_rgb, difference, FULL_HEAT, tuple(boxes))


def _close_ups(pair: Comparison, places: Sequence[Place]) -> Iterator[Rgb]:
    """Yield source and draft of each place, side by side."""
    height, width = pair.drawn.full.shape[:2]
    air = 2 * AIR * max(width, height)
    for place in places:
        longer = max(place.w * width, place.h * height) + air
        source, draft = patches(pair, place, AIR, min(ZOOM, CROP / longer))
        yield np.hstack([source, np.full((source.shape[0], GAP, 3), GREY, np.uint8), draft])


def _under(pictures: list[Rgb]) -> Rgb:
    """Return pictures of any width below each other on grey."""
    width = max(picture.shape[1] for picture in pictures)
    sheet = np.full((sum(p.shape[0] + GAP for p in pictures) - GAP, width, 3), GREY, np.uint8)
    top = 0
    for picture in pictures:
        sheet[top : top + picture.shape[0], : picture.shape[1]] = picture
        top += picture.shape[0] + GAP
    return sheet


def _edge_strip(pair: Comparison) -> Rgb | None:
    """Return the outline unrolled, outside up: the source's above the draft's, row by row; None without one."""
    lines = [_line(outline) for outline in _outlines(pair.candidate.sure & pair.outer)]
    if not lines:
        return None
    maps = np.concatenate([x for x, _ in lines], axis=1), np.concatenate([y for _, y in lines], axis=1)
    rows = []
    for start in range(0, min(maps[0].shape[1], ROWS * STRIP), STRIP):
        part = maps[0][:, start : start + STRIP], maps[1][:, start : start + STRIP]
        rows += [_sampled(picture, part) for picture in (pair.source_rgb, pair.candidate_rgb)]
    return _under(rows)


def _outlines(product: Mask) -> list[npt.NDArray[np.float32]]:
    """Return the outlines of the parts, the longest first, each (n, 2) in pixels."""
    found, _ = cv2.findContours(product.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    outlines = [outline[:, 0].astype(np.float32) for outline in found if len(outline) >= MIN_OUTLINE]
    return sorted(outlines, key=lambda outline: (-len(outline), float(outline[0, 1]), float(outline[0, 0])))


def _line(outline: npt.NDArray[np.float32]) -> Maps:
    """Return where the strip of an outline samples the picture: half a pixel apart along it and across it."""
    smooth = cv2.blur(outline, (1, 9), borderType=cv2.BORDER_REPLICATE)
    steps = np.linalg.norm(np.diff(smooth, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(0, way[-1], 1 / ZOOM)
    x, y = (np.interp(at, way, smooth[:, axis]) for axis in (0, 1))
    across, up = np.gradient(x), np.gradient(y)
    length = np.maximum(np.hypot(across, up), 1e-6)
    away = np.arange(-BAND, BAND, 1 / ZOOM)[:, None]
    return (
        np.asarray(x + away * (up / length), np.float32),
        np.asarray(y - away * (across / length), np.float32),
    )


def _sampled(picture: Rgb, maps: Maps) -> Rgb:
    return np.asarray(cv2.remap(picture, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
