"""Where a picture looks like print: rows of strokes of one height and one contrast, found without reading them."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask

STROKES = (11, 31, 61)
"""Sides of boxes, pixels, in which a stroke has to be lighter or darker than all around: small and large print."""
CONTRAST, OF_STRONGEST = 9.0, 0.35
"""L* by which a stroke stands out, and the share of the strongest stroke nearby that it reaches."""
HEIGHTS = (7, 150)
"""Pixels between which a letter is high."""
WIDEST, FILLED, WIDTH = 7.0, (0.1, 0.92), 0.9
"""Width of letters that touch, in heights; share of their box that is ink; width of one letter."""
LEAN = 0.5
"""Part of a letter's height by which its neighbour may stand higher or lower."""
ALIKE = 1.9
"""Times by which neighbours may differ in height: capitals beside small letters."""
GAP = 1.1
"""Heights between neighbours of one row, at most."""
LONG = 1.3
"""Width of a row, in its own heights, at least."""
FEWEST, MANY, MOST = 3, 8, 24
"""Letters that make a row; that make it as likely as any; rows that are looked at, the likeliest first."""
TEXTURE = 900
"""Strokes above which a part is a weave or grain: nothing is told from it."""
LEVELS, HALF = 2.55, 0.5
"""8-bit levels of an L*; share of a row that makes it one with another."""
Boxes = npt.NDArray[np.int64]
Ink = Literal["dark", "light"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of print, pixels of the picture."""

    x: int
    y: int
    width: int
    height: int
    letters: int
    """About how many there are."""
    letter: float
    """Height of a letter."""
    ink: Ink
    likeness: float
    """How much like print: letters of one height that fill their row, 0 and more."""

    def moved(self, x: int, y: int) -> "Row":
        """Return the row in a picture whose part at (x, y) it was found in."""
        return replace(self, x=self.x + x, y=self.y + y)

    def overlap(self, other: "Row") -> float:
        """Return the shared area as a share of the smaller row's."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        return across * down / min(self.width * self.height, other.width * other.height)


def rows(light: Floats, where: Mask) -> tuple[Row, ...]:
    """Return the rows of print in L* (height, width) that lie on `where`, the likeliest first; only level rows."""
    levels = np.clip(light * LEVELS, 0, 255).astype(np.uint8)  # eight bits: filters of any size are quick
    found: list[Row] = []
    for side in STROKES:
        if side > min(levels.shape):
            break
        kernel = np.ones((side, side), np.uint8)
        inks: tuple[tuple[Ink, int], ...] = (("dark", cv2.MORPH_BLACKHAT), ("light", cv2.MORPH_TOPHAT))
        for ink, operation in inks:
            standing = np.asarray(cv2.morphologyEx(levels, operation, kernel), np.uint8)
            found += _rows(_letters(standing, where, side), ink)
    kept: list[Row] = []
    for row in sorted(found, key=lambda row: (-row.likeness, row.y, row.x)):
        if all(row.overlap(other) < HALF for other in kept):
            kept.append(row)
    return tuple(kept[:MOST])


def _letters(standing: npt.NDArray[np.uint8], where: Mask, side: int) -> Boxes:
    """Return (x, y, width, height) of pieces that may be letters, by x."""
    near = cv2.dilate(standing, np.ones((3 * side, 3 * side), np.uint8))
    ink = (standing > np.maximum(np.uint8(CONTRAST * LEVELS), (OF_STRONGEST * near).astype(np.uint8))) & where
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    boxes, areas = stats[1:, :4].astype(np.int64), stats[1:, cv2.CC_STAT_AREA]
    width, height = boxes[:, 2], boxes[:, 3]
    filled = areas / np.maximum(width * height, 1)
    good = (height >= HEIGHTS[0]) & (height <= min(HEIGHTS[1], 4 * side)) & (width <= WIDEST * height) & (width > 1)
    good &= (filled >= FILLED[0]) & ((filled <= FILLED[1]) | (width < height))
    boxes = boxes[good]
    return boxes[np.lexsort((boxes[:, 1], boxes[:, 0]))]


def _rows(boxes: Boxes, ink: Ink) -> list[Row]:
    """Join neighbours into rows."""
    count = len(boxes)
    if not 1 <= count <= TEXTURE:
        return []
    x, y, width, height = (boxes[:, column].astype(np.float32) for column in range(4))
    middle, right = y + height / 2, x + width
    taller, lower = np.maximum(height[:, None], height), np.minimum(height[:, None], height)
    gap = x[None, :] - right[:, None]
    beside = (gap < GAP * taller) & (gap > -0.3 * lower) & (x[None, :] > x[:, None])
    level = np.abs(middle[None, :] - middle[:, None]) < LEAN * lower
    joined = beside & level & (taller < ALIKE * lower)
    parents = list(range(count))

    def root(one: int) -> int:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for one, other in zip(*np.nonzero(joined), strict=True):
        a, b = root(int(one)), root(int(other))
        parents[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for one in range(count):
        groups.setdefault(root(one), []).append(one)
    found = (_row(boxes[members], ink) for members in groups.values())
    return [row for row in found if row.letters >= FEWEST and row.width > LONG * row.height]


def _row(letters: Boxes, ink: Ink) -> Row:
    left, top = (int(v) for v in letters[:, :2].min(axis=0))
    right, bottom = (int(v) for v in (letters[:, :2] + letters[:, 2:]).max(axis=0))
    joined = np.maximum(1, np.rint(letters[:, 2] / (WIDTH * letters[:, 3])))
    count, size = int(joined.sum()), (right - left, bottom - top)
    cover = float((letters[:, 2] * letters[:, 3]).sum()) / (size[0] * size[1])
    return Row(left, top, *size, count, float(np.median(letters[:, 3])), ink, round(cover**2 * min(count, MANY), 4))
