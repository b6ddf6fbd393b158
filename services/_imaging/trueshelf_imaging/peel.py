"""Taking kept shadow off a cut-out.

A shadow on paper has a soft rim on the paper's side, however hard it is where it touches the product; a pale side of
the product ends in an edge. So a place at the outline that the judge calls shadow goes if its outer rim is lighter than
it is, and soft for a shadow as dark as it is. White bodies, which the judge takes for paper too, have a hard rim and
stay.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_imaging.scene import Scene, bits, disc
from trueshelf_imaging.thresholds import PEEL

_HALF = 0.5
_RIM = 3
_SQUARE = np.ones((3, 3), np.uint8)


def peeled(mask: Mask, likely: Floats, scene: Scene) -> Mask:
    """Return `mask` without shadow. `likely` is the judge's answer at the scene's size; all are (h, w)."""
    left = mask & ~_openings(mask, likely, scene)
    steep = np.asarray(cv2.dilate(scene.slope, _SQUARE), np.float32)
    for _ in range(PEEL.rounds):
        places = cv2.morphologyEx(bits(left & (likely < PEEL.unlikely)), cv2.MORPH_OPEN, _SQUARE)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(places, connectivity=4)
        changed = False
        for number in range(1, count):
            if stats[number, cv2.CC_STAT_AREA] < PEEL.smallest:
                continue
            window = _window(stats[number])
            place = labels[window] == number
            if _is_shadow(place, left[window], steep[window], scene, window):
                gone = (cv2.dilate(bits(place), np.ones((5, 5), np.uint8)) > 0) & (likely[window] < _HALF)
                left[window] &= ~gone
                changed = True
        if not changed:
            break
    return left


def _openings(mask: Mask, likely: Floats, scene: Scene) -> Mask:
    """Return the paper in shade that a product encloses or nearly: a loop of cable, a ring of a strap.

    On white paper nothing is taken for one: white goods look the same.
    """
    opened = np.zeros_like(mask)
    if float(scene.backdrop.surface(3, 3)[1, 1, 0]) > PEEL.white:
        return opened
    even = mask & scene.shade & (scene.distance < PEEL.paler) & (scene.slope < scene.edge)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits(even), connectivity=4)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < PEEL.smallest:
            continue
        window = _window(stats[number])
        place = labels[window] == number
        if float(np.median(likely[window][place])) < PEEL.unlikely:
            grown = cv2.dilate(bits(place), np.ones((5, 5), np.uint8)) > 0
            opened[window] |= grown & scene.shade[window] & (scene.distance[window] < PEEL.paler)
    return opened


def _window(stats: npt.NDArray[np.int32]) -> tuple[slice, slice]:
    x, y, width, height = (int(value) for value in stats[:4])
    air = _RIM + 1
    return slice(max(0, y - air), y + height + air), slice(max(0, x - air), x + width + air)


def _is_shadow(place: Mask, mask: Mask, steep: Floats, scene: Scene, window: tuple[slice, slice]) -> bool:
    rim = (cv2.dilate(bits(place), disc(_RIM)) > 0) & ~place
    outer = rim & ~mask
    if float(outer.sum()) < PEEL.at_outline * float(rim.sum()):
        return False
    distance = scene.distance[window]
    dark, fading = float(np.median(distance[place])), float(np.median(distance[outer]))
    return bool(fading < PEEL.fading * dark and np.median(steep[outer]) < min(PEEL.soft, PEEL.soft_share * dark))
