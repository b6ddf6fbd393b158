"""Local bending: part of the product is drawn wider, narrower or elsewhere than the rest of it (R-40, R-41)."""

import numpy as np

from trueshelf_imaging.difference import blobs, rescaled
from trueshelf_imaging.motion import unexplained
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "local_warp", "1", "shape_unchanged"
FEW = 12
"""Tiles of known motion below which there is no field to look at."""
TOP = 0.98
"""Quantile of the bending that carries the verdict: a single tile may be a reflection."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look at the motion that is left after the best affine map, where neighbouring places move together."""
    motion = pair.drift.motion
    if motion is None or motion.known.sum() < FEW:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "plain"), 0.3, CHECKLIST_ITEM)
    rest = unexplained(motion)
    length = np.hypot(rest[..., 0], rest[..., 1]) / np.sqrt(pair.area)
    bend = measured(limits, "bend", float(np.quantile(length[motion.known], TOP)))
    confidence = round(min(0.9, 0.3 + 0.004 * int(motion.known.sum())), 2)
    if bend.verdict == "clear":
        return CheckResult(NAME, VERSION, "clear", say(NAME, "clear"), confidence, CHECKLIST_ITEM, (bend,))
    level = bend.limit.flag if bend.limit.flag is not None else bend.value
    bent = blobs(np.asarray(length >= level, np.bool_), 1)[:8]
    places = tuple(pair.place(rescaled(blob, motion.cell, motion.origin)) for blob in bent)
    said = say(NAME, "bent", bend=bend.value, places=places)
    return CheckResult(NAME, VERSION, bend.verdict, said, confidence, CHECKLIST_ITEM, (bend,), places)
