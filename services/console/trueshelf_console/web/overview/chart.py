"""Bars per hour as coordinates for an SVG: the template draws them, without a style of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS = 24
WIDTH, HEIGHT = 240, 48
STEP = WIDTH // HOURS


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: where it stands, in the chart's units, and how many there were."""

    hour: datetime
    n: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The last 24 hours of one rate; `most` is the highest bar."""

    what: str
    bars: tuple[Bar, ...]
    most: int
    total: int


def hours_until(now: datetime) -> list[datetime]:
    """Return the beginnings of the last 24 hours, the running one last."""
    running = now.replace(minute=0, second=0, microsecond=0)
    return [running - timedelta(hours=back) for back in reversed(range(HOURS))]


def charts(counts: Mapping[tuple[str, datetime], int], names: Sequence[str], now: datetime) -> list[Chart]:
    """Return one chart per name; each has a scale of its own."""
    hours = hours_until(now)
    drawn = []
    for what in names:
        values = [counts.get((what, hour), 0) for hour in hours]
        most = max(values)
        bars = []
        for place, (hour, n) in enumerate(zip(hours, values, strict=True)):
            height = round(HEIGHT * n / most, 1) if most else 0.0
            if n:
                height = max(height, 1.5)
            bars.append(Bar(hour, n, place * STEP, round(HEIGHT - height, 1), height))
        drawn.append(Chart(what, tuple(bars), most, sum(values)))
    return drawn


def estimate(backlog: int, last_hour: int) -> timedelta | None:
    """Return how long the backlog takes at the rate of the last hour; None where nothing moved: then nobody knows."""
    if backlog <= 0 or last_hour <= 0:
        return None
    return timedelta(hours=backlog / last_hour)
