"""Glare: a highlight that the source lacks, so bright that it hides the surface (R-47)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs, touching
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "glare", "2", "details_unchanged"
BRIGHT = 90.0
"""L* from which a place is a highlight."""
RISE = 10.0
"""L* by which it must be brighter than anything that the source has near there."""
NEAR, NEAR_GENERATIVE = 5, 11
"""Pixels within which a highlight of the source may have moved."""
MIN_BLOB = 0.0002
EDGE = 6
"""Pixels around a bright place within which the product must go on."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look for bright places where the source, within a few pixels, shows none."""
    if pair.lean:  # between links the new ground is seen, which is brighter than the old one
        return CheckResult(NAME, VERSION, "clear", say(NAME, "lean"), 0.2, CHECKLIST_ITEM)
    near = NEAR_GENERATIVE if pair.generative else NEAR
    source, candidate = pair.source_smooth[..., 0], pair.candidate_smooth[..., 0]
    brightest = cv2.dilate(np.ascontiguousarray(source), np.ones((near, near), np.uint8))
    glaring = pair.product & (candidate > BRIGHT) & (candidate - brightest > RISE)
    glaring = keep_blobs(np.asarray(glaring, np.bool_), max(6, int(MIN_BLOB * pair.area)))
    beyond = ~(grown(pair.core, EDGE) | glaring)
    glaring &= ~touching(glaring, grown(beyond, 1))  # what reaches the ground is a part missing, or a shadow gone
    metrics = (measured(limits, "glare_share", float(glaring.sum()) / pair.area),)
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.5 if pair.generative else 0.85
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    places = tuple(pair.place(blob) for blob in blobs(glaring, 1)[:8])
    return CheckResult(
        NAME, VERSION, verdict, say(NAME, "glare", places=places), confidence, CHECKLIST_ITEM, metrics, places
    )
