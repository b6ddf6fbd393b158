"""Remains of the old ground around the product: a fringe, a patch between parts (R-43)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "halo", "1", "edges_clean"
INNER, OUTER = 2, 6
"""Pixels from the product's edge: nearer is the soft edge itself, farther is another check's matter."""
PALE_SHARE = 0.15
"""Share of the draft's inside in the old ground's colour from which edges are unjudgeable: white on cream, glass."""
NEAR = 24
"""Pixels within which the draft's own ground must lie: a pale product's inside is no edge."""
OLD_GROUND = 5.0
"""Lab units within which the source shows its ground there."""
VISIBLE = 5.0
"""Lab units from the draft's ground from which a remain is seen."""
ALIKE = 0.45
"""A remain keeps at least this share of what distinguished the old ground from the new one."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Around the product, count pixels that look like the source's ground and unlike the draft's."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    if pale(pair):
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "pale"), 0.0, CHECKLIST_ITEM)
    near = grown(pair.candidate.distance < VISIBLE, NEAR)
    ring = grown(pair.product, OUTER) & ~grown(pair.product, INNER) & pair.covered & near
    ring &= pair.source_distance < OLD_GROUND
    contrast = pair.source_lab - pair.candidate.ground
    length = np.maximum(np.einsum("ijk,ijk->ij", contrast, contrast), 1e-3)
    kept_part = np.einsum("ijk,ijk->ij", pair.candidate_lab - pair.candidate.ground, contrast) / length
    visible = ring & (length > VISIBLE**2)
    remains = visible & (kept_part > ALIKE) & (pair.candidate.distance > VISIBLE) & ~_shade(pair)
    found = blobs(keep_blobs(np.asarray(remains, np.bool_), 8), 1)
    total = max(1, int(ring.sum()))
    places = tuple(pair.place(blob) for blob in found)
    metrics = (
        measured(limits, "fringe_share", float(remains.sum()) / total),
        measured(
            limits, "fringe_distance", float(np.median(pair.candidate.distance[ring])) if ring.any() else 0.0, "Lab"
        ),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    if verdict != "clear":
        said = say(NAME, "fringe_at" if places else "fringe", share=100 * metrics[0].value, places=places)
    confidence = round(0.3 + 0.6 * float(visible.sum()) / total, 2)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places[:8])


def pale(pair: Comparison, aside: Mask | None = None) -> bool:
    """Return whether the draft's inside looks like the source's ground: then a remain cannot be told from goods.

    `aside` is left out of that: what is known to be a remain.
    """
    around = cv2.dilate((pair.candidate.distance < VISIBLE).astype(np.uint8), np.ones((4 * OUTER + 1,) * 2, np.uint8))
    inside = pair.candidate.sure & (around == 0)
    if aside is not None:
        inside &= ~aside
    alike = inside & (pair.source_distance < OLD_GROUND)
    return bool(alike.sum() > PALE_SHARE * max(1, int(inside.sum())))


def _shade(pair: Comparison) -> Mask:
    """Return where the draft has a soft neutral shadow: shadows may lie beside a product, fringes may not."""
    return pair.candidate.shadow
