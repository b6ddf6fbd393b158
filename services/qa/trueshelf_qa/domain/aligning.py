"""Aligning: two pictures in, the pair that checks look at out, or why there is none."""

from dataclasses import dataclass

import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.reading import Reader
from trueshelf_imaging.registration import Affine, register
from trueshelf_qa.domain.asked import NOT_KNOWN, Asked, Placed
from trueshelf_qa.domain.comparison import Comparison, mapped
from trueshelf_qa.domain.results import Words
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.domain.words import say

MIN_PRODUCT = 0.001
"""Share of the draft that the mapped product must cover."""
MIN_SHARED = 50
"""Pixels that both pictures must show as product."""


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Why nothing can be compared, as a sentence."""

    reason: Words


def compare(
    source: Scene,
    candidate: Scene,
    *,
    placed: Placed | None,
    wanted: tuple[int, int, int] | None,
    generative: bool,
    asked: Asked = NOT_KNOWN,
    reader: Reader | None = None,
) -> Comparison | NotComparable:
    """Return both pictures aligned, or why they cannot be: too small, no product, or not recognisably the same one."""
    a, b = source, candidate
    if min(*a.full.shape[:2], *b.full.shape[:2]) < 32:  # noqa: PLR2004  # features need some pixels
        return NotComparable(say("comparison", "too_small"))
    if not a.product.found and not b.product.found:
        return NotComparable(say("comparison", "no_product"))
    if not b.product.found:
        return NotComparable(say("comparison", "no_product_in_draft"))
    guess = None
    if placed is not None:
        guess = _at_work_size(placed, a.rgb.shape[1] / a.full.shape[1], b.rgb.shape[1] / b.full.shape[1])
    found = register(a.view, b.view, guess)
    if found is None:
        return NotComparable(say("comparison", "not_aligned"))
    size = b.rgb.shape[1], b.rgb.shape[0]
    plain, covered = a.product.plain and a.product.found, np.ones(a.rgb.shape[:2], np.bool_)
    pair = Comparison(
        source=a,
        drawn=b,
        registration=found,
        product=mapped(a.product.sure, found, size) if plain else b.product.sure & mapped(covered, found, size),
        outer=mapped(a.product.possible, found, size) if plain else b.product.possible,
        wanted=None if wanted is None else _lab_of(wanted),
        generative=generative,
        in_scene=b.ground is not None,
        placed=placed,
        declared=guess,
        asked=asked,
        reader=reader,
    )
    fault = _fault(pair)
    return pair if fault is None else NotComparable(fault)


def _fault(pair: Comparison) -> Words | None:
    """Return why an aligned pair cannot be compared all the same."""
    if pair.product.mean() < MIN_PRODUCT:
        return say("comparison", "outside")
    if (pair.candidate.sure & pair.outer).sum() < MIN_SHARED:
        return say("comparison", "nothing_shared")
    return None


def _at_work_size(placed: Placed, source: float, candidate: float) -> Affine:
    """Return the declared placement as a map between the shrunken pictures (`source`, `candidate`: their scales).

    Pictures are resized about the corners of their pixels, and coordinates count from the first pixel's centre.
    """
    scale = placed.scale * candidate / source
    middle = (scale - 1) / 2
    across, down = placed.offset_x * candidate + middle, placed.offset_y * candidate + middle
    return np.array([[scale, 0, across], [0, scale, down]], np.float64)


def _lab_of(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    lab = to_lab(np.array([[colour]], np.uint8))[0, 0]
    return float(lab[0]), float(lab[1]), float(lab[2])
