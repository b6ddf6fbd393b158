"""Print and weave: moved, scaled, or replaced by another one (R-40, R-42, R-48).

Alignment follows the print where there is one, so that a print which was moved or scaled as a whole leaves no motion
inside; then the outline has moved against it.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.difference import blobs, keep_blobs, rescaled
from trueshelf_imaging.motion import Motion
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "pattern", "1", "details_unchanged"
FEW = 12
"""Busy tiles below which there is no pattern."""
OTHER = 0.4
"""Correlation below which a tile shows another pattern, however it may have moved."""
TOGETHER = 4
"""Neighbouring tiles that must show another pattern: fewer are a reflection."""
BODY = 12.0
"""Pixels of depth that a product needs for its outline to be told from its inside."""
FAR = 0.06
"""Share of the product's size beyond which an outline's offset is a lost or added part."""
MIN_OUTLINE, AGREEING = 200, 0.6
"""Outline points needed, and the share of them that the fitted motion must explain within a pixel or two."""
Points = npt.NDArray[np.float64]


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare tiles with structure after undoing their motion, and the outline's motion with the inside's."""
    motion = pair.drift.motion
    if motion is None or motion.busy.sum() < FEW:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "plain"), 0.3, CHECKLIST_ITEM)
    other = keep_blobs(motion.busy & (motion.alike < OTHER), TOGETHER)
    moved, scaled = _against_outline(pair, motion)
    metrics = (
        measured(limits, "other_share", float(other.sum()) / max(1, int(motion.busy.sum()))),
        measured(limits, "moved", moved),
        measured(limits, "scaled", scaled),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    places: tuple[Place, ...] = ()
    said = say(NAME, "clear")
    if metrics[0].verdict != "clear":
        places = tuple(pair.place(rescaled(blob, motion.cell, motion.origin)) for blob in blobs(other, 1)[:8])
        said = say(NAME, "other", places=places)
    elif metrics[2].verdict != "clear":
        said = say(NAME, "scaled", scaled=scaled)
    elif metrics[1].verdict != "clear":
        said = say(NAME, "moved", moved=moved)
    confidence = round(min(0.85, 0.3 + 0.005 * int(motion.busy.sum())), 2)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics, places)


def _against_outline(pair: Comparison, motion: Motion) -> tuple[float, float]:
    """Return how far the inside moved against the outline, as a share of the product's size, and how it was scaled.

    Zeros where the outline cannot be trusted: no plain ground, thin goods, parts lost or added.
    """
    outline = _outline(pair)
    if outline is None or motion.known.sum() < FEW:
        return 0.0, 0.0
    points, normals, offsets = outline
    centre = points.mean(axis=0)
    size = float(np.sqrt(pair.area))
    of_outline = _similarity((normals * (points - centre)).sum(axis=1), normals, offsets)
    known = motion.known
    places = np.stack([motion.x[known], motion.y[known]], axis=1).astype(np.float64) - centre
    steps = np.stack([motion.dx[known], motion.dy[known]], axis=1).astype(np.float64)
    along = np.concatenate([places[:, 0], places[:, 1]])
    axes = np.repeat(np.eye(2), len(places), axis=0)
    of_inside = _similarity(along, axes, steps.T.ravel())
    if of_outline is None or of_inside is None:
        return 0.0, 0.0
    shift = of_inside - of_outline
    return float(np.hypot(shift[0], shift[1]) / size), float(abs(shift[2]))


def _outline(pair: Comparison) -> tuple[Points, Points, Points] | None:
    """Return points of the source's outline, their outward normals, and how far outside the draft's edge lies there."""
    if not pair.source_plain or pair.depth.max() < BODY:
        return None
    source, candidate = (_signed(mask) for mask in (pair.product, pair.candidate.sure))
    across, down = cv2.Sobel(source, -1, 1, 0), cv2.Sobel(source, -1, 0, 1)
    edge = (np.abs(source) <= 1) & (np.hypot(across, down) > 0) & pair.covered
    edge &= np.abs(candidate) < FAR * np.sqrt(pair.area)
    rows, columns = np.nonzero(edge)
    if len(rows) < MIN_OUTLINE:
        return None
    step = max(1, len(rows) // 2000)
    rows, columns = rows[::step], columns[::step]
    normals = np.stack([across[rows, columns], down[rows, columns]], axis=1).astype(np.float64)
    normals /= np.hypot(normals[:, 0], normals[:, 1])[:, None]
    offsets = (source[rows, columns] - candidate[rows, columns]).astype(np.float64)
    return np.stack([columns, rows], axis=1).astype(np.float64), normals, offsets


def _signed(mask: Mask) -> npt.NDArray[np.float32]:
    """Return the distance to the mask's edge, smoothed: negative inside, positive outside."""
    inside = mask.astype(np.uint8)
    signed = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) - cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    return np.asarray(cv2.GaussianBlur(signed, (0, 0), 2.0), np.float32)


def _similarity(radial: Points, normals: Points, offsets: Points) -> Points | None:
    """Return (shift x, shift y, zoom) from offsets measured along `normals`; None where most points disagree."""
    basis = np.column_stack([normals, radial])
    weight = np.ones(len(offsets))
    for _ in range(8):
        root = np.sqrt(weight)
        fitted = np.linalg.lstsq(basis * root[:, None], offsets * root, rcond=None)[0]
        off = np.abs(offsets - basis @ fitted)
        scale = max(1.0, 1.5 * float(np.median(off)))
        weight = 1 / (1 + (off / scale) ** 2)
    return np.asarray(fitted) if np.mean(off < 2 * scale) > AGREEING and scale < 3 else None  # noqa: PLR2004  # pixels
