"""Dust and holes of a mask: which parts are product, which openings show the paper."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask, around
from trueshelf_imaging.scene import bits
from trueshelf_imaging.thresholds import CUTOUT, PEEL

_HALF = 0.5


def tidy(mask: Mask, distance: Floats, high: float, shade: Mask | None = None) -> Mask:
    """Return `mask` without dust; holes are filled that are specks, or that differ from the backdrop.

    Openings that show the backdrop stay, however small: links, eyelets, the wire of an earring; so do those that show
    it in `shade`.
    """
    tidied, window = np.zeros_like(mask), around(mask, 1)
    tidied[window] = _filled(
        _dusted(mask[window]), distance[window], high, mask.size, None if shade is None else shade[window]
    )
    return tidied


def _dusted(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits(mask), connectivity=8)
    if count == 1:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= CUTOUT.component * areas.max())[labels])


def _filled(mask: Mask, distance: Floats, high: float, frame: int, shade: Mask | None) -> Mask:
    """Return `mask`, which is clear of its window's border but at the frame's, with the holes filled that are none."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits(~mask), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    holes = np.setdiff1d(np.arange(1, count), on_border(labels))
    fill = np.zeros(count, np.bool_)
    for hole in holes:
        if areas[hole] < CUTOUT.speck * frame:
            fill[hole] = True
            continue
        x, y, width, height = stats[hole, : cv2.CC_STAT_AREA]
        box = slice(y, y + height), slice(x, x + width)
        here = labels[box] == hole
        inside = distance[box][here]
        if shade is not None and float(shade[box][here].mean()) > PEEL.shaded and np.median(inside) < PEEL.paler:
            continue
        small = areas[hole] < CUTOUT.hole * frame and float(inside.mean()) > _HALF * high
        fill[hole] = small or float((inside > high).mean()) > _HALF
    return np.asarray(mask | fill[labels])


def on_border(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the labels that touch the frame."""
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
