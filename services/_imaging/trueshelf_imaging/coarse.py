"""A start for goods in which every part looks like the next: chains, cords, strings of beads.

Features mistake one link for another there. What sharp edges cover, blurred until links run into one band, does not:
its moments lay one picture over the other to a few pixels, and ECC on less and less blurred bands to less than a link.
Shadows take no part: they have no sharp edges.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats
from trueshelf_imaging.views import View

Affine = npt.NDArray[np.float64]

SIDE = 256
"""Longer side at which bands are compared."""
STRONG, SHARP = 0.995, 0.35
"""Quantile of the gradients that counts as the strongest, and share of it from which an edge is sharp."""
BLURS = (6.0, 3.0, 1.2)
"""Gaussian sigmas, pixels at `SIDE`, one after the other."""
MIN_EDGES = 100
STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)


def by_bands(source: View, candidate: View) -> Affine | None:
    """Return the affine map that lays one picture's sharp edges over the other's; None where they do not meet."""
    one, other = _band(source), _band(candidate)
    if one is None or other is None:
        return None
    (from_, shrunk_from), (to, shrunk_to) = one, other
    found, everywhere = _by_moments(from_, to).astype(np.float32), np.full(to.shape, 255, np.uint8)
    for blur in BLURS:
        first, second = (np.asarray(cv2.GaussianBlur(band, (0, 0), blur), np.float32) for band in (from_, to))
        try:
            _, step = cv2.findTransformECC(first, second, found, cv2.MOTION_AFFINE, STEPS, everywhere, 1)
        except cv2.error:
            return None
        found = np.asarray(step, np.float32)
    matrix = np.asarray(found, np.float64)
    # a pixel's centre has integer coordinates, so sizes change about the corner, half a pixel off
    corner = matrix[:, :2] @ np.full(2, 0.5 * shrunk_from - 0.5) + matrix[:, 2] + 0.5
    return np.column_stack([matrix[:, :2] * shrunk_from / shrunk_to, corner / shrunk_to - 0.5])


def _band(view: View) -> tuple[Floats, float] | None:
    """Return what sharp edges cover, 0 to 1, at `SIDE`, and by how much it was shrunk; None without such edges."""
    edges = np.where(view.region, view.edges, 0)
    inside = edges[view.region]
    strongest = float(np.quantile(inside, STRONG)) if inside.size else 0.0
    if strongest <= 0 or int((inside > SHARP * strongest).sum()) < MIN_EDGES:
        return None
    sharp = np.clip((edges / strongest - SHARP) / (1 - SHARP), 0, 1).astype(np.float32)
    scale = min(1.0, SIDE / max(sharp.shape))
    size = max(1, round(sharp.shape[1] * scale)), max(1, round(sharp.shape[0] * scale))
    return np.asarray(cv2.resize(sharp, size, interpolation=cv2.INTER_AREA), np.float32), scale


def _by_moments(one: Floats, other: Floats) -> Affine:
    """Return the scale and shift that lay one picture's mean and spread over the other's."""
    centres, spreads = [], []
    for band in (one, other):
        found = cv2.moments(band)
        centres.append(np.array([found["m10"], found["m01"]]) / found["m00"])
        spreads.append(np.sqrt((found["mu20"] + found["mu02"]) / found["m00"]))
    scale = spreads[1] / max(spreads[0], 1e-6)
    return np.column_stack([np.eye(2) * scale, centres[1] - scale * centres[0]])
