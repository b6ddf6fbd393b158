"""Print that one of two aligned pictures shows and the other does not, or shows otherwise.

Only where the pixels disagree is print looked for, and only where print is found it is read.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.difference import Blob, blobs
from trueshelf_imaging.lettering import HALF, Row, rows
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_imaging.reading import NOTHING, Reader, Reading
from trueshelf_qa.domain.closeups import patches
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import Place

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
PLACES, MUCH, ROWS = 6, 400_000, 3
"""Places that are looked at, pixels of them after which a finding is enough, and rows that are read."""
TOUCHED = 0.015
"""Share of a row that must have changed."""
BACKGROUND = 0.6
"""Letter heights (Gaussian sigma) above which lightness is no print's."""
SHIFT, SHIFT_GENERATIVE = 1, 2
"""Pixels that a row may be off."""
GONE = 0.45
"""Strength of print in one picture, of that in the other, below which it is not there."""
FAINT = 0.35
"""Strength of a letter's place, of the row's strongest, below which it says nothing."""
LEAST = 3.0
"""L* (standard deviation) below which a row is no print."""
WIDER = 1.5
"""Letter heights by which more is read on either side: the first and the last letter may not have been found."""
LETTERS = 3
"""Letters and digits below which a reading says nothing."""
UNREAD, SAME, UNSURE = 0.6, 0.6, 0.4
"""What a difference counts: print that came or went and cannot be read; print that reads the same and does not lie on
its own; print that changed, or lies across the goods' edge, and cannot be read."""
AGREE, APART = 0.12, 0.2
"""Unexplained share up to which pixels agree and nothing is read, and from which two readings that differ are more than
noise: then they stand for half of the strength."""
MIXED = 0.1
"""Share of a row on the goods, and beside them, from which it lies across their edge."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of print that differs."""

    what: What
    strength: float
    """0 to 1: the share of the print's structure at its worst place that the other picture does not explain, less
    where no reading stands behind it."""
    place: Place
    before: Reading = NOTHING
    after: Reading = NOTHING


def findings(pair: Comparison) -> tuple[Finding, ...]:
    """Return the rows that differ, the strongest first."""
    suspects = sorted(_suspects(pair), key=lambda found: -round(found[1], 1))  # else as they came
    read = [_read(pair, *suspect) for suspect in suspects[:ROWS]]
    return tuple(sorted(read, key=lambda found: -found.strength))


def _suspects(pair: Comparison) -> list[tuple[What, float, Row]]:
    """Return what differs in pixels: (what, unexplained share of the structure, row)."""
    changed = _changed(pair)
    if changed.sum() < SPECK:
        return []
    light = np.ascontiguousarray(pair.source_lab[..., 0]), np.ascontiguousarray(pair.candidate_lab[..., 0])
    found: list[tuple[What, float, Row]] = []
    looked_at = 0
    for place in blobs(_widened(changed, TOGETHER), 1)[:PLACES]:
        window = _window(place, changed.shape)
        looked_at += changed[window].size
        if looked_at > MUCH and found:
            break
        for one in _rows_in(window, light, changed):
            told = _told(light, one, SHIFT_GENERATIVE if pair.generative else SHIFT)
            if told is not None and told[1] > AGREE and _new(one, found):
                found.append((*told, one))
    return found


def _new(row: Row, known: list[tuple[What, float, Row]]) -> bool:
    return all(row.overlap(other) < HALF for _, _, other in known)


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


def _rows_in(window: tuple[slice, slice], light: tuple[Floats, Floats], changed: Mask) -> list[Row]:
    """Return the rows of either picture that have changed, those first that changed most."""
    found: list[tuple[float, Row]] = []
    for picture in light:
        part = np.ascontiguousarray(picture[window])
        for row in rows(part, np.ones(part.shape, np.bool_)):
            moved = replace(row, x=row.x + window[1].start, y=row.y + window[0].start)
            touched = changed[moved.y : moved.y + moved.height, moved.x : moved.x + moved.width].mean()
            if touched > TOUCHED:
                found.append((float(touched) * row.likeness, moved))
    return [row for _, row in sorted(found, key=lambda one: (-one[0], one[1].y, one[1].x))]


def _told(light: tuple[Floats, Floats], row: Row, shift: int) -> tuple[What, float] | None:
    """Return what became of a row and how much of its worst letter's structure is unexplained; None where all is."""
    before, after = (_print(picture, row, shift) for picture in light)
    inner = np.s_[shift : before.shape[0] - shift, shift : before.shape[1] - shift]
    ours, theirs = before[inner], after[inner]
    strong = float(ours.std()), float(theirs.std())
    if max(strong) < LEAST:
        return None
    side = max(5, round(row.letter)) | 1
    energy = cv2.blur(theirs * theirs, (side, side))
    best = np.full(ours.shape, -1.0, np.float32)
    strongest = np.zeros_like(best)
    for dy in range(2 * shift + 1):
        for dx in range(2 * shift + 1):
            moved = np.ascontiguousarray(before[dy : dy + ours.shape[0], dx : dx + ours.shape[1]])
            own = cv2.blur(moved * moved, (side, side))
            shared = cv2.blur(moved * theirs, (side, side)) / np.sqrt(np.maximum(own * energy, 1.0))
            best = np.maximum(best, shared)
            strongest = np.maximum(strongest, own)
    strongest = np.maximum(strongest, energy)
    telling = strongest > (FAINT**2) * float(strongest.max())
    unexplained = float(1 - np.clip(best[telling], 0, 1).min() ** 2)
    what: What = "changed"
    if strong[1] < GONE * strong[0]:
        what = "lost"
    elif strong[0] < GONE * strong[1]:
        what = "invented"
    return what, unexplained


def _print(light: Floats, row: Row, margin: int) -> Floats:
    """Return a row's lightness without that of what it is printed on, `margin` pixels more on each side."""
    air = round(row.letter)
    top, left = row.y - air, row.x - air
    part = light[max(0, top) : row.y + row.height + air, max(0, left) : row.x + row.width + air]
    flat = part - cv2.GaussianBlur(part, (0, 0), max(1.5, BACKGROUND * row.letter))
    y, x = row.y - max(0, top), row.x - max(0, left)
    return np.asarray(
        flat[max(0, y - margin) : y + row.height + margin, max(0, x - margin) : x + row.width + margin], np.float32
    )


def _read(pair: Comparison, what: What, strength: float, row: Row) -> Finding:
    """Read a row where it is, and weigh the difference by what was read."""
    goods = pair.depth[row.y : row.y + row.height, row.x : row.x + row.width] > DEEP
    mixed = MIXED < goods.mean() < 1 - MIXED
    middle = row.x + row.width / 2, row.y + row.height / 2
    place = pair.place(Blob(row.x, row.y, row.width, row.height, row.width * row.height, middle))
    before, after = read_row(pair, place, row, what)
    weight = UNSURE if mixed else UNREAD
    if what == "changed":
        both = min(len(before.letters), len(after.letters)) >= LETTERS
        if both and before.letters == after.letters:
            what, weight = "moved", SAME
        else:
            weight = 1.0 if both else UNSURE
            if both and strength > APART:
                strength = (1 + strength) / 2
    elif len((before if what == "lost" else after).letters) >= LETTERS:
        weight = 1.0
    return Finding(what, round(strength * weight, 4), place, before, after)


def read_row(pair: Comparison, place: Place, row: Row, what: What) -> tuple[Reading, Reading]:
    """Return what the source and the candidate read at `place`."""
    if pair.reader is None:
        return NOTHING, NOTHING
    scale = pair.drawn.full.shape[1] / pair.size[0]
    air = 0.6 * row.letter / max(pair.size)
    wider = WIDER * row.letter / pair.size[0]
    left, right = max(0.0, place.x - wider), min(1.0, place.x + place.w + wider)
    shown = patches(pair, replace(place, x=left, w=right - left), air)
    letter = row.letter * scale
    one = NOTHING if what == "invented" else _reading(pair.reader, shown[0], letter)
    other = NOTHING if what == "lost" else _reading(pair.reader, shown[1], letter)
    return one, other


def _reading(reader: Reader, patch: Rgb, letter: float) -> Reading:
    grey: npt.NDArray[np.uint8] = np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), np.uint8)
    return reader.read(grey, letter)
