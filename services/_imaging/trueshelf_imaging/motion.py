"""What still moves between two aligned pictures: the displacement that no map of the whole picture explains.

Dense inverse-search flow (Kroeger et al. 2016, OpenCV's DIS) on L* with the light taken out, gathered in tiles: a tile
counts where it has structure in both directions and looks the same after the motion as before.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats, Mask

SIDE = 448
"""Longer side, pixels, at which motion is looked for: half a pixel there is one of a picture of 1,000."""
LIGHT = 6.0
"""Gaussian sigma at that size from which brightness is light."""
CONTRAST = 2.0
"""L* of local contrast that is taken for noise."""
TILE, STEP = 25, 12
COVERED, INSIDE = 0.6, 0.9
"""Share of a tile, and of a pixel at that size, that must be compared."""
CORNER = 0.25
"""Least eigenvalue of the structure tensor, (L* per pixel)², from which motion is known in both directions."""
BUSY = 9.0
"""Variance of L* from which a tile has something to recognise."""
ALIKE = 0.7
"""Correlation from which a tile is the same after its motion."""
STEEPEST = 25.0
FEW, NEIGHBOURS = 12, 0.6
"""Tiles without which there is no field, and share of neighbouring tiles that must be known."""
OUTLYING = 1.5
"""Pixels from the affine map from which a tile hardly takes part in it."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Displacements on a grid of tiles, all arrays of the grid's shape; lengths in pixels of the pictures."""

    x: Floats
    y: Floats
    """A tile's centre."""
    dx: Floats
    dy: Floats
    """How far the second picture shows it from there."""
    known: Mask
    """Tiles whose motion is known."""
    busy: Mask
    """Tiles with structure in the first picture, known or not."""
    alike: Floats
    """Correlation of both pictures in the tile, the motion undone."""
    cell: tuple[float, float]
    """Pixels between neighbouring tiles, across and down."""

    @property
    def origin(self) -> tuple[float, float]:
        """The corner of the first tile's cell."""
        return float(self.x[0, 0]) - self.cell[0] / 2, float(self.y[0, 0]) - self.cell[1] / 2


def residual_motion(source: Floats, candidate: Floats, where: Mask) -> Motion | None:
    """Return the motion of L* from `source` to `candidate` over `where`; None where that is too small."""
    x0, y0, width, height = cv2.boundingRect(where.astype(np.uint8))
    if min(width, height) < TILE:
        return None
    scale = min(1.0, SIDE / max(width, height))
    size = max(TILE, round(width * scale)), max(TILE, round(height * scale))
    part = np.s_[y0 : y0 + height, x0 : x0 + width]

    def small(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values[part], size, interpolation=cv2.INTER_AREA), np.float32)

    inside = small(where.astype(np.float32))
    ours = small(source)
    theirs = ours + (small(candidate) - ours) * inside  # outside nothing moves
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = np.asarray(dis.calc(_levelled(ours), _levelled(theirs), None), np.float32)  # type: ignore[call-overload]
    back = size[0] / width, size[1] / height
    return _gathered((ours, theirs), flow, (inside > INSIDE).astype(np.float32), (x0, y0), back)


def unexplained(motion: Motion) -> npt.NDArray[np.float32]:
    """Return (rows, columns, 2): what is left of the motion after the best affine map of the whole, in pixels.

    Averaged over neighbouring tiles, so that what moves together stays and what is noise goes; 0 where too few tiles
    around are known.
    """
    known = motion.known
    rest = np.zeros((*known.shape, 2), np.float32)
    if known.sum() < FEW:
        return rest
    x, y = motion.x - motion.x[known].mean(), motion.y - motion.y[known].mean()
    basis = np.stack([np.ones_like(x), x, y], axis=-1).astype(np.float64)
    moved = np.stack([motion.dx, motion.dy], axis=-1).astype(np.float64)
    weight = np.ones(int(known.sum()))
    for _ in range(6):
        root = np.sqrt(weight)[:, None]
        fitted = np.linalg.lstsq(basis[known] * root, moved[known] * root, rcond=None)[0]
        off = np.hypot(*(moved[known] - basis[known] @ fitted).T)
        weight = 1 / (1 + (off / OUTLYING) ** 2)
    rest[known] = (moved - basis @ fitted)[known]
    around = (3, 3)
    count = cv2.boxFilter(known.astype(np.float32), -1, around, borderType=cv2.BORDER_CONSTANT)
    smooth = cv2.boxFilter(rest, -1, around, borderType=cv2.BORDER_CONSTANT) / np.maximum(count, 1e-3)[..., None]
    return np.where((count > NEIGHBOURS)[..., None], smooth, 0).astype(np.float32)


def _levelled(light: Floats) -> npt.NDArray[np.uint8]:
    """Return L* with its local mean and contrast taken out, 8 bit."""
    flat = light - cv2.GaussianBlur(light, (0, 0), LIGHT)
    contrast = np.sqrt(cv2.GaussianBlur(flat * flat, (0, 0), 1.6 * LIGHT) + CONTRAST**2)
    return np.asarray(np.clip(flat / contrast * 40 + 128, 0, 255), np.uint8)


def _gathered(
    pictures: tuple[Floats, Floats], flow: Floats, weight: Floats, corner: tuple[int, int], scale: tuple[float, float]
) -> Motion:
    """Return `flow`, tile by tile, in the pixels of the whole picture."""
    ours, theirs = pictures
    count = np.maximum(_tiles(weight), 1e-6)

    def mean(values: Floats) -> Floats:
        return np.asarray(_tiles(weight * values) / count, np.float32)

    across, down = (np.asarray(cv2.Scharr(ours, -1, *axis, scale=1 / 32), np.float32) for axis in ((1, 0), (0, 1)))
    xx, yy, xy = mean(across * across), mean(down * down), mean(across * down)
    least = (xx + yy - np.sqrt((xx - yy) ** 2 + 4 * xy * xy)) / 2
    steep = np.minimum(across * across + down * down, STEEPEST)
    steepness = np.maximum(mean(steep), 1e-6)
    rows, columns = np.mgrid[: ours.shape[0], : ours.shape[1]].astype(np.float32)
    undone = np.asarray(cv2.remap(theirs, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR), np.float32)
    mean_a, mean_b = mean(ours), mean(undone)
    var_a, var_b = mean(ours * ours) - mean_a**2, mean(undone * undone) - mean_b**2
    alike = (mean(ours * undone) - mean_a * mean_b) / np.sqrt(np.maximum(var_a * var_b, 1e-6))
    covered = count > COVERED
    grid_y, grid_x = np.mgrid[: alike.shape[0], : alike.shape[1]].astype(np.float32) * STEP
    return Motion(
        x=corner[0] + grid_x / scale[0],
        y=corner[1] + grid_y / scale[1],
        dx=np.asarray(mean(steep * flow[..., 0]) / steepness / scale[0], np.float32),
        dy=np.asarray(mean(steep * flow[..., 1]) / steepness / scale[1], np.float32),
        known=covered & (least > CORNER) & (alike > ALIKE),
        busy=covered & (var_a > BUSY),
        alike=np.asarray(np.clip(alike, -1, 1), np.float32),
        cell=(STEP / scale[0], STEP / scale[1]),
    )


def _tiles(values: Floats) -> Floats:
    """Return the mean over each tile; tiles overlap by half."""
    mean = cv2.boxFilter(values, -1, (TILE, TILE), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mean[::STEP, ::STEP], np.float32)
