"""Text, stickers and watermarks laid over the picture, beside the product and on it, faint or tiled (R-45)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import blobs, grown, keep_blobs, opened
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import SOFTENING, Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "overlay", "1", "no_foreign_logos"
BESIDE = 14
"""Pixels around the product in which compression rings: no overlay is looked for there."""
WINDOW = 9
"""Side of the box whose mean is taken away: strokes stay, shadows (Gaussian, 13 pixels and more) go."""
STROKE = 1.2
"""Lab units by which a stroke stands out from its surroundings; a soft shadow's own curvature reaches 0.7."""
SEEN_THERE = 1.5
"""What stands out in the source at that place, times this, is no overlay."""
PALE = 3.0
"""Lab units from the draft's ground from which goods are seen, and to the source within which they are its own."""
FILM, FILM_LIGHT, FILM_NOISE = 25, 1.5, 6.0
"""Side of the box that stands for "around" on the product, and L* (or times the median) from which a mark counts."""
SHIFTED = 0.5
"""Pixels of misregistration that a mark must outweigh."""
EDGE, INSIDE = 6.0, 0.35
"""Pixels from the product's edge at which marks are looked for, and share of the product that must lie there."""
SMALL = 10
"""Pixels below which a mark is noise."""
PERIODS = (12, 160)
"""Pixels at half size between which marks repeat when they are tiled."""
SHADED = 1.0
"""L* of shade from which the ground is left out of that."""
SILENT = 0.02
"""L* below which (standard deviation) a ground has no marks at all."""
CRUMB = 0.1
"""Share of the largest place below which a place is not named."""
WIDESPREAD = 0.05
"""Share of the picture that tiled marks cover at least."""
COMMON = 0.15
"""Share of the ground that must overlap itself for a period to be believed."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look for strokes on the draft's ground, which has none of its own, and for signed differences on the product."""
    goods = pair.product | pair.outer & ~pair.source_shadow | _kept(pair)
    beside = cv2.dilate(goods.astype(np.uint8), np.ones((2 * BESIDE + 1,) * 2, np.uint8)) == 0
    ground = np.ascontiguousarray(pair.candidate.ground[..., 0])
    if pair.in_scene:  # a picture with edges of its own, to be softened as the draft was
        ground = np.asarray(cv2.GaussianBlur(ground, (0, 0), SOFTENING), np.float32)
    light = pair.candidate_smooth[..., 0] - ground
    strokes = np.where(beside, _standing(light) - _there(pair), 0).astype(np.float32)
    marks = keep_blobs(np.asarray(strokes > STROKE, np.bool_), SMALL)
    film = keep_blobs(_film(pair), SMALL)
    metrics = (
        measured(limits, "beside_share", float(marks.sum()) / max(1, int(beside.sum()))),
        measured(limits, "on_product_share", float(film.sum()) / pair.area),
        measured(limits, "tiled", _tiled(light, beside)),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    shown = {"beside_share": marks, "on_product_share": film, "tiled": np.zeros_like(marks)}
    bad = {metric.name: _places(pair, shown[metric.name]) for metric in metrics if metric.verdict != "clear"}
    said = joined([say(NAME, name, places=found) for name, found in bad.items()]) if bad else say(NAME, "clear")
    places = tuple(place for found in bad.values() for place in found)
    sure = 0.5 if pair.generative else 0.85
    return CheckResult(NAME, VERSION, verdict, said, sure, CHECKLIST_ITEM, metrics, places[:8])


def _places(pair: Comparison, mask: Mask) -> tuple[Place, ...]:
    """Return the places of `mask` without those that are crumbs beside the largest."""
    found = blobs(grown(mask, 4), 1)
    return tuple(pair.place(blob) for blob in found if blob.area >= CRUMB * found[0].area)


def _standing(light: Floats) -> Floats:
    """Return how far each pixel's lightness stands out from its surroundings."""
    return np.asarray(np.abs(light - cv2.blur(light, (WINDOW, WINDOW))), np.float32)


def _there(pair: Comparison) -> Floats:
    """Return what the source's own structure accounts for."""
    standing = _standing(np.ascontiguousarray(pair.source_smooth[..., 0]))
    return np.asarray(SEEN_THERE * cv2.dilate(standing, np.ones((5, 5), np.uint8)), np.float32)


def _kept(pair: Comparison) -> Mask:
    """Return what the draft shows just as the source does: pale goods that no mask holds."""
    kept = (pair.candidate.distance > PALE) & (pair.residual < PALE)
    return keep_blobs(opened(np.asarray(kept, np.bool_), 3), 40)


def _film(pair: Comparison) -> Mask:
    """Return where the product's inside is lighter or darker than in the source, and its surroundings are not."""
    inside = pair.core & (pair.depth > EDGE) & ~pair.source_shadow & ~pair.candidate.shadow
    if inside.sum() < INSIDE * pair.area:
        return np.zeros_like(inside)
    weight = inside.astype(np.float32)
    signed = (pair.candidate_smooth[..., 0] - pair.source_smooth[..., 0]) * weight
    near = cv2.blur(signed, (5, 5)) / np.maximum(cv2.blur(weight, (5, 5)), 0.2)
    around = cv2.blur(signed, (FILM, FILM)) / np.maximum(cv2.blur(weight, (FILM, FILM)), 0.05)
    light = np.ascontiguousarray(pair.source_smooth[..., 0])
    slope = cv2.magnitude(cv2.Scharr(light, -1, 1, 0, scale=1 / 32), cv2.Scharr(light, -1, 0, 1, scale=1 / 32))
    off = np.abs(near - around) - SHIFTED * cv2.blur(slope, (5, 5))
    level = max(FILM_LIGHT, FILM_NOISE * float(np.median(off[inside])))
    return np.asarray(inside & (off > level), np.bool_)


def _tiled(light: Floats, beside: Mask) -> float:
    """Return how strongly the ground repeats itself: highest peak of its autocorrelation away from 0, 0 to 1.

    Marks too faint to be told one by one add up over all tiles.
    """
    weight = _half(beside.astype(np.float32)) > 0.99  # noqa: PLR2004
    small = _half(light)
    weight &= np.abs(cv2.blur(small, (FILM, FILM))) < SHADED  # compression makes blocks of a shadow's slope
    high = np.clip((small - cv2.blur(small, (WINDOW, WINDOW))) * weight, -STROKE, STROKE)
    if float(high.std()) < SILENT or float((np.abs(high) > SILENT).mean()) < WIDESPREAD:
        return 0.0
    shape = 2 * high.shape[0], 2 * high.shape[1]
    alike, overlap = _autocorrelation(high, shape), _autocorrelation(weight.astype(np.float32), shape)
    share = alike / max(float(alike[0, 0]), 1e-9) * float(overlap[0, 0]) / np.maximum(overlap, 1.0)
    lag = np.hypot(np.fft.fftfreq(shape[0], 1 / shape[0])[:, None], np.fft.fftfreq(shape[1], 1 / shape[1])[None, :])
    far = (lag > PERIODS[0]) & (lag < PERIODS[1]) & (overlap > COMMON * overlap[0, 0])
    return float(share[far].max()) if far.any() else 0.0


def _half(plane: Floats) -> Floats:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _autocorrelation(plane: Floats, shape: tuple[int, int]) -> Floats:
    return np.asarray(np.fft.irfft2(np.abs(np.fft.rfft2(plane, shape)) ** 2, shape), np.float32)
