"""Texture: softened, smoothed or sharpened against the source, over all of it or in one place (R-42)."""

import cv2
import numpy as np

from trueshelf_imaging.detail import Kept, kept_detail
from trueshelf_imaging.difference import blobs, grown, rescaled
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "texture", "1", "details_unchanged"
EDGE = 3
"""Pixels beyond the core's own margin: a cut-out's edge has another ground behind it and says nothing of texture."""
THIN_SHARE = 0.2
AWAY = 12
"""Pixels from the product and from the source's frame from which the ground shows noise alone."""
FEW = 6
"""Tiles below which there is no texture to speak of."""
AROUND = 3
"""Tiles on a side of the place that is looked for, of which two thirds must be known."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare how much fine detail is left per detail of some pixels' size: light and contrast fall out."""
    kept = kept_detail(pair.source_lab[..., 0], pair.candidate_lab[..., 0], _inside(pair), _ground(pair))
    if kept.strong.sum() < FEW:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "smooth"), 0.3, CHECKLIST_ITEM)
    local = _local(kept)
    metrics = (
        measured(limits, "softer", kept.softer),
        measured(limits, "sharper", kept.sharper),
        measured(limits, "softer_place", float(max(0.0, -local.min()))),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said, places = say(NAME, "clear"), tuple[Place, ...]()
    if metrics[0].verdict != "clear":
        said = say(NAME, "softer", lost=1 - np.exp(-kept.softer))
    elif metrics[1].verdict != "clear":
        said = say(NAME, "sharper", gained=np.exp(kept.sharper) - 1)
    elif metrics[2].verdict != "clear":
        places = _places(pair, local, limits["softer_place"].flag or 0.0)
        said = say(NAME, "softer_place", places=places)
    confidence = round(min(0.9, 0.4 + 0.01 * int(kept.strong.sum())), 2)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _inside(pair: Comparison) -> Mask:
    inside = grown(pair.core, -EDGE)
    return inside if inside.sum() > THIN_SHARE * pair.core.sum() else pair.core


def _ground(pair: Comparison) -> Mask:
    return np.asarray(grown(pair.covered, -AWAY) & ~grown(pair.outer, AWAY), np.bool_)


def _local(kept: Kept) -> Floats:
    """Return per tile how its neighbourhood differs from the whole product; 0 where too little is known."""
    known = kept.known.astype(np.float32)
    middle = float(np.median(kept.fine[kept.known])) if kept.known.any() else 0.0
    count = cv2.boxFilter(known, -1, (AROUND, AROUND), borderType=cv2.BORDER_CONSTANT)
    total = cv2.boxFilter((kept.fine - middle) * known, -1, (AROUND, AROUND), borderType=cv2.BORDER_CONSTANT)
    return np.where(count > 2 / 3, total / np.maximum(count, 1e-3), 0).astype(np.float32)


def _places(pair: Comparison, local: Floats, level: float) -> tuple[Place, ...]:
    """Return the softened places, from tiles to the picture's pixels."""
    width, height = pair.size
    cell = width / local.shape[1], height / local.shape[0]
    found = blobs(np.asarray(local <= -level, np.bool_), 1)
    return tuple(pair.place(rescaled(blob, cell)) for blob in found[:8])
