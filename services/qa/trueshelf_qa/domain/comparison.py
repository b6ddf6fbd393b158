"""The bundle that every check gets: source and candidate in one frame, qa's own masks of both."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.difference import Blob, least_difference, light_removed
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_imaging.reading import Reader
from trueshelf_imaging.registration import Affine, Registration, warp
from trueshelf_qa.domain import regions
from trueshelf_qa.domain.asked import NOT_KNOWN, Asked, Placed
from trueshelf_qa.domain.drift import Drift
from trueshelf_qa.domain.product import Product
from trueshelf_qa.domain.relaying import relaid
from trueshelf_qa.domain.results import Place
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.domain.words import where

LEAN_DEPTH, LEAN_SHARE = 5.0, 0.25
"""Pixels from the edge, and share of the product that lies farther from it in goods that are not lean."""
ALIKE = 2.0
"""Lab units to the source within which the draft shows the same."""
HALF = 0.5
"""A mask resampled to fractions holds where it covers half of a pixel."""
GROUNDS_ALIKE = 3.0
"""Lab units between two grounds, or a pixel and its source, that make no difference."""
LIGHT_SIGMA = 0.06
"""Gaussian sigma, as a share of the longer side, from which a difference is light and no longer a mark."""
DETAIL_SIGMA = 1.5
"""Gaussian sigma (pixels) below which lightness is detail."""
SOFTENING = 1.0
"""Gaussian sigma (pixels) before colours are compared: noise and resampling go, marks of 3 pixels stay."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Source and candidate, aligned. Arrays share the candidate's frame at work size; "mapped": laid over it.

    What costs is made when a check first asks for it.
    """

    source: Scene
    """The source in its own frame."""
    drawn: Scene
    """The candidate before anything was aligned; `candidate` is the product found in it."""
    registration: Registration
    product: Mask
    """The source's product (sure), mapped."""
    outer: Mask
    """Anything that may be the source's product or its shadow, mapped."""
    wanted: tuple[float, float, float] | None
    """Lab of the ground that was asked for; None when none was."""
    generative: bool
    in_scene: bool = False
    """The ground is a picture of the user's: `candidate.ground` is that picture."""
    placed: Placed | None = None
    """Where the generator says that the source lies."""
    declared: Affine | None = None
    """The same as a map between the two pictures at work size."""
    asked: Asked = NOT_KNOWN
    reader: Reader | None = None
    """What reads print; None where this machine has no tesseract."""

    @property
    def candidate(self) -> Product:
        """The candidate's product."""
        return self.drawn.product

    @property
    def candidate_rgb(self) -> Rgb:
        return self.drawn.rgb

    @property
    def candidate_lab(self) -> Floats:
        return self.drawn.lab

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame, pixels."""
        height, width = self.drawn.rgb.shape[:2]
        return width, height

    @property
    def source_plain(self) -> bool:
        """Whether the source's own mask can be trusted; otherwise `product` is the candidate's."""
        return self.source.product.plain and self.source.product.found

    @cached_property
    def source_rgb(self) -> Rgb:
        """The source, mapped; black where it has no pixels."""
        return np.asarray(warp(_antialiased(self.source.rgb, self.registration.scale), self.registration, self.size))

    @cached_property
    def source_lab(self) -> Floats:
        """The source's Lab, mapped."""
        picture = to_lab(_antialiased(self.source.rgb, self.registration.scale))
        return np.asarray(warp(picture, self.registration, self.size))

    @cached_property
    def source_relaid(self) -> Floats:
        """The source's Lab, mapped, as it looks on the draft's ground (`relaying.relaid`)."""
        return relaid(self)

    @cached_property
    def covered(self) -> Mask:
        """Where the source has pixels at all."""
        return mapped(np.ones(self.source.rgb.shape[:2], np.bool_), self.registration, self.size)

    @cached_property
    def source_distance(self) -> Floats:
        """The source's Lab distance to its own ground, mapped."""
        return np.asarray(warp(self.source.product.distance, self.registration, self.size))

    @cached_property
    def source_chroma(self) -> Floats:
        """The part of that distance that no shadow explains, mapped."""
        return np.asarray(warp(self.source.product.chroma, self.registration, self.size))

    @cached_property
    def source_shadow(self) -> Mask:
        """Where the source looks like a cast shadow, mapped."""
        return mapped(self.source.product.shadow, self.registration, self.size)

    @cached_property
    def goods(self) -> Mask:
        """The source's product, and what else the draft shows just as the source does: pale goods on a pale ground."""
        return np.asarray(self.product | (self.candidate.possible & (self.residual < ALIKE)), np.bool_)

    @cached_property
    def kept_shade(self) -> Mask:
        """Where the draft keeps a cast shadow of the source (`regions.kept_shade`)."""
        return regions.kept_shade(self)

    @cached_property
    def same_ground(self) -> bool:
        """Whether both grounds are alike: then a kept shadow is no difference, and goods are not mistaken for it."""
        grounds = [np.median(scene.product.ground.reshape(-1, 3)[::97], axis=0) for scene in (self.source, self.drawn)]
        return bool(np.linalg.norm(grounds[0] - grounds[1]) < GROUNDS_ALIKE)

    @cached_property
    def candidate_smooth(self) -> Floats:
        """The candidate's Lab without noise (Gaussian, sigma `SOFTENING`)."""
        return _softened(self.candidate_lab)

    @cached_property
    def source_smooth(self) -> Floats:
        """The source's Lab without noise, mapped; for a generative draft with the draft's slowly varying light."""
        smooth = _softened(self.source_relaid)
        if not self.generative:
            return smooth
        return light_removed(smooth, self.candidate_smooth, self.product, LIGHT_SIGMA * max(self.size))

    @cached_property
    def residual(self) -> Floats:
        """Least Lab distance within the tolerated shift, both sides without noise."""
        return least_difference(self.source_smooth, self.candidate_smooth, 2 if self.generative else 1)

    @cached_property
    def candidate_detail(self) -> Floats:
        """The candidate's high-pass L*: what texture and sharpness are made of."""
        return _detail(self.candidate_lab)

    @cached_property
    def source_detail(self) -> Floats:
        """The source's high-pass L*, mapped."""
        return _detail(self.source_lab)

    @cached_property
    def drift(self) -> Drift:
        """What still differs: motion, structure, marks."""
        return Drift(self.source_smooth, self.candidate_smooth, self.inside, self.generative)

    @cached_property
    def depth(self) -> Floats:
        """Pixels from each point of `product` to the product's edge; 0 outside."""
        return np.asarray(cv2.distanceTransform(self.product.astype(np.uint8), cv2.DIST_L2, 5), np.float32)

    @property
    def area(self) -> int:
        """Pixels of the product; at least 1."""
        return max(1, int(self.product.sum()))

    @cached_property
    def core(self) -> Mask:
        """What both pictures show as product, without its edges (`regions.core`)."""
        return regions.core(self)

    @cached_property
    def lean(self) -> bool:
        """Whether the product is nearly all edge, as chains and wires are: most of its pixels are half ground."""
        shared = self.candidate.sure & self.outer
        depth = cv2.distanceTransform(shared.astype(np.uint8), cv2.DIST_L2, 3)
        return bool((depth > LEAN_DEPTH).sum() < LEAN_SHARE * max(1, int(shared.sum())))

    @cached_property
    def inside(self) -> Mask:
        """The core well away from edges, grounds and shadows (`regions.inside`)."""
        return regions.inside(self)

    def place(self, blob: Blob) -> Place:
        """Return `blob` as a place: coordinates of the picture, words relative to the product."""
        height, width = self.product.shape
        x0, y0, w, h = self._box
        words = where((blob.centre[0] - x0) / max(1, w), (blob.centre[1] - y0) / max(1, h))
        return Place(
            round(blob.x / width, 4),
            round(blob.y / height, 4),
            round(blob.width / width, 4),
            round(blob.height / height, 4),
            round(min(1.0, blob.area / self.area), 5),
            words,
        )

    @property
    def extent(self) -> Place:
        """The whole product, as a place."""
        (x, y, w, h), (width, height) = self._box, self.size
        return Place(x / width, y / height, w / width, h / height, 1.0)

    @cached_property
    def _box(self) -> tuple[int, int, int, int]:
        x, y, width, height = cv2.boundingRect(self.product.astype(np.uint8))
        return x, y, width, height


def mapped(mask: Mask, found: Registration, size: tuple[int, int]) -> Mask:
    """Return a mask of the source, laid over the candidate."""
    return np.asarray(warp(mask.astype(np.float32), found, size) > HALF, np.bool_)


def _detail(lab: Floats) -> Floats:
    light = lab[..., 0]
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), DETAIL_SIGMA), np.float32)


def _antialiased(source: Rgb, scale: float) -> Rgb:
    """Return `source` smoothed for being shrunk by `scale`, as the candidate was."""
    if scale >= 0.8:  # noqa: PLR2004  # bilinear suffices
        return source
    return np.asarray(cv2.GaussianBlur(source, (0, 0), 0.4 / scale), np.uint8)


def _softened(lab: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), SOFTENING), np.float32)
