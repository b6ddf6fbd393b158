"""Declared changes of the whole picture: whether they lie within policy, and do what they are named for."""

import math

import numpy as np

from trueshelf_imaging import backdrop
from trueshelf_imaging.adjust import Gain, gained
from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Rgb, shrink
from trueshelf_qa.domain.results import CheckResult, Limits, Measured, gravest, measured

NAME, VERSION, CHECKLIST_ITEM = "declared_changes", "1", "colour_matches"
SIDE = 512


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
    factors = ", ".join(f"{factor:.3f}" for factor in gain)
    sentence = f"The whole picture's light was multiplied by R, G, B = {factors}, as declared."
    if verdict != "clear":
        named = {"gain": "it is more than a gentle correction", "cast_left": "the backdrop is not neutral after it"}
        named["cast_added"] = "it changes the colours, which only a white balance may"
        sentence += f" But {'; '.join(named[metric.name] for metric in metrics if metric.verdict != 'clear')}."
    return CheckResult(NAME, VERSION, verdict, sentence, 1.0, CHECKLIST_ITEM, tuple(metrics))


def _ground_chroma(rgb: Rgb) -> float:
    """Return the chroma of the fitted backdrop, qa's own look at it."""
    fitted = backdrop.fit(to_lab(shrink(rgb, SIDE))).surface(17, 17)
    middle = fitted.reshape(-1, 3).mean(axis=0)
    return float(np.hypot(middle[1], middle[2]))
