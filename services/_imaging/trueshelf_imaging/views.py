"""A picture as registration sees it: grey, gradients, features, over the product and its outline."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from trueshelf_imaging.features import FINE, Features, find_features
from trueshelf_imaging.pixels import Floats, Mask, Rgb

MARGIN = 9
"""Pixels by which the product's mask is widened, so that its outline takes part."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture as the search sees it; what costs is made once, however often the picture is registered."""

    rgb: Rgb
    product: Mask
    """The product, or nothing where it is not known."""

    @cached_property
    def grey(self) -> Rgb:
        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def edges(self) -> Floats:
        return gradients(self.grey)

    @cached_property
    def region(self) -> Mask:
        """The product and its outline; everything when the product is not known."""
        return _widened(self.product)

    @cached_property
    def features(self) -> Features:
        return find_features(self.grey, self.region)

    @cached_property
    def fine_features(self) -> Features:
        return find_features(self.grey, self.region, FINE)

    @cached_property
    def flipped(self) -> "View":
        """The picture's mirror image, left to right."""
        return View(np.ascontiguousarray(self.rgb[:, ::-1]), np.ascontiguousarray(self.product[:, ::-1]))


def gradients(grey: Rgb) -> Floats:
    """Return the compressed gradient magnitude: what stays the same when ground and light change."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.5)
    return np.asarray(np.sqrt(cv2.magnitude(cv2.Scharr(smooth, -1, 1, 0), cv2.Scharr(smooth, -1, 0, 1))), np.float32)


def _widened(mask: Mask) -> Mask:
    if not mask.any():
        return np.ones_like(mask)
    kernel = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), np.bool_)
