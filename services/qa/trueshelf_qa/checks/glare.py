"""Glare: a highlight that the source lacks, so bright that it hides the surface (R-47)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "glare", "1", "details_unchanged"
BRIGHT = 90.0
"""L* from which a place is a highlight."""
RISE = 10.0
"""L* by which it must be brighter than anything that the source has near there."""
NEAR, NEAR_GENERATIVE = 5, 11
"""Pixels within which a highlight of the source may have moved."""
MIN_BLOB = 0.0002
EDGE = 4
"""Pixels within which a bright place touches the product's edge."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look for bright places where the source, within a few pixels, shows none."""
    near = NEAR_GENERATIVE if pair.generative else NEAR
    source, candidate = pair.source_smooth[..., 0], pair.candidate_smooth[..., 0]
    brightest = cv2.dilate(np.ascontiguousarray(source), np.ones((near, near), np.uint8))
    glaring = pair.product & (candidate > BRIGHT) & (candidate - brightest > RISE)
    glaring = _enclosed(keep_blobs(np.asarray(glaring, np.bool_), max(6, int(MIN_BLOB * pair.area))), pair.product)
    metrics = (measured(limits, "glare_share", float(glaring.sum()) / pair.area),)
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.5 if pair.generative else 0.85
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    places = tuple(pair.place(blob) for blob in blobs(glaring, 1)[:8])
    return CheckResult(
        NAME, VERSION, verdict, say(NAME, "glare", places=places), confidence, CHECKLIST_ITEM, metrics, places
    )


def _enclosed(glaring: Mask, product: Mask) -> Mask:
    """Return the places that lie inside the product: what reaches its edge is a part that went missing on white."""
    _, labels = cv2.connectedComponents(glaring.astype(np.uint8), connectivity=8)
    at_edge = np.unique(labels[glaring & grown(~product, EDGE)])
    return np.asarray(glaring & ~np.isin(labels, at_edge), np.bool_)
