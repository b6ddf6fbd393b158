"""Colour of the product and of its main parts: shade, metal tone, a recoloured panel (R-40, R-42, R-47)."""

import cv2
import numpy as np

from trueshelf_imaging.metrics import ColourShift, colour_groups, colour_shift, hue_turn, sample
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Measured, Words, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "colour_shift", "2", "colour_matches"
NOISE = 1.5
"""Gaussian sigma in pixels: sensor noise and chroma subsampling go, a shade stays."""
GROUPS = 5
MIN_PIXELS = 50
MIN_GROUP = 0.04
"""A colour that covers less of the product is left to the surface check."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare paired pixels of the product's core; lightness alone counts less than hue and chroma."""
    core = pair.core & ~_clipped(pair)
    if core.sum() < MIN_PIXELS:
        core = pair.core
    source, candidate = (sample(_calm(lab, core)) for lab in (pair.source_relaid, pair.candidate_lab))
    whole = colour_shift(source, candidate)
    groups = colour_groups(source, GROUPS)
    parts = [
        colour_shift(source[groups == index], candidate[groups == index], float((groups == index).mean()))
        for index in range(GROUPS)
        if (groups == index).mean() >= MIN_GROUP
    ] or [whole]
    worst = max(parts, key=lambda part: part.chroma)
    kind = "lean_" if pair.lean else ""  # half of a chain's colour is its ground's: it has limits of its own
    metrics = (
        measured(limits, f"{kind}chroma_shift", whole.chroma, "Lab"),
        measured(limits, f"{kind}delta_e", whole.delta_e, "CIEDE2000"),
        measured(limits, f"{kind}part_chroma_shift", worst.chroma, "Lab"),
        measured(limits, f"{kind}lightness_shift", abs(whole.lightness), "L*"),
        measured(limits, f"{kind}hue_turn", abs(hue_turn(source, candidate)), "°"),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    confidence = 0.9 if pair.source_plain else 0.6
    return CheckResult(NAME, VERSION, verdict, _said(metrics, whole, worst), confidence, CHECKLIST_ITEM, metrics)


def _calm(lab: Floats, core: Mask) -> Floats:
    """Return `core`'s pixels with noise averaged away, from pixels of `core` only: the ground must not bleed in."""
    weight = core.astype(np.float32)
    total = cv2.GaussianBlur(lab * weight[..., None], (0, 0), NOISE)
    return np.asarray(total[core] / cv2.GaussianBlur(weight, (0, 0), NOISE)[core][:, None], np.float32)


def _clipped(pair: Comparison) -> Mask:
    """Return where light or dark is clipped in either picture: glints and holes say nothing of a material's colour."""
    low, high = 3.0, 98.0
    return np.asarray(
        (pair.source_lab[..., 0] > high) & (pair.candidate_lab[..., 0] > high)
        | (pair.source_lab[..., 0] < low) & (pair.candidate_lab[..., 0] < low),
        np.bool_,
    )


def _said(metrics: tuple[Measured, ...], whole: ColourShift, worst: ColourShift) -> Words:
    """Return the sentence: lighter or darker alone is not another colour and is not called one."""
    bad = {metric.name.removeprefix("lean_") for metric in metrics if metric.verdict != "clear"}
    if not bad:
        return say(NAME, "clear", delta_e=whole.delta_e)
    up = whole.lightness > 0
    if bad <= {"lightness_shift", "delta_e"} and abs(whole.lightness) > whole.chroma:
        return say(NAME, "only_lighter" if up else "only_darker", lightness=abs(whole.lightness))
    said = say(
        NAME,
        "lighter" if up else "darker",
        delta_e=whole.delta_e,
        lightness=abs(whole.lightness),
        share=100 * worst.share,
        chroma=worst.chroma,
    )
    if "hue_turn" not in bad:
        return said
    turn = next(metric.value for metric in metrics if metric.name.endswith("hue_turn"))
    return joined([said, say(NAME, "turned", turn=turn)])
