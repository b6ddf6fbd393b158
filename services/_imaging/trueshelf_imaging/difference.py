"""Where two aligned pictures differ: tolerant difference maps, connected places, and a picture of them."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.pixels import Floats, Mask, Rgb

FLAT = 1.0
"""Lab units: a difference that nobody sees, and as far as small shifts are let go."""
NEAR = 4
"""Pixels up to which widening by a kernel is quicker than by distances."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One connected place, in pixels."""

    x: int
    y: int
    width: int
    height: int
    area: int
    centre: tuple[float, float]


def least_difference(source: Floats, candidate: Floats, radius: int) -> Floats:
    """Return per pixel the smallest Lab distance to the source within `radius` pixels.

    The minimum over small shifts keeps edges under sub-pixel misregistration from looking like changes; without it the
    strongest differences of honest pairs lie on every edge. Where the source hardly varies within the radius, a shift
    gains at most `FLAT` units and is not tried.
    """
    best = lab_distance(source, candidate)
    rows, columns = np.nonzero((_variation(source, radius) > FLAT) & (best > FLAT))
    padded = cv2.copyMakeBorder(source, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    width = padded.shape[1]
    flat, start = padded.reshape(-1, 3), rows * width + columns
    wanted, least = candidate[rows, columns], best[rows, columns] ** 2
    for dy in range(2 * radius + 1):
        for dx in range(2 * radius + 1):
            shifted = wanted - flat[start + (dy * width + dx)]
            np.minimum(least, np.einsum("ij,ij->i", shifted, shifted), out=least)
    best[rows, columns] = np.sqrt(least)
    return best


def _variation(lab: Floats, radius: int) -> Floats:
    """Return how far the Lab values within `radius` pixels lie apart, the largest of the three channels."""
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    light, a, b = cv2.split(cv2.subtract(cv2.dilate(lab, kernel), cv2.erode(lab, kernel)))
    return np.asarray(cv2.max(light, cv2.max(a, b)), np.float32)


def light_removed(source: Floats, candidate: Floats, where: Mask, sigma: float) -> Floats:
    """Return `source` with the candidate's slowly varying light: the difference over `where`, smoothed by `sigma`."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur((candidate - source) * weight[..., None], (0, 0), sigma)
    count = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(source + total / np.maximum(count, 1e-3)[..., None], np.float32)


def blobs(mask: Mask, min_area: int) -> tuple[Blob, ...]:
    """Return the connected places of `mask` of at least `min_area` pixels, the largest first."""
    if not mask.any():
        return ()
    count, _, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for index in range(1, count):
        x, y, width, height, area = (int(number) for number in stats[index])
        if area >= min_area:
            found.append(Blob(x, y, width, height, area, (float(centres[index][0]), float(centres[index][1]))))
    return tuple(sorted(found, key=lambda blob: (-blob.area, blob.y, blob.x)))


def rescaled(blob: Blob, cell: tuple[float, float], origin: tuple[float, float] = (0.0, 0.0)) -> Blob:
    """Return a place found on a grid in pixels: `cell` is a cell's width and height, `origin` the grid's corner."""
    x, y = origin[0] + blob.x * cell[0], origin[1] + blob.y * cell[1]
    centre = origin[0] + (blob.centre[0] + 0.5) * cell[0], origin[1] + (blob.centre[1] + 0.5) * cell[1]
    size = max(1, round(blob.width * cell[0])), max(1, round(blob.height * cell[1]))
    return Blob(round(x), round(y), *size, max(1, round(blob.area * cell[0] * cell[1])), centre)


def labelled(mask: Mask, most: int = 60) -> tuple[Mask, ...]:
    """Return each connected place of `mask` as a mask of its own, the `most` largest, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    order = sorted(range(1, count), key=lambda index: (-int(stats[index][cv2.CC_STAT_AREA]), index))
    return tuple(np.asarray(labels == index, np.bool_) for index in order[:most])


def keep_blobs(mask: Mask, min_area: int) -> Mask:
    """Return `mask` without its connected places smaller than `min_area` pixels."""
    if not mask.any():
        return np.zeros_like(mask)
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    kept = np.bincount(labels.ravel()) >= min_area
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def touching(mask: Mask, other: Mask) -> Mask:
    """Return the connected places of `mask` that reach into `other`."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, np.bool_)
    kept[np.unique(labels[mask & other])] = True
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def opened(mask: Mask, size: int) -> Mask:
    """Return `mask` without what is thinner than `size` pixels."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel), np.bool_)


def grown(mask: Mask, pixels: int) -> Mask:
    """Return `mask` widened (or, negative, narrowed) by `pixels`; the picture's frame narrows nothing."""
    if pixels == 0:
        return mask
    if pixels > NEAR:
        return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= pixels, np.bool_)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pixels) + 1,) * 2)
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), kernel), np.bool_)


def heat_map(candidate: Rgb, difference: Floats, full: float, boxes: tuple[tuple[int, int, int, int], ...]) -> Rgb:
    """Return the candidate in pale grey, `difference` over it in colour (`full` = strongest), `boxes` outlined."""
    grey = cv2.cvtColor(cv2.cvtColor(candidate, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    pale = 110 + grey.astype(np.float32) * (145 / 255)
    strength = np.clip(difference / full, 0, 1)
    colours = cv2.cvtColor(
        cv2.applyColorMap((strength * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB
    ).astype(np.float32)
    weight = np.sqrt(strength)[..., None]
    picture = np.ascontiguousarray(pale * (1 - weight) + colours * weight).astype(np.uint8)
    for x, y, width, height in boxes:
        cv2.rectangle(picture, (x - 2, y - 2), (x + width + 1, y + height + 1), (0, 160, 220), 2)
    return picture


def strongest(values: npt.NDArray[np.float32], share: float) -> float:
    """Return the value that `share` of `values` lie above; 0 for none."""
    return float(np.quantile(values, 1 - share)) if values.size else 0.0
