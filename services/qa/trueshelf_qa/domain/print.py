"""Print that one of two aligned pictures shows and the other does not, or shows otherwise.

Only where the pixels disagree is print looked for; `quotes` reads it where it is found.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from trueshelf_imaging.difference import Blob, blobs
from trueshelf_imaging.lettering import ALIKE, HALF, Row, rows
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.strokes import strokes

What = Literal["lost", "invented", "changed", "moved"]
CHANGED, CHANGED_GENERATIVE = 9.0, 16.0
"""Lab units between the pictures, small shifts let go, from which print is looked for."""
DEEP = 6
"""Pixels from the goods' edge within which their pixels are mixed with the ground."""
CLOSED = 41
"""Pixels up to which print may look like ground: white letters in a draft on white."""
BESIDE, INK = 14, 14.0
"""Pixels from the goods, and Lab units from the draft's ground, from which print beside them is looked for."""
STEP = 6.0
"""L* within three pixels, noise smoothed away, that make an edge."""
SPECK = 30
"""Changed pixels below which there is no print."""
TOGETHER, AROUND = 14, 24
"""Pixels within which changes are one place, and around it in which its print may lie."""
PLACES, MUCH = 6, 400_000
"""Places that are looked at, and pixels of them after which a finding is enough."""
AGREE = 0.12
"""Unexplained share up to which pixels agree."""
TOUCHED = 0.015
"""Share of a row that must have changed."""
GONE = 0.45
"""Strength of print in one picture, of that in the other, below which it is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """One row that differs in pixels."""

    what: What
    unexplained: float
    """Share of the structure at its worst place, 0 to 1."""
    row: Row
    axis: Floats
    """Direction in Lab along which it is seen best."""
    whole: bool = True
    """Found in a picture; else in the difference of both alone, where texture may look like print."""


def suspects(pair: Comparison) -> list[Suspect]:
    """Return what differs in pixels."""
    changed = _changed(pair)
    if changed.sum() < SPECK:
        return []
    found: list[Suspect] = []
    looked_at = 0
    for place in blobs(_widened(changed, TOGETHER), 1)[:PLACES]:
        window = _window(place, changed.shape)
        looked_at += changed[window].size
        if looked_at > MUCH and found:
            break
        rows_here = _rows_in(pair, window, changed)
        for row, whole in rows_here:
            one = _told(pair, row, changed) if _new(row, found) else None
            if one is not None and one.unexplained > AGREE and (whole or one.what != "changed"):
                found.append(replace(one, whole=whole or _backed(row, rows_here)))
    return found


def _backed(row: Row, found: list[tuple[Row, bool]]) -> bool:
    """Return whether a picture shows the row that the difference shows."""
    return any(
        whole and row.overlap(other) >= HALF and max(row.letter, other.letter) < ALIKE * min(row.letter, other.letter)
        for other, whole in found
    )


def _new(row: Row, known: list[Suspect]) -> bool:
    return all(row.overlap(other.row) < HALF for other in known)


def _changed(pair: Comparison) -> Mask:
    """Return where the goods, or what lies beside them, look otherwise in the two pictures."""
    level = CHANGED_GENERATIVE if pair.generative else CHANGED
    before, after = (_steep(picture[..., 0]) for picture in (pair.source_smooth, pair.candidate_smooth))
    inside = cv2.morphologyEx(pair.inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((CLOSED, CLOSED), np.uint8)) > 0
    changed = inside & (pair.depth > DEEP) & (pair.residual > level) & (before | after)
    if not pair.in_scene:
        ink = (pair.candidate.distance > INK) & ~pair.outer & ~pair.candidate.shadow & after
        if ink.any():
            changed |= ink & ~_widened(pair.product | pair.outer, BESIDE)
    return np.asarray(changed, np.bool_)


def _widened(mask: Mask, pixels: int) -> Mask:
    """Return `mask` widened by a square: quicker than by distances."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)), np.bool_)


def _steep(light: Floats) -> Mask:
    """Return where a stroke's edge may be: print has many, shades have few."""
    step = cv2.morphologyEx(np.ascontiguousarray(light), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.dilate((step > STEP).astype(np.uint8), np.ones((5, 5), np.uint8)), np.bool_)


def _window(place: Blob, shape: tuple[int, ...]) -> tuple[slice, slice]:
    around = AROUND + max(place.width, place.height) // 3
    top, left = max(0, place.y - around), max(0, place.x - around)
    bottom, right = place.y + place.height + around, place.x + place.width + around
    return slice(top, min(shape[0], bottom)), slice(left, min(shape[1], right))


def _rows_in(pair: Comparison, window: tuple[slice, slice], changed: Mask) -> list[tuple[Row, bool]]:
    """Return the rows that have changed, those first that changed most, and whether a row is whole.

    Of either picture, and of their difference, which shows print of any colour without what it is printed on, but of a
    word that changed only the letters that did.
    """
    found: list[tuple[float, Row, bool]] = []
    planes = (pair.source_lab[..., 0], True), (pair.candidate_lab[..., 0], True), (pair.residual, False)
    for plane, whole in planes:
        part = np.ascontiguousarray(plane[window])
        for row in rows(part, np.ones(part.shape, np.bool_)):
            moved = row.moved(window[1].start, window[0].start)
            touched = changed[moved.y : moved.y + moved.height, moved.x : moved.x + moved.width].mean()
            if touched > TOUCHED:
                found.append((float(touched) * row.likeness, moved, whole))
    return [(row, whole) for _, row, whole in sorted(found, key=lambda one: (-one[0], one[1].y, one[1].x))]


def _told(pair: Comparison, row: Row, changed: Mask) -> Suspect | None:
    """Return what became of a row and how much of its worst letter's structure is unexplained; None for no print."""
    axis = _axis(pair, row, changed)
    seen = strokes(pair, row, axis)
    if seen is None:
        return None
    what: What = "changed"
    if seen.after < GONE * seen.before:
        what = "lost"
    elif seen.before < GONE * seen.after:
        what = "invented"
    return Suspect(what, seen.unexplained, row, axis)


def _axis(pair: Comparison, row: Row, changed: Mask) -> Floats:
    """Return the direction in Lab along which a row's change is seen best: of black ink L*, of red ink mostly a*."""
    box = np.s_[row.y : row.y + row.height, row.x : row.x + row.width]
    apart = (pair.candidate_lab[box] - pair.source_lab[box])[changed[box]]
    _, directions = np.linalg.eigh(apart.T @ apart + np.diag([1.0, 0.0, 0.0]))
    axis = directions[:, -1]
    return np.asarray(axis if axis[np.argmax(np.abs(axis))] > 0 else -axis, np.float32)
