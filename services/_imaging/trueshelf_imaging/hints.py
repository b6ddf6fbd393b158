"""What a person drew: a box around the product, strokes on product and on backdrop."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.pixels import Rgb


@dataclass(frozen=True, slots=True)
class HintBox:
    """A person's rectangle around the product, image coordinates 0–1."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class HintStroke:
    """A person's stroke: points (x, y) 0–1, brush radius as a share of the longer side."""

    product: bool
    points: tuple[tuple[float, float], ...]
    radius: float


def marked(small: Rgb, box: HintBox | None, strokes: tuple[HintStroke, ...], inset: int = 0) -> npt.NDArray[np.uint8]:
    """Return GrabCut's labels (cv2.GC_*) for the hints, the box smaller by `inset` pixels on each side.

    Without a box the frame less its border ring is the box.
    """
    height, width = small.shape[:2]
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    if box is None:
        labels[~backdrops.ring(height, width)] = cv2.GC_PR_FGD
    else:
        left, top = int(box.x * width) + inset, int(box.y * height) + inset
        right, bottom = round((box.x + box.w) * width) - inset, round((box.y + box.h) * height) - inset
        labels[top : max(bottom, top + 1), left : max(right, left + 1)] = cv2.GC_PR_FGD
    for stroke in strokes:
        labels[_drawn(stroke, height, width)] = cv2.GC_FGD if stroke.product else cv2.GC_BGD
    return labels


def _drawn(stroke: HintStroke, height: int, width: int) -> npt.NDArray[np.bool_]:
    points = np.array([(round(x * width), round(y * height)) for x, y in stroke.points], np.int32)
    radius = max(1, round(stroke.radius * max(height, width)))
    drawn = np.zeros((height, width), np.uint8)
    cv2.polylines(drawn, [points.reshape(-1, 1, 2)], isClosed=False, color=(1,), thickness=2 * radius)
    for x, y in points:
        cv2.circle(drawn, (int(x), int(y)), radius, (1,), -1)
    return drawn > 0
