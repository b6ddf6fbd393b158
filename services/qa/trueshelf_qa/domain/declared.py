"""Declared changes of the whole picture: whether they lie within policy, and do what they are named for."""

import math

import numpy as np

from trueshelf_imaging import backdrop
from trueshelf_imaging.adjust import Gain, gained
from trueshelf_imaging.colour import to_lab, to_linear
from trueshelf_imaging.light import NotPlainError, keep_light
from trueshelf_imaging.pixels import Mask, Rgb, shrink
from trueshelf_qa.domain.results import CheckResult, Limits, Measured, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "declared_changes", "1", "colour_matches"
SIDE = 512
FAULTS = {"gain": "too_much", "cast_left": "cast_left", "cast_added": "cast_added"}
"""Metric → what is said of it."""


def check_declared(source: Rgb, gain: Gain, *, balanced: bool, limits: Limits) -> CheckResult:
    """Judge the gain that the event declares; `balanced`: it is said to be a white balance.

    That nothing else changed is for the proof and the other checks, which see the source with the gain applied.
    """
    stops = [abs(math.log2(max(factor, 1e-6))) for factor in gain]
    cast = math.log2(max(gain) / max(min(gain), 1e-6))
    metrics: list[Measured] = [measured(limits, "gain", max(stops), "stops")]
    if balanced:
        metrics.append(measured(limits, "cast_left", _ground_chroma(gained(source, gain)), "Lab"))
    else:
        metrics.append(measured(limits, "cast_added", cast, "stops"))
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "gain", red=gain[0], green=gain[1], blue=gain[2])
    if verdict != "clear":
        faults = joined([say(NAME, FAULTS[metric.name]) for metric in metrics if metric.verdict != "clear"], "; ")
        said = joined([said, say(NAME, "but", faults=faults)])
    return CheckResult(NAME, VERSION, verdict, said, 1.0, CHECKLIST_ITEM, tuple(metrics))


def check_divided(source: Rgb, ground: tuple[int, int, int], limits: Limits) -> tuple[CheckResult, Rgb]:
    """Judge a picture said to be its source divided by the backdrop, and return the source with that done to it.

    qa fits the backdrop itself. How much lighter the paper had to become is how much lighter the goods are: a person
    has to look where that is much.
    """
    try:
        lit = keep_light(source, ground)
    except NotPlainError as error:
        said = say(NAME, "not_divided", why=str(error))
        return CheckResult(NAME, VERSION, "stop", said, 1.0, CHECKLIST_ITEM), source
    paper = to_linear(np.array(ground, np.uint8)).mean() / max(float(to_linear(source)[_ring(source)].mean()), 1e-3)
    metrics = (
        measured(limits, "lighter", max(0.0, math.log2(max(float(paper), 1e-6))), "stops"),
        measured(limits, "clipped", lit.clipped),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "divided", stops=metrics[0].value)
    return CheckResult(NAME, VERSION, verdict, said, 1.0, CHECKLIST_ITEM, metrics), lit.rgb


def _ring(rgb: Rgb) -> Mask:
    return backdrop.ring(*rgb.shape[:2])


def _ground_chroma(rgb: Rgb) -> float:
    """Return the chroma of the fitted backdrop, qa's own look at it."""
    fitted = backdrop.fit(to_lab(shrink(rgb, SIDE))).surface(17, 17)
    middle = fitted.reshape(-1, 3).mean(axis=0)
    return float(np.hypot(middle[1], middle[2]))
