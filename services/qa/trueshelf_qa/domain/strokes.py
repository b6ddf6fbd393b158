"""How the strokes of one row of print compare in two aligned pictures."""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.lettering import Row
from trueshelf_imaging.pixels import Floats
from trueshelf_qa.domain.comparison import Comparison

LIGHT = np.array([1.0, 0.0, 0.0], np.float32)
"""The direction of L* in Lab."""
BACKGROUND = 0.6
"""Letter heights (Gaussian sigma) above which lightness is no print's."""
SHIFT, SHIFT_GENERATIVE = 1, 2
"""Pixels that a row may be off."""
SLIP = 4
"""Pixels that alignment may be off at a row as a whole."""
FAINT = 0.35
"""Strength of a letter's place, of the row's strongest, below which it says nothing."""
LEAST = 3.0
"""L* (standard deviation) below which a row is no print."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """One row of print in both pictures."""

    before: float
    """Contrast (standard deviation, Lab units) in the source."""
    after: float
    unexplained: float
    """Share of the structure at the worst letter that the other picture does not explain, 0 to 1."""


def strokes(pair: Comparison, row: Row, axis: Floats) -> Strokes | None:
    """Compare a row along `axis`, a direction in Lab. None where it lies at the frame or neither picture has print."""
    shift = SHIFT_GENERATIVE if pair.generative else SHIFT
    width, height = pair.size
    air = shift + SLIP
    if min(row.x, row.y, width - row.x - row.width, height - row.y - row.height) < air:
        return None
    before, after = (_print(picture, row, axis, air) for picture in (pair.source_smooth, pair.candidate_smooth))
    inner, edge = (np.s_[margin:-margin, margin:-margin] for margin in (air, SLIP))
    theirs = np.ascontiguousarray(after[inner])
    before = _slid(before, theirs)[edge]
    ours = before[shift:-shift, shift:-shift]
    if max(float(ours.std()), float(theirs.std())) < LEAST:
        return None
    return Strokes(float(ours.std()), float(theirs.std()), _unexplained(before, theirs, shift, round(row.letter)))


def _unexplained(before: Floats, theirs: Floats, shift: int, letter: int) -> float:
    """Return 1 - r² at the letter that correlates worst, `before`, which is larger by `shift`, moved by up to that."""
    height, width = theirs.shape
    side = max(5, letter) | 1
    energy = cv2.blur(theirs * theirs, (side, side))
    best = np.full(theirs.shape, -1.0, np.float32)
    strongest = np.array(energy, np.float32)
    for dy in range(2 * shift + 1):
        for dx in range(2 * shift + 1):
            moved = np.ascontiguousarray(before[dy : dy + height, dx : dx + width])
            own = cv2.blur(moved * moved, (side, side))
            best = np.maximum(best, cv2.blur(moved * theirs, (side, side)) / np.sqrt(np.maximum(own * energy, 1.0)))
            strongest = np.maximum(strongest, own)
    telling = strongest > FAINT**2 * float(strongest.max())
    return float(1 - np.clip(best[telling], 0, 1).min() ** 2)


def _slid(before: Floats, theirs: Floats) -> Floats:
    """Return `before`, which reaches further on all sides, moved by up to `SLIP` to where it matches `theirs` best.

    A whole row that is off by a little is a matter of aligning, not drift.
    """
    margin = (before.shape[0] - theirs.shape[0]) // 2
    alike = np.asarray(cv2.matchTemplate(np.ascontiguousarray(before), theirs, cv2.TM_CCOEFF_NORMED), np.float32)
    near = alike[margin - SLIP : margin + SLIP + 1, margin - SLIP : margin + SLIP + 1]
    y, x = (int(v) for v in np.unravel_index(int(np.argmax(near)), near.shape))
    dy, dx = y - SLIP + _peak(near[:, x], y), x - SLIP + _peak(near[y], x)
    matrix = np.array([[1, 0, -dx], [0, 1, -dy]], np.float64)
    return np.asarray(cv2.warpAffine(before, matrix, before.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.float32)


def _peak(values: Floats, at: int) -> float:
    """Return how far beside the sample `at` the parabola through it and its neighbours is highest, -0.5 to 0.5."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, middle, after = (float(values[at + step]) for step in (-1, 0, 1))
    bend = before - 2 * middle + after
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / bend))


def _print(lab: Floats, row: Row, axis: Floats, margin: int) -> Floats:
    """Return a row along `axis`, without what it is printed on, `margin` pixels more on each side."""
    air = max(round(row.letter), margin)
    top, left = max(0, row.y - air), max(0, row.x - air)
    part = lab[top : row.y + row.height + air, left : row.x + row.width + air] @ axis
    flat = part - cv2.GaussianBlur(part, (0, 0), max(1.5, BACKGROUND * row.letter))
    y, x = row.y - top - margin, row.x - left - margin
    return np.asarray(flat[y : y + row.height + 2 * margin, x : x + row.width + 2 * margin], np.float32)
