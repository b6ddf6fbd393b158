"""Hardware, buttons, stones, ports: details that went, came or stand elsewhere, and how many there are (R-47)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import Blob
from trueshelf_imaging.pixels import Floats
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.details import Detail, changed_details, count_details
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "hardware", "1", "details_unchanged"
ALIKE = 0.5
"""Share of a detail's strength by which the same detail may differ at its new place, mean over it."""
SEARCH = 4
"""Pixels around a new detail within which the old one is laid over it."""
SIZES = 2.0
"""How many times larger the new place may be."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare compact details with sharp edges; one that went and is found again nearby or far moved."""
    found = [detail for detail in changed_details(pair) if detail.strength >= _least(limits)]
    lost, added = ([detail for detail in found if detail.kind == kind] for kind in ("lost", "added"))
    moved = _moved(pair, lost, added)
    went = [old for old in lost if all(old is not one for one, _ in moved)]
    came = [new for new in added if all(new is not other for _, other in moved)]
    count = count_details(np.ascontiguousarray(pair.source_smooth[::2, ::2, 0]), pair.inside[::2, ::2])
    metrics = (
        measured(limits, "lost", max((one.strength for one in went), default=0.0), "Lab"),
        measured(limits, "added", max((one.strength for one in came), default=0.0), "Lab"),
        measured(limits, "moved", max((min(old.strength, new.strength) for old, new in moved), default=0.0), "Lab"),
        measured({}, "source_details", max(count, len(lost)), "details"),
        measured({}, "draft_details", max(count, len(lost)) - len(went) + len(came), "details"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.5 if pair.generative else 0.75
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    of = {
        "lost": tuple(pair.place(one.blob) for one in went),
        "added": tuple(pair.place(one.blob) for one in came),
        "moved": tuple(pair.place(one.blob) for old, new in moved for one in (old, new)),
    }
    values = {"total": max(count, len(lost)), "went": len(went), "came": len(came), "steps": len(moved)}
    told = [say(NAME, m.name, places=of[m.name], **values) for m in metrics if m.verdict != "clear"]
    places = tuple(place for m in metrics if m.verdict != "clear" for place in of[m.name])
    return CheckResult(NAME, VERSION, verdict, joined(told), confidence, CHECKLIST_ITEM, metrics, places[:8])


def _least(limits: Limits) -> float:
    """Return the strength from which a detail is spoken of."""
    flags = [limit.flag for limit in limits.values() if limit.flag is not None]
    return min(flags, default=0.0)


def _moved(pair: Comparison, lost: list[Detail], added: list[Detail]) -> list[tuple[Detail, Detail]]:
    """Return which detail is found again as which; a new one is the same as one old one at most."""
    left, found = list(added), []
    for old in lost:
        if (new := _again(pair, old, left)) is not None:
            left = [other for other in left if other is not new]
            found.append((old, new))
    return found


def _again(pair: Comparison, old: Detail, added: list[Detail]) -> Detail | None:
    """Return the new detail that looks like the one that went."""
    template = _cut(pair.source_smooth, old.blob, 0)
    for new in added:
        if not 1 / SIZES < new.blob.area / old.blob.area < SIZES:
            continue
        grow = max(0, old.blob.width - new.blob.width, old.blob.height - new.blob.height)
        there = _cut(pair.candidate_smooth, new.blob, SEARCH + grow)
        if there.shape[0] < template.shape[0] or there.shape[1] < template.shape[1]:
            continue
        least = float(cv2.matchTemplate(there, template, cv2.TM_SQDIFF).min()) / template[..., 0].size
        if np.sqrt(max(least, 0.0)) < ALIKE * max(old.strength, new.strength):
            return new
    return None


def _cut(lab: Floats, blob: Blob, air: int) -> Floats:
    top, left = max(0, blob.y - air), max(0, blob.x - air)
    return np.ascontiguousarray(lab[top : blob.y + blob.height + air, left : blob.x + blob.width + air])
