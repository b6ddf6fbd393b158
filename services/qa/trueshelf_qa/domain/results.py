"""What a check says, and how verdicts add up. No value here means yes: a machine clears, a person approves (R-53)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["clear", "flag", "stop", "unjudged"]
GRAVITY: tuple[Verdict, ...] = ("clear", "unjudged", "flag", "stop")
"""From harmless to grave. `unjudged` outweighs `clear`: what could not be told is never called clear."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From which value on a metric is flagged, and from which it stops; None: never."""

    flag: float | None = None
    stop: float | None = None


Limits = Mapping[str, Limit]
"""Metric name → its limits, for one check."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One number and what it was held against."""

    name: str
    value: float
    unit: str
    limit: Limit

    @property
    def verdict(self) -> Verdict:
        if self.limit.stop is not None and self.value >= self.limit.stop:
            return "stop"
        if self.limit.flag is not None and self.value >= self.limit.flag:
            return "flag"
        return "clear"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the languages of the console; `words.say` makes them."""

    en: str
    ru: str
    kk: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a box in coordinates 0–1 of the candidate, its share of the product's area, and words (`words.where`)."""

    x: float
    y: float
    w: float
    h: float
    area: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    check: str
    version: str
    verdict: Verdict
    said: Words
    confidence: float
    checklist_item: str | None
    metrics: tuple[Measured, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def sentence(self) -> str:
        """What was found, in English."""
        return self.said.en

    @property
    def margin(self) -> float | None:
        """How near the call was: the smallest distance of a metric to one of its limits, as a share of that limit."""
        distances = [
            abs(metric.value - limit) / (abs(limit) or 1.0)
            for metric in self.metrics
            for limit in (metric.limit.flag, metric.limit.stop)
            if limit is not None
        ]
        return round(min(distances), 4) if distances else None

    def as_json(self) -> dict[str, Any]:
        """Return the result as a child process answers it and `trueshelf compare --json` prints it."""
        return {
            "check": self.check,
            "version": self.version,
            "verdict": self.verdict,
            "sentence": self.said.en,
            "sentences": {"ru": self.said.ru, "kk": self.said.kk},
            "confidence": self.confidence,
            "margin": self.margin,
            "checklist_item": self.checklist_item,
            "metrics": [asdict(metric) for metric in self.metrics],
            "places": [asdict(place) for place in self.places],
        }


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of `verdicts`; `unjudged` when there is none."""
    return max(verdicts, key=GRAVITY.index, default="unjudged")


def measured(limits: Limits, name: str, value: float, unit: str = "") -> Measured:
    """Return `value` with the limits that the thresholds give for `name`, rounded so that reports stay readable."""
    return Measured(name, round(float(value), 4), unit, limits.get(name, Limit()))
