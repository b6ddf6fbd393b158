"""Retouching: a scratch, stain or dent of the goods on the shelf that the draft lacks (R-52)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, rescaled
from trueshelf_imaging.marks import Structure
from trueshelf_imaging.pixels import Floats
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "retouched", "1", "defects_kept"
AROUND = 41
"""Pixels around a mark that must be equal in both pictures: what changes all over is texture or light."""
ELSEWHERE = 3.0
"""Times the difference around that is taken off a mark's strength."""
FADED = 0.5
"""Share of its strength to which a mark's place reaches."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Find the strongest small mark that only the source has, and the strongest that only the draft has."""
    if pair.drift.marks is None:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "small"), 0.3, CHECKLIST_ITEM)
    lost, added = (_alone(pair.drift.marks, strength) for strength in (pair.drift.marks.lost, pair.drift.marks.added))
    metrics = (
        measured(limits, "lost_mark", float(lost.max()), "× noise"),
        measured(limits, "added_mark", float(added.max()), "× noise"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.5 if pair.generative else 0.8
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    gone = metrics[0].verdict != "clear"
    places = _places(pair, lost if gone else added, metrics[0 if gone else 1].limit.flag)
    said = say(NAME, "gone" if gone else "new", places=places)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _alone(found: Structure, strength: Floats) -> Floats:
    """Return `strength` less what differs all around."""
    everything = np.asarray(found.lost + found.added, np.float32)
    around = cv2.blur(everything, (AROUND, AROUND), borderType=cv2.BORDER_CONSTANT)
    share = cv2.blur(found.inside.astype(np.float32), (AROUND, AROUND), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.maximum(strength - ELSEWHERE * around / np.maximum(share, 0.1), 0), np.float32)


def _places(pair: Comparison, strength: Floats, flag: float | None) -> tuple[Place, ...]:
    """Return the places above the limit."""
    if pair.drift.marks is None or flag is None:
        return ()
    found = blobs(np.asarray(strength >= FADED * flag, np.bool_), 4)
    peaks = [
        blob for blob in found if strength[blob.y : blob.y + blob.height, blob.x : blob.x + blob.width].max() >= flag
    ]
    return tuple(pair.place(rescaled(blob, pair.drift.marks.cell, pair.drift.marks.origin)) for blob in peaks[:8])
