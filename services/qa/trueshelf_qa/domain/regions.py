"""Which parts of an aligned pair are compared: the product without its edges, and without the shadows it casts."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from trueshelf_imaging.difference import grown, opened, touching
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_imaging.registration import warp
from trueshelf_qa.domain.borders import kept_where, rim, slope, steepest
from trueshelf_qa.domain.scene import Scene

if TYPE_CHECKING:
    from trueshelf_qa.domain.comparison import Comparison

SHADE_CHROMA, SHADE_ALIKE = 8.0, 0.1
"""Lab units within which a darkening is neutral; share of light within which two shadows are one."""
MOSTLY, LITTLE = 0.6, 0.25
"""Share of what both pictures show that is left without its shadows; of less, the product itself was taken for one.
The second where the photo's shadow was to be kept: it may be larger than the product."""
CORE = 3
"""Pixels by which the product is narrowed where edges must not take part."""
GROUND = 5.0
"""Lab units within which a pixel of the draft counts as ground."""
AWAY, THIN_SHARE = 6, 0.1
"""Pixels from the edge that belong to it, and share of the core that must remain without them."""
PALE_SHARE = 0.4
"""Share of the product that may look like a shadow and be one."""
SOFT, SOFT_SHARE = 3.0, 0.7
"""L* per pixel at which a shadow ends on the draft's ground, and share of its border there: goods end at an edge."""
CHANGED = 3.0
"""Lab units to the source from which a pixel has changed: goods keep their colour, shadows their share of light."""


def kept_shade(pair: "Comparison") -> Mask:
    """Where the draft takes from its ground the share of light that the source takes from its own, and no colour.

    That is a shadow that was kept; neutral goods look like it only if they became lighter by what the ground did.
    """
    if pair.in_scene or pair.same_ground:
        return np.zeros(pair.product.shape, np.bool_)
    before = np.asarray(warp(_light_left(pair.source), pair.registration, pair.size))
    after = _light_left(pair.drawn)
    neutral = (pair.source_chroma < SHADE_CHROMA) & (pair.candidate.chroma < SHADE_CHROMA)
    dark = neutral & (before < 1 - SHADE_ALIKE / 2) & (pair.residual > CHANGED)
    alike = opened(np.asarray(dark & (np.abs(before - after) < SHADE_ALIKE), np.bool_), 5)
    if pair.asked.shadow != "none":  # the photo's own fades out where a picture ends, a preset's is weaker
        ground = np.asarray(pair.candidate.distance < GROUND, np.bool_)
        faded = touching(opened(np.asarray(dark & (after > before - SHADE_ALIKE), np.bool_), 5), ground)
        if pair.asked.shadow != "natural":
            soft = np.asarray(steepest(slope(pair.candidate_smooth[..., 0])) < SOFT, np.bool_)
            faded = kept_where(faded, rim(faded, ground, 3), soft, SOFT_SHARE)
        alike |= faded
    return grown(alike, 4)


def core(pair: "Comparison") -> Mask:
    """What both pictures show as product, without its edges; of a thin product all of it.

    A cast shadow is no product, though it may be as dark.
    """
    shared = pair.candidate.sure & pair.outer
    goods = shared & ~pair.kept_shade
    least = LITTLE if pair.asked.shadow == "natural" else MOSTLY
    shared = goods if goods.sum() > least * shared.sum() else shared  # else it is grey goods that look so
    narrowed = grown(shared, -CORE)
    return narrowed if narrowed.sum() > 0.15 * shared.sum() else shared  # chains stay whole


def inside(pair: "Comparison") -> Mask:
    """The core well away from edges, from the draft's ground and from shadows; of thin goods the core.

    Where a good part of the goods looks like a shadow, they are pale and smooth, and it is none.
    """
    bare = ~pair.outer | (pair.source_distance < GROUND) & pair.source_plain
    ground = touching(np.asarray(pair.candidate.distance < GROUND, np.bool_), np.asarray(bare, np.bool_))
    within = pair.core & ~grown(ground, AWAY) & (pair.depth > AWAY)
    shade = grown(pair.source_shadow & (pair.candidate.shadow | ~pair.product), CORE)
    if (shade & within).sum() < PALE_SHARE * within.sum():
        within &= ~shade
    return within if within.sum() > THIN_SHARE * pair.core.sum() else pair.core


def _light_left(scene: Scene) -> Floats:
    """Return the share of the ground's luminance that is left at each pixel, without noise."""
    light = cv2.GaussianBlur(scene.lab[..., 0], (0, 0), 1.5)
    ratio = (light + 16) / np.maximum(scene.product.ground[..., 0] + 16, 16)
    return np.asarray(ratio**3, np.float32)
