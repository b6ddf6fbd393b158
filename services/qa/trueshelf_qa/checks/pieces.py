"""The count of pieces: the draft's against the source's, the kit list's and the card's words (R-40, R-54)."""

import numpy as np

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.difference import Blob, grown
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.counting import Promised, parts, promised
from trueshelf_qa.domain.results import CheckResult, Limits, Measured, gravest, measured
from trueshelf_qa.domain.standing import HALF, Count, count, is_thing, pieces, place
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "pieces", "1", "kit_unchanged"
WHOLE = (None, "main", "bundle")
"""Slots that show the whole article; a close-up or a scene may show less of it."""
GROUND, CONTRAST = 5.0, 10.0
"""Lab units up to which the draft shows ground, and from which the source's product would have been seen there."""
GONE, NEW = 0.8, 0.8
"""Shares of a piece that must be ground in the draft, or new in it."""
BESIDE = 3
"""Pixels (of half size) around the source's product in which nothing is new."""
CHANGED = 6.0
"""Lab units from the source: what it shows at that very place is not new."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Follow each piece of the source into the draft, look for new ones, and hold the number against the words."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    there = pieces(pair.product[HALF])
    gone, new = _gone(pair, there), _new(pair)
    before, after = len(there), len(there) - len(gone) + len(new)
    whole = pair.asked.slot in WHOLE
    said = promised(pair.asked.title, pair.asked.description) if whole else None
    named = parts(pair.asked.kit)
    listed = named if pair.asked.slot == "bundle" and named > 1 else None
    seen = None if said is None and listed is None else _seen(pair, len(new) - len(gone))
    metrics = (
        measured(limits if whole or not pair.generative else {}, "fewer", len(gone), "pieces"),
        measured(limits, "more", len(new), "pieces"),
        measured({}, "source_pieces", before, "pieces"),
        measured({}, "draft_pieces", after, "pieces"),
        *(() if seen is None else _asked(limits, seen, said, named, listed)),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    lost, added = (tuple(pair.place(blob) for blob in found) for found in (gone, new))
    values = {
        "source": before, "draft": after, "lost": lost, "added": added, "seen": str(seen), "kit": listed,
        "asked": said and said.count, "words": said and said.words,
    }  # fmt: skip
    told = [say(NAME, metric.name, **values) for metric in metrics if metric.verdict != "clear"]
    sentence = joined(told) if told else say(NAME, "clear", **values)
    confidence = 0.8 if gone or new or not told else 0.6
    return CheckResult(NAME, VERSION, verdict, sentence, confidence, CHECKLIST_ITEM, metrics, (*lost, *added)[:8])


def _asked(limits: Limits, seen: Count, said: Promised | None, named: int, listed: int | None) -> tuple[Measured, ...]:
    """Return what the card and the kit list ask for, and by how many pieces the picture certainly misses it.

    One article may come in several parts, and parts may be joined: words that say one promise no number, more pieces
    than words say may be those of the kit list, and a kit list can only be missed.
    """
    found: tuple[Measured, ...] = ()
    if said is not None:
        over = seen.least - max(said.count, named) if said.count > 1 else 0
        off = max(over, said.count - seen.most, 0)
        found += (measured({}, "asked_pieces", said.count, "pieces"), measured(limits, "words_apart", off, "pieces"))
    if listed is not None:
        apart = max(listed - seen.most, 0)
        found += (measured({}, "kit_parts", listed, "parts"), measured(limits, "kit_apart", apart, "parts"))
    return found


def _seen(pair: Comparison, change: int) -> Count:
    """Return how many articles the draft shows: by its own mask and the source's, of which pale goods tear either."""
    ours, theirs = count(pair.product[HALF]), count((pair.candidate.sure & ~pair.candidate.shadow)[HALF])
    loosely = min(count(mask[HALF]).least for mask in (pair.outer, pair.candidate.possible))
    least = min(max(min(ours.least, loosely) + min(change, 0), 0), theirs.least)
    return Count(least, max(ours.most + max(change, 0), theirs.most, least))


def _gone(pair: Comparison, there: tuple[Mask, ...]) -> list[Blob]:
    """Return the source's pieces that the draft shows as ground."""
    lab, distance, chroma = pair.source_lab[HALF], pair.source_distance[HALF], pair.source_chroma[HALF]
    unlike = (lab_distance(lab, pair.candidate.ground[HALF]) > CONTRAST) & pair.covered[HALF]
    empty = pair.candidate.distance[HALF] < GROUND
    found = []
    for piece in there:
        visible = piece & unlike
        if visible.sum() < GONE * piece.sum() or empty[visible].mean() < GONE:
            continue
        if is_thing(piece, distance, chroma, lab[..., 0]):
            found.append(place(piece))
    return found


def _new(pair: Comparison) -> list[Blob]:
    """Return the draft's pieces where the source shows ground."""
    lab, drawn = pair.candidate_lab[HALF], pair.candidate
    beside = ~grown((pair.product | (pair.outer & ~pair.source_shadow))[HALF], BESIDE) & pair.covered[HALF]
    fresh = np.asarray(beside & (lab_distance(pair.source_lab[HALF], lab) > CHANGED), np.bool_)
    return [
        place(piece)
        for piece in pieces((drawn.sure & ~drawn.shadow)[HALF])
        if fresh[piece].mean() > NEW and is_thing(piece, drawn.distance[HALF], drawn.chroma[HALF], lab[..., 0])
    ]
