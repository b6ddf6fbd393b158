"""The source's edges as they look on the draft's ground: what an honest draft mixes them with is no drift."""

from typing import TYPE_CHECKING

import numpy as np

from trueshelf_imaging.difference import grown
from trueshelf_imaging.pixels import Floats
from trueshelf_imaging.registration import warp

if TYPE_CHECKING:
    from trueshelf_qa.domain.comparison import Comparison

EDGE = 2.5
"""Pixels of depth up to which a pixel of the product may be mixed with the ground."""
SHADES = (1.0, 0.7, 0.45)
"""Shares of light that a product leaves to the ground beside it: a contact shadow takes 0.3 to 0.7 (measured)."""


def relaid(pair: "Comparison") -> Floats:
    """Return the source's Lab, mapped, as it looks on the draft's ground.

    A pixel on the product's edge is a mixture, S = αF + (1 - α)B, and an honest draft mixes the same F with its own
    ground: C - S = (1 - α)(B' - B). B may lie in the product's own shadow, between links and under an edge. The
    share of 0 to 1 and the shade that explain the draft best are added there, nowhere else.
    """
    if pair.same_ground:
        return pair.source_lab
    edge = grown(pair.product, 1) & (pair.depth <= EDGE)
    new, old = pair.candidate.ground[edge], warp(pair.source.product.ground, pair.registration, pair.size)[edge]
    source, moved = pair.source_lab[edge], (pair.candidate_lab - pair.source_lab)[edge]
    best, least = source, np.full(len(source), np.inf, np.float32)
    for light in SHADES:
        along = new - _shaded(old, light)
        share = np.clip((moved * along).sum(axis=1) / np.maximum((along * along).sum(axis=1), 1.0), 0.0, 1.0)
        rest = ((moved - share[:, None] * along) ** 2).sum(axis=1)
        better = rest < least
        best = np.where(better[:, None], source + share[:, None] * along, best)
        least = np.where(better, rest, least)
    on_new = pair.source_lab.copy()
    on_new[edge] = best
    return on_new


def _shaded(lab: Floats, light: float) -> Floats:
    """Return colours (n, 3) with `light`, a share of 0 to 1, left: L* + 16 goes with the cube root, hue stays."""
    root = np.float32(light ** (1 / 3))
    black = np.array([16, 0, 0], np.float32)
    return np.asarray((lab + black) * root - black, np.float32)
