"""Finding the product on its ground: qa's own eyes, independent of what generate cut out.

The ground is fitted as a quadratic Lab surface to the picture's border ring (robustly, so that a product touching the
frame does not pull it), and the ring's residual says whether the ground is plain at all: above `PLAIN` automatic
separation fails on most photos, and the checks that need it say "unjudged".
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.difference import grown, keep_blobs, touching
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.borders import kept_where, rim, slope, steepest

RING = 0.04
"""Width of the border ring as a share of the shorter side."""
PLAIN = 6.0
"""Lab units of robust residual above which the ground is not plain (IoU of automatic masks drops from .84 to .44)."""
SHADOW_DEPTH = 38.0
"""L* by which a cast shadow may be darker than the ground."""
SHADOW_SLOPE = 1.6
"""L* per pixel (at about 1000 pixels' side) up to which a darkening is as soft as a shadow."""
SHADOW_EDGE = 6
"""Pixels by which a shadow reaches on to where the product's own edge makes it look steep."""
DAMPING = 0.3
PALE_DEPTH, PALE_EDGE, PALE_RIM = 16.0, 0.8, 60
"""L* below the ground down to which goods are pale; share of a place's border that must be as steep as no shadow's;
pixels that border must have."""
SMALL, LIT = 8, 3.0
"""The ground's own light is looked at this much smaller; Lab units: half of it is seen as lighter, four times of it is
too much, and by so much its hue may differ."""
SAMPLES = 3000
"""Pixels of the ring that the ground is fitted to."""
MIN_SHARE = 0.002
"""A product smaller than this share of the picture is no product."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product on its ground."""

    sure: Mask
    """Certainly product: clearly unlike the ground, shadows excluded."""
    possible: Mask
    """Anything unlike the ground, shadows and reflections included, small holes filled."""
    distance: Floats
    """Lab distance of each pixel to the ground."""
    chroma: Floats
    """Lab distance in hue and chroma alone, corrected for shade: small in any shadow, large in coloured goods."""
    shadow: Mask
    """Soft neutral darkening: a cast shadow by its looks."""
    ground: Floats
    """The ground's Lab at each pixel, as fitted."""
    sigma: float
    """Robust residual of the border ring, Lab units."""

    @property
    def found(self) -> bool:
        return bool(self.sure.mean() >= MIN_SHARE)

    @property
    def plain(self) -> bool:
        return self.sigma <= PLAIN


def find_product(lab: Floats, known: Floats | None = None) -> Product:
    """Return the product in `lab`, a picture of about 1000 pixels' side. An empty mask when there is none.

    `known` is the ground's Lab where it need not be guessed: the scene that a product was set into.
    """
    if known is None:
        ground, sigma = _ground(lab)
        ground = _with_light(ground, lab, sigma)
    else:
        ground, sigma = known, 0.0
    darker = np.asarray(cv2.subtract(ground[..., 0], lab[..., 0]), np.float32)
    distance = lab_distance(lab, ground)
    chroma = _chroma_difference(lab, ground)
    steep = slope(np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.2), np.float32))
    soft = cv2.boxFilter(steep, -1, (5, 5)) < SHADOW_SLOPE
    neutral = (darker > 1) & (darker < SHADOW_DEPTH) & (chroma < max(3.5, 2 * sigma))
    shadow = neutral & soft
    shadow |= grown(shadow, SHADOW_EDGE) & neutral
    shadow &= ~_pale_goods(shadow, darker, distance, steep, sigma)
    weighted = np.where(shadow, np.float32(DAMPING) * distance, distance)
    low, high = max(4.0, 2.2 * sigma), max(8.0, 4 * sigma)
    sure = _hysteresis(weighted, low, high)
    possible = _filled(_hysteresis(distance, max(3.0, 2 * sigma), high))
    small = max(8, int(0.00002 * lab.shape[0] * lab.shape[1]))
    return Product(keep_blobs(sure, small), possible | sure, distance, chroma, shadow, ground, sigma)


def _with_light(ground: Floats, lab: Floats, sigma: float) -> Floats:
    """Return the fitted ground with the light that falls on it in places: no quadratic follows a window's.

    Such a place is a little lighter, has the paper's hue, no edge, and reaches the picture's border.
    """
    size = max(1, lab.shape[1] // SMALL), max(1, lab.shape[0] // SMALL)
    seen = np.asarray(cv2.GaussianBlur(cv2.resize(lab, size, interpolation=cv2.INTER_AREA), (0, 0), 0.5), np.float32)
    off = seen - cv2.resize(ground, size, interpolation=cv2.INTER_NEAREST)
    alike = (off[..., 0] > LIT / 2) & (off[..., 0] < 4 * LIT) & (np.hypot(off[..., 1], off[..., 2]) < LIT + sigma)
    smooth = np.asarray(alike & (slope(seen[..., 0]) < LIT / 2), np.bool_)
    edge = np.zeros_like(smooth)
    edge[0], edge[-1], edge[:, 0], edge[:, -1] = True, True, True, True
    lit = touching(smooth, edge)
    if not lit.any():
        return ground
    more = cv2.GaussianBlur(np.where(lit[..., None], off, 0).astype(np.float32), (0, 0), 1.0)
    return np.asarray(ground + cv2.resize(more, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _pale_goods(shadow: Mask, darker: Floats, distance: Floats, steep: Floats, sigma: float) -> Mask:
    """Return what of `shadow` is pale goods: as light as a faint shadow, but ending at an edge all around."""
    faint = shadow & (darker < PALE_DEPTH)
    bare = np.asarray(distance < max(3.0, 2 * sigma), np.bool_)
    sharp = np.asarray(steepest(steep, SHADOW_EDGE - 1) > SHADOW_SLOPE, np.bool_)
    return kept_where(np.asarray(faint, np.bool_), rim(faint, bare, 2), sharp, PALE_EDGE, PALE_RIM)


def _ground(lab: Floats) -> tuple[Floats, float]:
    """Return the fitted ground and the robust residual of the ring (1.48 × median, all channels)."""
    height, width = lab.shape[:2]
    ring = np.zeros((height, width), np.bool_)
    band = max(2, round(RING * min(height, width)))
    ring[:band], ring[-band:], ring[:, :band], ring[:, -band:] = True, True, True, True
    rows, columns = np.nonzero(ring)
    step = max(1, len(rows) // SAMPLES)
    rows, columns = rows[::step], columns[::step]
    basis = _basis(columns / width, rows / height)
    values = lab[rows, columns].astype(np.float64)
    start = np.median(values, axis=0)
    residual = np.linalg.norm(values - start, axis=1)
    coefficients = np.zeros((basis.shape[1], 3))
    for _ in range(10):
        scale = max(0.3, 1.48 * float(np.median(residual)))
        weight = 1 / (1 + (residual / (2 * scale)) ** 2) ** 2
        weighted = basis * weight[:, None]
        coefficients = np.linalg.solve(weighted.T @ basis + 1e-6 * np.eye(basis.shape[1]), weighted.T @ values)
        residual = np.linalg.norm(values - basis @ coefficients, axis=1)
    return _surface(coefficients.astype(np.float32), height, width), round(1.48 * float(np.median(residual)), 3)


def _surface(coefficients: Floats, height: int, width: int) -> Floats:
    """Return the quadratic with `coefficients` (6, 3) at every pixel."""
    x, y = np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32)[:, None] / height
    planes = []
    for one, in_x, in_y, in_xx, in_xy, in_yy in coefficients.T:
        planes.append((one + in_y * y + in_yy * y * y) + x * (in_x + in_xy * y) + in_xx * x * x)
    return np.asarray(cv2.merge(planes), np.float32)


def _basis(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _chroma_difference(lab: Floats, ground: Floats) -> Floats:
    """Return the Δab to the ground as it would look in shade: a shadow scales chroma with lightness."""
    ratio = np.clip(lab[..., 0] / np.maximum(ground[..., 0], 1), 0, 1.2)
    a, b = (lab[..., channel] - ground[..., channel] * ratio for channel in (1, 2))
    return np.asarray(cv2.magnitude(a, b), np.float32)


def _hysteresis(values: npt.NDArray[np.floating], low: float, high: float) -> Mask:
    """Return the connected places above `low` that reach `high`."""
    count, labels = cv2.connectedComponents((values > low).astype(np.uint8), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[labels[values > high]] = True
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def _filled(mask: Mask) -> Mask:
    """Return `mask` closed by two pixels and without holes below 0.15 % of the picture: rings keep their holes."""
    closed = grown(grown(mask, 2), -2) | mask
    holes = ~closed
    return np.asarray(closed | (holes & ~keep_blobs(holes, int(0.0015 * mask.size))), np.bool_)
