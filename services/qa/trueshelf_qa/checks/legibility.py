"""Print of an approved master stays legible in the marketplace's file: after reduction and compression (R-51)."""

from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np

from trueshelf_imaging.difference import Blob
from trueshelf_imaging.lettering import Row, rows
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.quotes import LETTERS, quoted, read_both
from trueshelf_qa.domain.results import CheckResult, Limits, Place, Words, gravest, measured
from trueshelf_qa.domain.strokes import LIGHT, strokes
from trueshelf_qa.domain.words import joined, say, sentences

NAME, VERSION, CHECKLIST_ITEM = "legibility", "1", "details_unchanged"
LIKELY, ROWS = 2.5, 6
"""Likeness from which a row is taken for print (`lettering.Row`), and rows that are looked at, the likeliest first."""
WORK = 7
"""Pixels of depth at which rows are looked for: the goods' edge is no print."""
SHARP, EXPLAINED, HIGH = 0.8, 0.9, 9.0
"""Share of contrast kept, share of structure explained, and pixels of a letter in the file, from which nothing is read:
it is as legible as it was."""
SAME = 0.7
"""Share of letters in common (Ratcliff and Obershelp) from which two readings are one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of the master's print and what the file keeps of it."""

    place: Place
    contrast: float
    """Share of the strokes' contrast (standard deviation of L*)."""
    words: str = ""
    """What the master reads and the file does not."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare the strokes of each row; where they became weak or small, read master and file, each in its own size.

    Asked of marketplace files only, which are those whose profile has limits for it.
    """
    if not limits:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "not_asked"), 1.0, CHECKLIST_ITEM)
    found = [_kept(pair, row) for row in _rows(pair)]
    lost = [one for one in found if one.words]
    least = min((one.contrast for one in found), default=1.0)
    metrics = (
        measured(limits, "illegible", len(lost), "rows"),
        measured(limits, "contrast_lost", max(0.0, 1 - least)),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.8 if pair.reader is not None else 0.5
    if verdict == "clear":
        said = say(NAME, "clear" if found else "none", rows=len(found))
        return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics)
    told = lost or [min(found, key=lambda one: one.contrast)]
    said = joined([_said(one) for one in told[:3]])
    places = tuple(one.place for one in told)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _rows(pair: Comparison) -> list[Row]:
    """Return the master's rows of print."""
    deep = pair.depth > WORK
    x, y, width, height = cv2.boundingRect(deep.astype(np.uint8))
    if min(width, height) < WORK:
        return []
    part = np.s_[y : y + height, x : x + width]
    likely = rows(np.ascontiguousarray(pair.source_lab[part][..., 0]), deep[part])
    return [row.moved(x, y) for row in likely if row.likeness >= LIKELY][:ROWS]


def _kept(pair: Comparison, row: Row) -> Kept:
    middle = row.x + row.width / 2, row.y + row.height / 2
    place = pair.place(Blob(row.x, row.y, row.width, row.height, row.width * row.height, middle))
    seen = strokes(pair, row, LIGHT)
    if seen is None:
        return Kept(place, 1.0)
    contrast = round(min(1.0, seen.after / max(seen.before, 1e-6)), 4)
    high = row.letter * pair.drawn.full.shape[1] / pair.size[0]
    if contrast >= SHARP and seen.unexplained <= 1 - EXPLAINED and high >= HIGH:
        return Kept(place, contrast)
    before, after = read_both(pair, row, place)
    if len(before.letters) < LETTERS:
        return Kept(place, 1.0)  # nobody can say that it was print
    same = SequenceMatcher(None, before.letters, after.letters, autojunk=False).ratio() >= SAME
    return Kept(place, contrast, "" if same else quoted(before))


def _said(kept: Kept) -> Words:
    at = Words(**sentences("places")[kept.place.note])
    key = "lost" if kept.words else "weak"
    return say(NAME, key, at=at, words=kept.words, contrast=kept.contrast)
