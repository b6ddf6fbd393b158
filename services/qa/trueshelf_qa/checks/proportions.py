"""Stretching, squeezing, shearing and tilting against the source (R-41, R-83)."""

import cv2
import numpy as np

from trueshelf_imaging.metrics import anisotropy
from trueshelf_imaging.registration import Registration
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Measured, Words, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "proportions", "3", "shape_unchanged"
MANY = 120
"""Inliers from which the map's stretch is known to about 0.1 %."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Read the stretch (larger ÷ smaller singular value) and the tilt from the map that lays the source over."""
    metrics = [
        measured(limits, "stretch", anisotropy(pair.registration.matrix)),
        measured(limits, "perspective", _perspective(pair)),
    ]
    if pair.declared is not None:
        metrics.append(measured(limits, "scale_off", abs(pair.registration.scale / float(pair.declared[0, 0]) - 1)))
    confidence = 0.5 + 0.45 * min(1.0, pair.registration.inliers / MANY)
    verdict = gravest(metric.verdict for metric in metrics)
    said = _said(pair.registration, {metric.name: metric for metric in metrics})
    return CheckResult(NAME, VERSION, verdict, said, round(confidence, 2), CHECKLIST_ITEM, tuple(metrics))


def _perspective(pair: Comparison) -> float:
    """Return how far the map bends the product away from any affine one, as a share of the product's size."""
    if pair.registration.kind != "homography":
        return 0.0
    x, y, width, height = cv2.boundingRect(pair.source.product.sure.astype(np.uint8))
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)
    mapped = cv2.perspectiveTransform(corners[None], pair.registration.full)[0]
    basis = np.column_stack([np.ones(4), corners])
    rest = mapped - basis @ np.linalg.lstsq(basis, mapped, rcond=None)[0]
    return float(np.hypot(rest[:, 0], rest[:, 1]).max() / np.sqrt(pair.area))


def _said(found: Registration, metrics: dict[str, Measured]) -> Words:
    bad = {name for name, metric in metrics.items() if metric.verdict != "clear"}
    stretch = metrics["stretch"].value
    first, second = found.matrix[:, 0], found.matrix[:, 1]
    across, up = float(np.hypot(*first)), float(np.hypot(*second))
    skew = abs(float(first @ second)) / (across * up)
    parts = []
    if "stretch" in bad and skew > abs(across / up - 1):
        parts.append(say(NAME, "sheared", angle=float(np.degrees(np.arcsin(skew)))))
    elif "stretch" in bad:
        parts.append(say(NAME, "wider" if across > up else "taller", stretch=100 * stretch))
    if "perspective" in bad:
        parts.append(say(NAME, "tilted", tilt=100 * metrics["perspective"].value))
    if not parts:
        parts.append(say(NAME, "clear", stretch=100 * stretch))
    if "scale_off" in bad:
        parts.append(say(NAME, "scale_off", off=100 * metrics["scale_off"].value))
    return joined(parts)
