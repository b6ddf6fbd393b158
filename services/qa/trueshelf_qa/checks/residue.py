"""What a cut-out got wrong inside: old ground kept in holes and between parts, a cast shadow kept, pale parts lost."""

import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs, opened
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_imaging.registration import warp
from trueshelf_qa.checks.halo import pale
from trueshelf_qa.domain.borders import kept_where, rim, slope, steepest
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "residue", "2", "edges_clean"
EDGE = 3
"""Pixels from the product within which the halo check judges."""
OLD, SHOWN = 5.0, 5.0
"""Lab units from the source's ground within which it is ground, and from the draft's from which something is seen."""
SAME = 3.0
"""Lab units to the source within which the draft has the source's own pixels."""
OTHER = 6.0
"""Lab units between old and new ground from which keeping the old one shows."""
HARD, RIM = 9.0, 4
"""A kept shadow's rim: Lab units from the ground within so many pixels of it; a soft shadow reaches 7."""
RIM_SHARE = 0.3
"""Share of a place's open border that is as hard, from which the place was cut and did not fade."""
SMOOTH, LOOSE_SHARE = 1.2, 0.6
"""L* per pixel below which the source has no edge, and share of a place's open border without one that tells a cut."""
SOFT, SOFT_SHARE = 2.0, 0.4
"""The same of a kept soft shadow."""
SHARP, SHARP_SHARE = 2.5, 0.6
"""L* per pixel from which the source has an edge, and share of a border that has to lie on one."""
HOLE_SHARE = 0.75
"""The same of a hole's whole border."""
LIGHTER = 2.5
"""L* above its own ground: no shadow, so product."""
GONE, CHANGED = 1.5, 2.5
"""Lab units from the draft's ground within which a pixel is ground, and from the source from which it has changed."""
THIN = 5
MIN_BLOB = 0.0008
"""Share of the product below which a place is noise."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare what the source shows as ground with what the draft made of it, and the reverse for pale parts."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    old = np.asarray(warp(pair.source.product.ground, pair.registration, pair.size), np.float32)
    small = max(12, int(MIN_BLOB * pair.area))
    suspects = [
        keep_blobs(opened(np.asarray(mask, np.bool_), THIN), small)
        for mask in (_kept_ground(pair, old), _kept_shadow(pair), _lost(pair, old), _kept_shade(pair))
    ]
    ground, shadow, lost, shade = suspects
    if any(mask.any() for mask in suspects):
        steep = slope(pair.source_smooth[..., 0])
        holes = _filled(pair, ground, steep)
        lost = _ending(lost, steep)
        shadow, ground = _hard(pair, shadow) | _shade_cut(pair, shade, steep), holes | _cut(pair, ground, steep)
        if (ground.any() or shadow.any()) and not lost.any() and pale(pair, holes):
            return CheckResult(NAME, VERSION, "unjudged", say(NAME, "pale"), 0.0, CHECKLIST_ITEM)
    metrics = (
        measured(limits, "ground_share", float(ground.sum()) / pair.area),
        measured(limits, "shadow_share", float(shadow.sum()) / pair.area),
        measured(limits, "lost_share", float(lost.sum()) / pair.area),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear")
    places: tuple[Place, ...] = ()
    if verdict != "clear":
        named = [
            (metric.name, tuple(pair.place(blob) for blob in blobs(mask, 1)))
            for metric, mask in zip(metrics, (ground, shadow, lost), strict=True)
            if metric.verdict != "clear"
        ]
        said = joined([say(NAME, name, places=found) for name, found in named])
        places = tuple(place for _, found in named for place in found)
    return CheckResult(NAME, VERSION, verdict, said, 0.85, CHECKLIST_ITEM, metrics, places[:8])


def _beside(pair: Comparison) -> Mask:
    """Return what the draft shows off the product just as the source does, and unlike its own ground."""
    same = (pair.residual < SAME) & (pair.candidate.distance > SHOWN) & pair.covered
    return np.asarray(same & ~grown(pair.product, EDGE), np.bool_)


def _kept_ground(pair: Comparison, old: Floats) -> Mask:
    """Return where plain old ground of another colour than the new one was kept."""
    apart = old - pair.candidate.ground
    other = np.einsum("ijk,ijk->ij", apart, apart) > OTHER**2
    return np.asarray(_beside(pair) & other & (pair.source_distance < OLD), np.bool_)


def _kept_shadow(pair: Comparison) -> Mask:
    """Return where what may be a shadow of the source was kept; beside lean goods nothing tells it from them."""
    if pair.lean:
        return np.zeros(pair.product.shape, np.bool_)
    return np.asarray(_beside(pair) & (pair.source_distance >= OLD), np.bool_)


def _kept_shade(pair: Comparison) -> Mask:
    """Return where the source looks like a soft shadow and the draft shows it unchanged, on another ground."""
    same = (pair.residual < SAME) & (pair.candidate.distance > SHOWN) & pair.covered & pair.source_shadow
    return np.asarray(same & (not pair.same_ground), np.bool_)


def _lost(pair: Comparison, old: Floats) -> Mask:
    """Return where the source shows goods lighter than its ground, which no shadow is, and the draft shows ground."""
    lighter = pair.source_smooth[..., 0] > old[..., 0] + LIGHTER
    gone = (pair.candidate.distance < GONE) & (pair.residual > CHANGED)
    return np.asarray(pair.product & lighter & gone, np.bool_)


def _cut(pair: Comparison, ground: Mask, steep: Floats) -> Mask:
    """Return the kept places that end where the source is smooth: pale goods end at an edge of their own."""
    open_ = rim(ground, pair.candidate.distance < GONE, RIM)
    return kept_where(ground, open_, steepest(steep) < SMOOTH, LOOSE_SHARE, 12)


def _filled(pair: Comparison, ground: Mask, steep: Floats) -> Mask:
    """Return the kept places that fill a hole: no way out to the ground, and an edge of the source all around.

    Shading that takes pale goods out of the mask has no such edge.
    """
    open_ = rim(ground, pair.candidate.distance < GONE, RIM)
    closed = ground & ~kept_where(ground, open_, open_, 0.0, 1)
    return kept_where(closed, rim(closed), steepest(steep, 2 * EDGE) > SHARP, HOLE_SHARE, 12)


def _hard(pair: Comparison, shadow: Mask) -> Mask:
    """Return the kept shadows that end at a cut instead of fading out."""
    return kept_where(
        shadow, rim(shadow, pair.candidate.distance < GONE, RIM), pair.candidate.distance > HARD, RIM_SHARE, 8
    )


def _shade_cut(pair: Comparison, shade: Mask, steep: Floats) -> Mask:
    """Return the kept soft shadows that end where the source is smooth: goods end at an edge."""
    open_ = rim(shade, pair.candidate.distance < GONE, RIM)
    return kept_where(shade, open_, np.asarray(steepest(steep) < SOFT, np.bool_), SOFT_SHARE, 12)


def _ending(lost: Mask, steep: Floats) -> Mask:
    """Return the lost places that end at edges of the source: an uneven backdrop's light part does not."""
    return kept_where(lost, rim(lost, None, EDGE), steepest(steep) > SHARP, SHARP_SHARE, 8)
