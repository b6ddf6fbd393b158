"""One pair through qa, in a process of its own kind: verdict, every number, where it looked, what it cost."""

import time
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from drift.pairs import Pair
from trueshelf_imaging.adjust import gained
from trueshelf_imaging.reading import reader
from trueshelf_qa.domain.asked import Asked, Placed
from trueshelf_qa.domain.declared import check_divided
from trueshelf_qa.judge import Judgement, judge
from trueshelf_qa.policy import Policy, load

_policy: Policy | None = None


def run(pair: Pair) -> dict[str, Any]:
    """Return what qa says of one pair, as a JSON object."""
    global _policy  # noqa: PLW0603 - read once per process
    cv2.setNumThreads(1)
    _policy = _policy or load()
    began = time.process_time()
    source, variant = read(pair.source), read(pair.variant)
    decoded = time.process_time()
    found = judged(pair, source, variant, _policy)
    ended = time.process_time()
    mask = None if not pair.mask else cv2.imread(pair.mask, cv2.IMREAD_GRAYSCALE) > 0
    values = {
        f"{check.check}.{metric.name}": round(metric.value, 5) for check in found.checks for metric in check.metrics
    }
    return {
        "source": pair.source,
        "variant": pair.variant,
        "profile": pair.profile,
        "category": pair.category,
        "kind": pair.kind,
        "severity": pair.severity,
        "half": pair.half,
        "product": pair.product,
        "origin": pair.origin,
        "verdict": found.verdict,
        "aligned": found.aligned,
        "checks": {check.check: check.verdict for check in found.checks if check.verdict != "clear"},
        "loudness": _loudness(found),
        "values": values,
        "located": None if mask is None else located(found, mask),
        "decode_s": decoded - began,
        "judge_s": ended - decoded,
        "rss_mb": _resident(),
    }


def judged(pair: Pair, source: np.ndarray, variant: np.ndarray, policy: Policy) -> Judgement:
    """Return qa's judgement; what the pair declares is undone first, as the worker does it."""
    limits = policy.limits(pair.profile, pair.category)
    wanted = tuple(int(value) for value in pair.wanted.split()) if pair.wanted else None
    if pair.gain:
        red, green, blue = (float(value) for value in pair.gain.split())
        source = gained(source, (red, green, blue))
    if pair.divided:
        _, source = check_divided(source, wanted or (255, 255, 255), {})
    placed = Placed(*(float(value) for value in pair.placed.split())) if pair.placed else None
    asked = Asked(shadow=cast("Any", pair.shadow or None), category=pair.category)
    generative = pair.profile == "generative"
    return judge(
        source,
        variant,
        limits,
        placed=placed,
        wanted=wanted,
        generative=generative,
        asked=asked,
        reader=reader(),
    )


def read(path: str) -> np.ndarray:
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} cannot be read: write the pairs again")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def located(found: Judgement, mask: np.ndarray) -> bool:
    """Return whether a place that qa names overlaps the truth."""
    height, width = mask.shape
    for check in found.checks:
        if check.verdict == "clear":
            continue
        for place in check.places:
            left, top = int(place.x * width), int(place.y * height)
            right, bottom = int((place.x + place.w) * width) + 1, int((place.y + place.h) * height) + 1
            if mask[top:bottom, left:right].any():
                return True
    return False


def _loudness(found: Judgement) -> float:
    """Return the largest value ÷ its flag limit: one score per pair, for AUC."""
    ratios = [
        metric.value / metric.limit.flag for check in found.checks for metric in check.metrics if metric.limit.flag
    ]
    return round(max(ratios, default=0.0 if found.verdict == "clear" else 10.0), 5)


def _resident() -> float:
    """Return this process's resident memory in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
