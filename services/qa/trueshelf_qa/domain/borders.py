"""How the places of a mask end in the source: at an edge, as things do, or in the middle of something smooth."""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask

NEAR = 2
"""Pixels on both sides of a place's border in which the steepest slope counts: masks are that inexact."""


def slope(light: Floats) -> Floats:
    """Return the steepness of `light` (L*), per pixel."""
    plane = np.ascontiguousarray(light)
    across, down = (cv2.Scharr(plane, -1, dx, dy, scale=1 / 32) for dx, dy in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(across, down), np.float32)


def kept_where(mask: Mask, border: Mask, good: Mask, share: float, enough: int = 1) -> Mask:
    """Return the connected places of `mask` of whose pixels in `border` at least `share`, and `enough`, are `good`."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    total = np.bincount(labels[mask & border], minlength=count)
    hits = np.bincount(labels[mask & border & good], minlength=count)
    keep: npt.NDArray[np.bool_] = (hits >= enough) & (hits >= share * total)
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def rim(mask: Mask, beside: Mask | None = None, reach: int = 1) -> Mask:
    """Return the pixels of `mask` within `reach` of what is not in it, or only of `beside`."""
    other = (~mask if beside is None else beside).astype(np.uint8)
    return np.asarray(mask & (cv2.dilate(other, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0), np.bool_)


def steepest(steep: Floats, near: int = NEAR) -> Floats:
    """Return the largest slope within `near` pixels."""
    return np.asarray(cv2.dilate(steep, np.ones((2 * near + 1,) * 2, np.uint8)), np.float32)
