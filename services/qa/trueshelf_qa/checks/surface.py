"""Changes on the product: logo, label, hardware, stones, stitches, buttons (R-40, R-42, R-47)."""

import numpy as np

from trueshelf_imaging.difference import blobs, keep_blobs, rescaled, strongest
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "surface", "2", "details_unchanged"
TOP = 0.002
"""The strongest 0.2 % of the product carry the verdict: fewer pixels are noise, more hide a small logo."""
TOP_DETAIL = 0.0005
"""Structure is measured in windows, so that noise is out already: a stud is enough."""
EDGE = 2.5
"""Pixels of depth up to which lean goods are mixed with their ground."""
CHANGED = 12.0
"""Lab units from the source from which a pixel has changed."""
MOST = 8


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Take the least difference within the tolerated shift, and what of the structure no light and shift explain."""
    core = pair.inside
    if pair.lean:  # pixels that are half ground say nothing of a surface
        core = np.asarray(core & (pair.depth > EDGE), np.bool_)
    changed = keep_blobs(np.asarray(core & (pair.residual > CHANGED), np.bool_), max(6, int(0.0003 * pair.area)))
    lost, added = (0.0, 0.0) if pair.drift.structure is None else pair.drift.structure.peak(TOP_DETAIL)
    metrics = (
        measured(limits, "strongest_difference", strongest(pair.residual[core], TOP), "Lab"),
        measured(limits, "changed_share", float(changed.sum()) / pair.area),
        measured(limits, "lost_detail", lost, "L*"),
        measured(limits, "added_detail", added, "L*"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.6 if pair.generative else 0.9
    if verdict == "clear":
        return CheckResult(NAME, VERSION, verdict, say(NAME, "clear"), confidence, CHECKLIST_ITEM, metrics)
    gone = _details(pair, limits, "lost_detail")
    new = _details(pair, limits, "added_detail")
    rest = () if gone or new else tuple(pair.place(blob) for blob in blobs(changed, 1)[:MOST])
    parts = [
        say(NAME, key, places=places)
        for key, places in (("lost", gone), ("added", new), ("differs_at", rest))
        if places
    ]
    said = joined(parts) if parts else say(NAME, "differs")
    places = (*gone, *new, *rest)[:MOST]
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _details(pair: Comparison, limits: Limits, metric: str) -> tuple[Place, ...]:
    """Return where structure is above the metric's limit: nowhere without one."""
    flag = limits[metric].flag if metric in limits else None
    if flag is None or pair.drift.structure is None:
        return ()
    found = pair.drift.structure
    strength = found.lost if metric == "lost_detail" else found.added
    places = blobs(np.asarray(strength >= flag, np.bool_), 4)[:MOST]
    return tuple(pair.place(rescaled(blob, found.cell, found.origin)) for blob in places)
