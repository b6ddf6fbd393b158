"""Parts of the product that the draft shows as ground: a lost piece, a clipped edge, an eaten side (R-40, R-43)."""

import cv2
import numpy as np

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.difference import blobs, grown, keep_blobs, labelled, opened
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.borders import slope, steepest
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "missing_part", "2", "kit_unchanged"
GROUND = 5.0
"""Lab units within which a pixel of the draft counts as ground."""
CONTRAST = 10.0
"""Lab units by which the source must differ from the draft's ground: white on white cannot be seen to be missing."""
THIN = 3
MIN_BLOB = 0.0004
"""Share of the product below which a place is noise."""
FADED = 4.0
RIM = (2.5, 5.0)
SHARP = 0.8
"""A part reaches this share of its own contrast within 5 pixels of the ground; measured: shadows up to .75."""
FALL = 0.5
"""A part's colour falls below this share of itself within 5 pixels of its edge."""
RIM_NEAR = 1e-4
STEEP, DENSE = 3.0, 0.2
"""L* per pixel, and share of such pixels around, from which a place has details of its own."""
REACH = 21
"""Pixels around a place over which its edge is judged."""
SOLID = 7
"""Pixels below which a place with a sharp edge may be a contact shadow's rim."""
COLOURED = 12.0
"""Lab units of hue and chroma that no shadow on that ground explains."""
TORN_EDGE, TORN_NEAR, TORN_SEEN = 2, 13, 0.1
"""Pixels beside the new edge that are mixed, the window in which both sides' colours are averaged, and share of it that
a side must fill."""
TORN_TEXTURE = 1.5
"""Times the lost side's own slopes that the new edge may be as steep: quilted goods have edges everywhere."""
TORN_ROUGH = 0.5
"""Share of the kept side's slopes that the lost side must have: a shadow beside a knit is smooth."""
TORN_UNLIKE = 25.0
"""Lab units from the source's ground from which goods are no paler than the shadows beside them."""
TORN_ALIKE, TORN_SMOOTH, TORN_LONG = 3.5, 3.0, 160
"""Lab units between both sides, and L* per pixel at the new edge, within which the source goes on; pixels along that
edge, in one run, where it must."""
BLIND = 0.25
"""Share of the product that may look like the draft's ground before the check is called uncertain."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look at the source's whole product, never at the overlap: what is missing is outside the draft's own mask."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    unlike = lab_distance(pair.source_lab, pair.candidate.ground) > CONTRAST
    solid = pair.product & ~pair.source_shadow
    gone = solid & unlike & (pair.candidate.distance < GROUND) & (pair.residual > GROUND)
    gone = opened(gone, THIN)
    kept = keep_blobs(_solid(pair, gone), max(6, int(MIN_BLOB * pair.area))) if gone.any() else gone
    found = blobs(kept, 1)
    places = tuple(pair.place(blob) for blob in found)
    blind = 1 - float((solid & unlike).sum()) / max(1, int(solid.sum()))
    metrics = (
        measured(limits, "missing_share", float(kept.sum()) / pair.area),
        measured(limits, "largest_place", found[0].area / pair.area if found else 0.0),
        measured(limits, "unseen_share", blind),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear") if verdict == "clear" else say(NAME, "missing", places=places)
    confidence = round(0.9 * (1 - max(0.0, blind - BLIND)), 2)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places[:8])


def _solid(pair: Comparison, gone: Mask) -> Mask:
    """Return `gone` without cast shadows: a shadow fades into the ground, a part ends at a sharp edge or has a colour.

    Depth alone does not tell them apart (contact shadows are as dark as goods), and a generator is right to drop them.
    """
    distance = pair.source_distance
    depth = cv2.distanceTransform((distance >= FADED).astype(np.uint8), cv2.DIST_L2, 3)
    rim = (gone & (depth >= RIM[0]) & (depth <= RIM[1])).astype(np.float32)
    inside = cv2.dilate(np.where(gone, distance, 0).astype(np.float32), np.ones((REACH, REACH), np.uint8))
    weight = _spread(rim)
    share = np.asarray(rim * distance / np.maximum(inside, 1), np.float32)
    sharpness = _spread(share) / np.maximum(weight, 1e-6)
    sharp = opened(gone & (weight > RIM_NEAR) & (sharpness > SHARP) & (inside > CONTRAST), SOLID)
    coloured = _coloured(pair, opened(gone & (pair.source_chroma > COLOURED), THIN))
    solid = np.asarray(sharp | coloured | _detailed(pair, gone), np.bool_)
    if pair.generative:  # in other light shadows lie elsewhere, and go on into each other
        return solid
    return solid | _torn(pair, gone)


def _spread(values: Floats) -> Floats:
    """Return values smoothed over `REACH` pixels; what lies beyond twice the sigma is cut off: half of the time."""
    return np.asarray(cv2.GaussianBlur(values, (2 * REACH + 1, 2 * REACH + 1), REACH / 2), np.float32)


def _torn(pair: Comparison, gone: Mask) -> Mask:
    """Return the places of `gone` that were torn out of the product: the source goes on across the new edge.

    A shadow that was dropped has another colour than the goods beside it, all along.
    """
    kept, lost = (grown(np.asarray(mask, np.bool_), -TORN_EDGE) for mask in (pair.candidate.sure & pair.product, gone))
    means, weights = [], []
    for side in (kept, lost):
        weight = _mean(side.astype(np.float32))
        total = _mean(pair.source_lab * side[..., None].astype(np.float32))
        weights.append(weight)
        means.append(total / np.maximum(weight, 1e-3)[..., None])
    unlike = _mean(pair.source_distance)
    both = gone & (weights[0] > TORN_SEEN) & (weights[1] > TORN_SEEN) & (unlike > TORN_UNLIKE)
    alike = lab_distance(np.asarray(means[0], np.float32), np.asarray(means[1], np.float32)) < TORN_ALIKE
    both &= grown(np.asarray(pair.candidate.sure, np.bool_), 2 * TORN_EDGE)
    steep = steepest(slope(pair.source_smooth[..., 0]), 2 * TORN_EDGE)
    beside, own = (
        _mean(steep * side.astype(np.float32)) / np.maximum(weight, 1e-3)
        for side, weight in zip((kept, lost), weights, strict=True)
    )
    alike &= (steep < np.maximum(TORN_SMOOTH, TORN_TEXTURE * own)) & (own > TORN_ROUGH * beside)
    edge = keep_blobs(grown(np.asarray(both & alike, np.bool_), 1), TORN_LONG)
    return np.asarray(gone & grown(edge, REACH), np.bool_)


def _mean(plane: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(plane, -1, (TORN_NEAR, TORN_NEAR)), np.float32)


def _coloured(pair: Comparison, gone: Mask) -> Mask:
    """Return the places of `gone` whose colour ends at an edge: light through glass or off bright goods fades out."""
    kept = np.zeros_like(gone)
    for place in labelled(gone):
        beside = grown(place, 5) & ~grown(place, 2) & ~pair.candidate.sure
        around = float(np.median(pair.source_chroma[beside])) if beside.any() else 0.0
        if around < FALL * float(np.median(pair.source_chroma[place])):
            kept |= place
    return kept


def _detailed(pair: Comparison, gone: Mask) -> Mask:
    """Return where `gone` shows edges of its own, away from the kept product: shadows are smooth inside."""
    light = np.asarray(cv2.GaussianBlur(pair.source_lab[..., 0], (0, 0), 1.2), np.float32)
    inner = gone & ~grown(pair.candidate.sure, 5) & (pair.source_distance > CONTRAST)
    edges = inner & (slope(light) > STEEP)
    dense = cv2.boxFilter(edges.astype(np.float32), -1, (REACH, REACH)) > DENSE
    return opened(np.asarray(inner & dense, np.bool_), SOLID)
