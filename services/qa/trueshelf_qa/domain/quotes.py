"""What print that differs says in both pictures, and how much the difference counts."""

from dataclasses import dataclass, replace

import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.difference import Blob
from trueshelf_imaging.lettering import Row
from trueshelf_imaging.pixels import Floats, Rgb
from trueshelf_imaging.reading import NOTHING, Reader, Reading
from trueshelf_qa.domain.closeups import patches
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.print import DEEP, Suspect, What, suspects
from trueshelf_qa.domain.results import Place
from trueshelf_qa.domain.strokes import LIGHT

SHOWN = 40
"""Letters of a reading that a sentence quotes."""
ROWS = 3
"""Rows that are read, the strongest first."""
WIDER, HIGHER = 1.5, 0.6
"""Letter heights by which more is read on either side, and all around: letters at the ends may not have been found."""
LETTERS = 3
"""Letters and digits below which a reading says nothing."""
UNREAD, SAME, UNSURE = 0.6, 0.6, 0.4
"""What a difference counts: print that came or went and cannot be read; print that reads the same and does not lie on
its own; print that changed, or does not lie on the goods, and cannot be read."""
APART = 0.2
"""Unexplained share from which two readings that differ are more than noise, and stand for half of the strength."""
READABLE, LIKELY = 1.2, 2.0
"""Likeness (`lettering.Row`) from which reading a row is tried; from which it is print though nobody can read it."""
WHOLLY = 0.9
"""Share of a row that must lie on the goods: beside them, strokes that cannot be read are for the check of overlays."""


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
    found = sorted(suspects(pair), key=lambda one: -round(one.unexplained, 1))  # else as they came
    read = [_read(pair, suspect) for suspect in found[:ROWS]]
    return tuple(sorted(read, key=lambda one: -one.strength))


def _read(pair: Comparison, suspect: Suspect) -> Finding:
    """Read a row where it is, and weigh the difference by what was read."""
    row, what, strength = suspect.row, suspect.what, suspect.unexplained
    middle = row.x + row.width / 2, row.y + row.height / 2
    place = pair.place(Blob(row.x, row.y, row.width, row.height, row.width * row.height, middle))
    before, after = _readings(pair, suspect, place)
    on_goods = pair.depth[row.y : row.y + row.height, row.x : row.x + row.width] > DEEP
    likely = suspect.whole and row.likeness > LIKELY and on_goods.mean() > WHOLLY
    weight = UNREAD if likely else UNSURE
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


def _readings(pair: Comparison, suspect: Suspect, place: Place) -> tuple[Reading, Reading]:
    """Return what source and candidate read at `place`.

    Print is read along its axis, else by its lightness; what only one of them has, in their difference, too, where
    nothing of what it lies on is in the way.
    """
    if pair.reader is None or suspect.row.likeness < READABLE:
        return NOTHING, NOTHING
    labs = [to_lab(patch) for patch in _shown(pair, suspect.row, place)]
    (before, after), light = ([np.asarray(lab @ axis, np.float32) for lab in labs] for axis in (suspect.axis, LIGHT))
    letter = suspect.row.letter * pair.drawn.full.shape[1] / pair.size[0]
    match suspect.what:
        case "lost":
            return _first(pair.reader, letter, before, np.abs(after - before), light[0]), NOTHING
        case "invented":
            return NOTHING, _first(pair.reader, letter, after, np.abs(after - before), light[1])
        case _:
            return _first(pair.reader, letter, before, light[0]), _first(pair.reader, letter, after, light[1])


def read_both(pair: Comparison, row: Row, place: Place) -> tuple[Reading, Reading]:
    """Return what a row reads in the source, in the source's own size, and in the candidate's."""
    if pair.reader is None:
        return NOTHING, NOTHING
    larger = max(1.0, 1 / pair.registration.scale)
    to_full = pair.drawn.full.shape[1] / pair.size[0]
    larger = max(1.0, larger * pair.source.full.shape[1] / pair.source.rgb.shape[1] / to_full)
    before, _ = _shown(pair, row, place, larger)
    _, after = _shown(pair, row, place)
    letter = row.letter * to_full
    one, other = (np.ascontiguousarray(to_lab(patch)[..., 0]) for patch in (before, after))
    return pair.reader.read(one, letter * larger), pair.reader.read(other, letter)


def quoted(reading: Reading) -> str:
    """Return what a sentence quotes of a reading; nothing of too little."""
    return reading.text[:SHOWN] if len(reading.letters) >= LETTERS else ""


def _shown(pair: Comparison, row: Row, place: Place, scale: float = 1.0) -> tuple[Rgb, Rgb]:
    """Return the close-ups in which a row is read, `scale` times the candidate's full resolution."""
    wider = WIDER * row.letter / pair.size[0]
    left, right = max(0.0, place.x - wider), min(1.0, place.x + place.w + wider)
    return patches(pair, replace(place, x=left, w=right - left), HIGHER * row.letter / max(pair.size), scale)


def _first(reader: Reader, letter: float, *pictures: Floats) -> Reading:
    """Return the first reading of one row's pictures that says something."""
    read = (reader.read(picture, letter) for picture in pictures)
    return next((one for one in read if len(one.letters) >= LETTERS), NOTHING)
