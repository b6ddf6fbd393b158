"""The bundle that every check gets: source and candidate in one frame, qa's own masks of both."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.difference import Blob, grown, least_difference, light_removed
from trueshelf_imaging.pixels import Floats, Mask, Rgb, shrink
from trueshelf_imaging.registration import Affine, Registration, register, warp
from trueshelf_qa.domain.product import Product, find_product
from trueshelf_qa.domain.results import Place
from trueshelf_qa.domain.words import where

SIDE = 1024
"""Longer side at which pictures are compared."""
HALF = 0.5
"""A mask resampled to fractions holds where it covers half of a pixel."""
MIN_PRODUCT = 0.001
"""Share of the draft that the mapped product must cover."""
MIN_SHARED = 50
"""Pixels that both pictures must show as product."""
CORE = 3
"""Pixels by which the product is narrowed where edges must not take part."""
SOFTENING = 1.0
"""Gaussian sigma (pixels) before colours are compared: noise and resampling go, marks of 3 pixels stay."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What a generator or renderer declared: candidate = scale · source + offset, pixels. A hint, never trusted."""

    scale: float
    offset_x: float
    offset_y: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Source and candidate, aligned. Arrays share the candidate's frame at work size."""

    candidate_rgb: Rgb
    candidate_lab: Floats
    source_lab: Floats
    product: Mask
    """The source's product (sure), mapped into the candidate."""
    outer: Mask
    """Anything that may be the source's product or its shadow, mapped."""
    covered: Mask
    """Where the source has pixels at all."""
    source_distance: Floats
    """The source's Lab distance to its own ground, mapped."""
    source_chroma: Floats
    """The part of that distance that no shadow explains, mapped."""
    source_shadow: Mask
    """Where the source looks like a cast shadow, mapped."""
    source_plain: bool
    """Whether the source's own mask can be trusted; otherwise `product` is the candidate's."""
    candidate: Product
    registration: Registration
    residual: Floats
    """Least Lab distance within the tolerated shift, both sides softened."""
    wanted: tuple[float, float, float] | None
    """Lab of the ground that was asked for; None when none was."""
    generative: bool
    in_scene: bool = False
    """The ground is a picture of the user's: `candidate.ground` is that picture."""
    declared_scale: float | None = None
    """What the generator says of its scale, between the two pictures at work size."""

    @property
    def area(self) -> int:
        """Pixels of the product; at least 1."""
        return max(1, int(self.product.sum()))

    @property
    def core(self) -> Mask:
        """What both pictures show as product, without its edges; of a thin product all of it."""
        shared = self.candidate.sure & self.outer
        core = grown(shared, -CORE)
        return core if core.sum() > 0.15 * shared.sum() else shared  # chains stay whole

    def place(self, blob: Blob) -> Place:
        """Return `blob` as a place: coordinates of the picture, words relative to the product."""
        height, width = self.product.shape
        x0, y0, w, h = cv2.boundingRect(self.product.astype(np.uint8))
        words = where((blob.centre[0] - x0) / max(1, w), (blob.centre[1] - y0) / max(1, h))
        return Place(
            round(blob.x / width, 4),
            round(blob.y / height, 4),
            round(blob.width / width, 4),
            round(blob.height / height, 4),
            round(min(1.0, blob.area / self.area), 5),
            words,
        )


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Why nothing can be compared, as a sentence."""

    reason: str


def compare(
    source: Rgb,
    candidate: Rgb,
    *,
    placed: Placed | None,
    wanted: tuple[int, int, int] | None,
    generative: bool,
    scene: Rgb | None = None,
) -> Comparison | NotComparable:
    """Return both pictures aligned, or why they cannot be: too small, no product, or not recognisably the same one."""
    if min(*source.shape[:2], *candidate.shape[:2]) < 32:  # noqa: PLR2004  # features need some pixels
        return NotComparable("A picture has fewer than 32 pixels on a side: too small to compare.")
    a, b = _scene(source), _scene(candidate, scene)
    if not a.product.found and not b.product.found:
        return NotComparable("No product was found: neither picture shows anything that stands out from its ground.")
    if not b.product.found:
        return NotComparable("No product was found in the draft: nothing stands out from its ground.")
    guess = None
    if placed is not None:
        guess = _at_work_size(placed, a.rgb.shape[1] / source.shape[1], b.rgb.shape[1] / candidate.shape[1])
    known = a.product.sure if a.product.plain else np.zeros(a.product.sure.shape, np.bool_)
    found = register(a.rgb, b.rgb, known, b.product.sure, guess)
    if found is None:
        return NotComparable(
            "The draft could not be aligned with its source: another product, another view, or too little detail."
        )
    aligned = _aligned(a, b, found, None if wanted is None else _lab_of(wanted), generative)
    if isinstance(aligned, NotComparable):
        return aligned
    scale = None if guess is None else float(guess[0, 0])
    return replace(aligned, in_scene=scene is not None, declared_scale=scale)


@dataclass(frozen=True, slots=True)
class _Scene:
    """One picture at work size and what was found in it."""

    rgb: Rgb
    lab: Floats
    product: Product


def _scene(picture: Rgb, ground: Rgb | None = None) -> _Scene:
    small = shrink(picture, SIDE)
    lab = to_lab(small)
    known = None if ground is None else to_lab(shrink(ground, SIDE))
    return _Scene(small, lab, find_product(lab, known))


def _aligned(
    source: _Scene, candidate: _Scene, found: Registration, wanted: tuple[float, float, float] | None, generative: bool
) -> Comparison | NotComparable:
    """Bring everything of the source into the candidate's frame."""
    height, width = candidate.rgb.shape[:2]
    frame = (width, height)

    def mapped(mask: Mask) -> Mask:
        return np.asarray(warp(mask.astype(np.float32), found.matrix, frame) > HALF, np.bool_)

    ours, theirs = source.product, candidate.product
    covered = mapped(np.ones(ours.sure.shape, np.bool_))
    plain = ours.plain and ours.found
    product = (mapped(ours.sure) if plain else theirs.sure) & covered
    outer = mapped(ours.possible) if plain else theirs.possible
    if product.mean() < MIN_PRODUCT:
        return NotComparable("The aligned source lies outside the draft: nothing of the product can be compared.")
    if (theirs.sure & outer).sum() < MIN_SHARED:
        return NotComparable("The draft shows nothing where the source shows its product.")
    source_lab = warp(to_lab(_antialiased(source.rgb, found.scale)), found.matrix, frame)
    soft_source, soft_candidate = _softened(source_lab), _softened(candidate.lab)
    if generative:
        soft_source = light_removed(soft_source, soft_candidate, product, 0.06 * max(width, height))
    return Comparison(
        candidate_rgb=candidate.rgb,
        candidate_lab=candidate.lab,
        source_lab=source_lab,
        product=product,
        outer=outer,
        covered=covered,
        source_distance=warp(ours.distance, found.matrix, frame),
        source_chroma=warp(ours.chroma, found.matrix, frame),
        source_shadow=mapped(ours.shadow),
        source_plain=plain,
        candidate=theirs,
        registration=found,
        residual=least_difference(soft_source, soft_candidate, 2 if generative else 1),
        wanted=wanted,
        generative=generative,
    )


def _at_work_size(placed: Placed, source: float, candidate: float) -> Affine:
    """Return the declared placement as a map between the shrunken pictures (`source`, `candidate`: their scales)."""
    scale = placed.scale * candidate / source
    return np.array([[scale, 0, placed.offset_x * candidate], [0, scale, placed.offset_y * candidate]], np.float64)


def _antialiased(source: Rgb, scale: float) -> Rgb:
    """Return `source` smoothed for being shrunk by `scale`, as the candidate was."""
    if scale >= 0.8:  # noqa: PLR2004  # bilinear suffices
        return source
    return np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / scale), np.uint8)


def _softened(lab: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), SOFTENING), np.float32)


def _lab_of(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    lab = to_lab(np.array([[colour]], np.uint8))[0, 0]
    return float(lab[0]), float(lab[1]), float(lab[2])
