"""What stands alone in a picture: pieces of a product, counted at half of the work size."""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.difference import Blob, blobs, grown, opened, rescaled
from trueshelf_imaging.pixels import Floats, Mask

HALF = np.s_[::2, ::2]
"""Every second pixel of a map of the work size: what this module takes."""
GAP = 0.006
"""Share of the longer side across which fragments are one piece: links of a chain, a pale seam."""
BRIDGE, SLIM = 0.008, 0.8
"""Width, as that share, of what joins two pieces without making them one, and share of the product that is wider."""
PIECE = 0.01
"""Share of the product from which something that stands alone is a piece and no speckle."""
REAL = 0.1
"""Share of the largest piece from which another is an article of its own, and no part that came off."""
WAIST, CORE = 0.55, 0.002
"""Share of a piece's largest half width that parts it where two touch, and share of all that is one of them."""
FADED, RIM = 4.0, (1.2, 2.5)
SHARP = 0.8
"""A thing reaches this share of its own contrast within 2.5 pixels (of half size) of its edge; a shadow fades."""
TEXTURE = 6.0
"""Standard deviation of L* inside from which a piece has details of its own, as no shadow has."""
COLOURED = 12.0
"""Lab units of hue and chroma that no shadow explains."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many articles a picture shows: surely, and at most if what touches is more than one."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}\N{EN DASH}{self.most}"


def count(mask: Mask) -> Count:
    """Return how many articles `mask` shows, small parts aside."""
    whole = _whole(mask).astype(np.uint8)
    number, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return Count(0, 0)
    real = int((areas >= REAL * areas.max()).sum())
    depth, inside = cv2.distanceTransform(whole, cv2.DIST_L2, 3), whole > 0
    deepest = np.zeros(number, np.float32)
    np.maximum.at(deepest, labels[inside].astype(np.intp), depth[inside])
    cores = np.asarray((depth > WAIST * deepest[labels]) & inside, np.bool_)
    return Count(real, max(real, len(blobs(cores, 4 + int(CORE * areas.sum())))))


def pieces(mask: Mask) -> tuple[Mask, ...]:
    """Return each piece of `mask` as a mask of its own."""
    _, labels = cv2.connectedComponents(_whole(mask).astype(np.uint8), connectivity=8)
    areas = np.bincount(labels[mask], minlength=2)
    large = np.flatnonzero(areas >= PIECE * max(1, int(mask.sum())))
    return tuple(np.asarray((labels == label) & mask, np.bool_) for label in large if label > 0)


def is_thing(piece: Mask, distance: Floats, chroma: Floats, light: Floats) -> bool:
    """Return whether a piece is coloured, has details or ends sharply: a cast shadow does none of it.

    `distance` and `chroma`: Lab units from the ground, as `Product` has them; `light`: L*.
    """
    inner = grown(piece, -2)
    if float(np.median(chroma[piece])) > COLOURED or (inner.any() and float(light[inner].std()) > TEXTURE):
        return True
    depth = cv2.distanceTransform((distance >= FADED).astype(np.uint8), cv2.DIST_L2, 3)
    rim = piece & (depth >= RIM[0]) & (depth <= RIM[1])
    return bool(rim.any() and distance[rim].mean() > SHARP * float(np.quantile(distance[piece], 0.9)))


def place(piece: Mask) -> Blob:
    """Return a piece, however torn, as one blob in pixels of the work size."""
    x, y, width, height = cv2.boundingRect(piece.astype(np.uint8))
    middle = x + (width - 1) / 2, y + (height - 1) / 2
    return rescaled(Blob(x, y, width, height, int(piece.sum()), middle), (2.0, 2.0))


def _whole(mask: Mask) -> Mask:
    """Return `mask` with its fragments joined and thin bridges cut; goods that are thin themselves stay whole."""
    side = max(mask.shape)
    gap = max(1, round(GAP * side))
    closed = grown(grown(mask, gap), -gap) | mask
    wide = opened(closed, max(3, round(BRIDGE * side)))
    return wide if wide.sum() > SLIM * closed.sum() else np.asarray(closed, np.bool_)
