"""Where a source picture lies in a candidate picture: found by features, verified by correlation.

Features (`features`) give the simplest map that explains them (`maps`), known to about a tenth of a pixel. Where a
product has too little texture, a declared placement, the outlines or what sharp edges cover (`coarse`) do, refined by
ECC.
A declared placement is never trusted: it counts at once where it proves itself (most of the product's pixels are the
source's, and are not when it is moved by two pixels); else it is a start that has to earn its correlation like any.
Mirrored copies are recognised by registering the flipped source where the plain one fits badly or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.coarse import by_bands
from trueshelf_imaging.features import Points, matched
from trueshelf_imaging.maps import Kind, Projective, affine_part, simplest, whole
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_imaging.views import View, gradients

Affine = npt.NDArray[np.float64]
"""(2, 3): candidate x, y = matrix · (source x, source y, 1), in pixels."""
Picture = TypeVar("Picture", bound=npt.NDArray[Any])
Method = Literal["features", "declared", "outline"]

INLIER_PIXELS = 2.0
MIN_INLIERS = 15
SURE_INLIERS = 60
"""With that many inliers no closer look, no other start and no mirrored source need be tried."""
MIN_CORRELATION = {"features": 0.45, "declared": 0.75, "outline": 0.75}
"""Correlation of the gradient pictures over the product: a map that few or no features support has to fit better."""
FITS = 0.85
"""Correlation from which a plain map fits so well that a mirrored one need not be tried."""
MIRRORED_BY = 0.1
"""Correlation by which the mirrored source has to fit better: symmetric goods fit both ways."""
ECC_SIDE = 512
EQUAL = 2.5
"""Grey levels (of 255, median over the product) up to which a declared placement shows the source's own pixels."""
MOVED, TELLING = 2, ((0.5, 2.0), (0.9, 6.0))
"""Pixels by which it is moved to see whether that would show, and how: quantiles, and levels by which one has to grow.
The median tells of textured goods, the edges of smooth ones are in their upper tenth."""
HALF = 0.5
"""A mask resampled to fractions holds where it covers half of a pixel."""
MIN_OVERLAP, MIN_SHARE = 200, 0.3
"""Pixels, and share of the mapped product, that both pictures must show for a correlation to mean anything."""
BETTER = 0.02
"""Correlation by which a later start has to fit better than an earlier one."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A verified map from source to candidate pixels, and how well it is founded."""

    full: Projective
    """(3, 3): the map in homogeneous coordinates."""
    matrix: Affine
    """The same as an affine map, of a homography its affine part at the product: stretch and shear are read from it."""
    kind: Kind
    method: Method
    inliers: int
    correlation: float
    spread: float = 0.0
    """Root mean square distance of the features that agree, pixels; 0 where the map rests on none."""
    mirrored: bool = False
    """The candidate shows the source's mirror image; `full` and `matrix` map the source as it is."""

    @property
    def scale(self) -> float:
        """Candidate pixels per source pixel, the geometric mean of both directions."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))


def register(source: View, candidate: View, declared: Affine | None = None) -> Registration | None:
    """Return the best verified map, or None when nothing fits: another product, or one that cannot be recognised.

    The same input gives the same map.
    """
    cv2.setRNGSeed(0)
    if declared is not None and (proven := _proven(source, candidate, declared)) is not None:
        return proven
    plain = _best(source, candidate, declared)
    if plain is not None and (plain.correlation >= FITS or plain.inliers >= SURE_INLIERS):
        return plain
    other = _best(source.flipped, candidate, None)
    if other is None or (plain is not None and other.correlation < plain.correlation + MIRRORED_BY):
        return plain
    return _unflipped(other, source.rgb.shape[1])


def warp(picture: Picture, found: Registration, size: tuple[int, int]) -> Picture:
    """Return `picture` laid over the candidate, in a frame of `size` (width, height), bilinear; outside is 0."""
    if found.kind == "homography":
        return cv2.warpPerspective(picture, found.full, size, flags=cv2.INTER_LINEAR)  # type: ignore[return-value]
    return cv2.warpAffine(picture, found.matrix, size, flags=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _best(source: View, candidate: View, declared: Affine | None) -> Registration | None:
    found: Registration | None = None
    for start in _starts(source, candidate, declared):
        tried = replace(start, correlation=_correlation(source, candidate, start))
        if start.inliers < SURE_INLIERS and start.kind != "homography":
            matrix = _aligned_by_ecc(source, candidate, start.matrix)
            other = replace(start, full=whole(matrix), matrix=matrix, kind="affine")
            if (after := _correlation(source, candidate, other)) > tried.correlation:
                tried = replace(other, correlation=after)
        if tried.correlation < MIN_CORRELATION[start.method]:
            continue
        if found is None or tried.correlation > found.correlation + BETTER:
            found = tried
        if found.method == "features":
            break
    return found


def _proven(source: View, candidate: View, declared: Affine) -> Registration | None:
    """Return the declared map where the candidate's product is the source's own pixels there, and only there.

    A colour or a part that changed leaves the median alone; a stretch or another place does not.
    """
    if not _plausible(declared):
        return None
    height, width = candidate.grey.shape
    inside = cv2.warpAffine(np.ones_like(source.grey), declared, (width, height), flags=cv2.INTER_NEAREST) > 0
    inside[:MOVED], inside[-MOVED:], inside[:, :MOVED], inside[:, -MOVED:] = False, False, False, False
    where = np.nonzero(candidate.product & inside)
    if len(where[0]) < max(MIN_OVERLAP, MIN_SHARE * int(candidate.product.sum())):
        return None
    mapped = cv2.warpAffine(source.grey, declared, (width, height), flags=cv2.INTER_LINEAR).astype(np.int16)
    seen = candidate.grey[where].astype(np.int16)

    shares, needed = zip(*TELLING, strict=True)

    def differences(down: int, across: int) -> Floats:
        off = np.abs(mapped[where[0] + down, where[1] + across] - seen)
        return np.asarray(np.quantile(off, shares), np.float32)

    here = differences(0, 0)
    if here[0] > EQUAL:
        return None
    moved = [differences(*by) - here for by in ((MOVED, 0), (-MOVED, 0), (0, MOVED), (0, -MOVED))]
    if not (np.min(moved, axis=0) >= needed).any():
        return None
    found = Registration(whole(declared), declared, "similarity", "declared", 0, 0.0)
    return replace(found, correlation=_correlation(source, candidate, found))


def _unflipped(found: Registration, width: int) -> Registration:
    """Return a map of the flipped source as one of the source itself."""
    flip = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    full = found.full @ flip
    return replace(found, full=full, matrix=(whole(found.matrix) @ flip)[:2], mirrored=True)


def _starts(source: View, candidate: View, declared: Affine | None) -> Iterator[Registration]:
    """Yield maps to try, the best founded first."""
    by_features = _by_features(source, candidate)
    if by_features is not None:
        yield by_features
    if declared is not None and _plausible(declared):
        yield Registration(whole(declared), declared, "similarity", "declared", 0, 0.0)
    by_outline = _by_outline(source.product, candidate.product)
    if by_outline is not None:
        yield Registration(whole(by_outline), by_outline, "similarity", "outline", 0, 0.0)
    bands = by_bands(source, candidate)
    if bands is not None and _plausible(bands):
        yield Registration(whole(bands), bands, "affine", "outline", 0, 0.0)


def _by_features(source: View, candidate: View) -> Registration | None:
    """Return the map that features give. Where few fit, finer ones are added, if the product's gradients fit better."""
    from_, to = matched(source.features, candidate.features)
    found = _explaining(from_, to, source.region)
    if found is not None and found.inliers >= SURE_INLIERS:
        return found
    fine_from, fine_to = matched(source.fine_features, candidate.fine_features)
    other = _explaining(np.concatenate([from_, fine_from]), np.concatenate([to, fine_to]), source.region, 2)
    both = [one for one in (found, other) if one is not None]
    return max(both, key=lambda one: _correlation(source, candidate, one), default=None)


def _explaining(from_: Points, to: Points, region: Mask, times: int = 1) -> Registration | None:
    """Return the simplest map that explains where the source's features are; with few of them an affine one.

    `times`: how often the same place may have been found; as many more features have to agree.
    """
    if len(from_) < times * MIN_INLIERS:
        return None
    found = simplest(from_, to, INLIER_PIXELS)
    if found is not None and found.inliers >= times * MIN_INLIERS:
        matrix = affine_part(found.full, region)
        registered = Registration(found.full, matrix, found.kind, "features", found.inliers, 0.0, found.spread)
    else:
        solved, inside = cv2.estimateAffine2D(
            from_, to, method=cv2.RANSAC, ransacReprojThreshold=INLIER_PIXELS, maxIters=4000, confidence=0.9995
        )
        if solved is None or int(inside.sum()) < times * MIN_INLIERS:
            return None
        matrix = np.asarray(solved, np.float64)
        registered = Registration(whole(matrix), matrix, "affine", "features", int(inside.sum()), 0.0)
    return registered if _plausible(matrix) else None


def _by_outline(product: Mask, other: Mask) -> Affine | None:
    """Return the scale and shift that lay one mask's extent over the other's."""
    if not product.any() or not other.any():
        return None
    boxes = [cv2.boundingRect(mask.astype(np.uint8)) for mask in (product, other)]
    (x0, y0, w0, h0), (x1, y1, w1, h1) = boxes
    scale = float(np.sqrt((w1 * h1) / (w0 * h0)))
    shift_x, shift_y = x1 + w1 / 2 - scale * (x0 + w0 / 2), y1 + h1 / 2 - scale * (y0 + h0 / 2)
    return np.array([[scale, 0, shift_x], [0, scale, shift_y]], np.float64)


def _aligned_by_ecc(source: View, candidate: View, matrix: Affine) -> Affine:
    """Return `matrix` refined by ECC on gradient pictures, or as it was when ECC does not converge."""
    shrink_a = min(1.0, ECC_SIDE / max(source.grey.shape))
    shrink_b = min(1.0, ECC_SIDE / max(candidate.grey.shape))
    small_a, small_b = _resized(source.grey, shrink_a), _resized(candidate.grey, shrink_b)
    mask = _resized(candidate.region.astype(np.uint8) * 255, shrink_b)
    start = matrix.copy()
    start[:, :2] *= shrink_b / shrink_a
    start[:, 2] *= shrink_b
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    try:
        _, found = cv2.findTransformECC(
            gradients(small_a), gradients(small_b), start.astype(np.float32), cv2.MOTION_AFFINE, criteria, mask, 5
        )
    except cv2.error:
        return matrix
    result = np.asarray(found, np.float64)
    result[:, :2] *= shrink_a / shrink_b
    result[:, 2] /= shrink_b
    return result if _plausible(result) else matrix


def _correlation(source: View, candidate: View, found: Registration) -> float:
    """Return the correlation of both gradient pictures where both show the product; 0 where they hardly overlap."""
    height, width = candidate.grey.shape
    mapped = warp(source.edges, found, (width, height))
    product = warp(source.region.astype(np.float32), found, (width, height)) > HALF
    where = product & candidate.region
    if int(where.sum()) < MIN_OVERLAP or where.sum() < MIN_SHARE * max(int(product.sum()), 1):
        return 0.0
    a, b = mapped[where], candidate.edges[where]
    deviation = float(a.std() * b.std())
    return round(float(((a - a.mean()) * (b - b.mean())).mean() / deviation), 4) if deviation > 0 else 0.0


def _plausible(matrix: npt.NDArray[np.float64]) -> bool:
    """Return whether a map neither mirrors nor distorts beyond what any honest picture shows."""
    if not np.isfinite(matrix).all() or np.linalg.det(matrix[:, :2]) <= 0:
        return False
    large, small = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return bool(small > 0.02 and large < 50 and large / small < 1.6)  # noqa: PLR2004  # generous on purpose


def _resized(picture: Rgb, scale: float) -> Rgb:
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
