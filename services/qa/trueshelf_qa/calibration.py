"""Flag limits from honest pairs, at a chosen rate of false alarms, with intervals bootstrapped over SKUs.

All metrics of a profile get the same number of alarms of their own, as many as keep the share of honest pairs with any
alarm at or below the rate: no check is paid for by another. A limit lies between the last value that is accepted and
the first that is not, above all values `HEADROOM` over the largest. It never falls below `keep` times the present one:
honest pairs say what happens, not how small a change people see; where none has a value above 0 the limit stays.
`stop` keeps its ratio to `flag`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueshelf_qa.domain.results import Limit, Limits

HEADROOM = 1.05
REPEATS = 200
FEW = 10
"""SKUs below which a category keeps the default's limits: a tail cannot be read from fewer."""

Name = tuple[str, str]
"""(check, metric)."""


@dataclass(frozen=True, slots=True)
class Honest:
    """What was measured on one honest pair."""

    sku: str
    category: str
    values: Mapping[Name, float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and the 2.5 and 97.5 % quantiles of it over bootstrapped SKUs."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Limits for one profile and category, and how far they are to be trusted."""

    limits: Mapping[str, Limits]
    flags: Mapping[Name, Interval]
    alarms: float
    """Share of the pairs that these limits alarm on."""
    unseen: Interval
    """The same on SKUs that were left out of each bootstrap's fit: what to expect of other products."""
    pairs: int
    skus: int


def calibrate(rows: Iterable[Honest], present: Mapping[str, Limits], rate: float, keep: float) -> Calibrated:
    """Return new limits for the metrics that `present` flags, from at least one honest pair."""
    honest = list(rows)
    seen = {name for row in honest for name in row.values}
    flagged = [(check, name) for check, metrics in present.items() for name, limit in metrics.items() if limit.flag]
    names = [name for name in flagged if name in seen]
    table = np.array([[row.values.get(name, -math.inf) for name in names] for row in honest])
    silent = [bool((column <= 0).all()) for column in table.T]
    present_flags = [present[check][name].flag or 0.0 for check, name in names]
    floors = np.array([flag if quiet else keep * flag for flag, quiet in zip(present_flags, silent, strict=True)])
    flags = _rounded(_fitted(table, floors, rate))
    skus = [row.sku for row in honest]
    spread, unseen = _bootstrapped(table, floors, rate, skus)
    intervals = {
        name: Interval(float(flags[at]), *(float(_rounded(end[at : at + 1])[0]) for end in spread))
        for at, name in enumerate(names)
    }
    return Calibrated(
        {check: {name: _limit(limit, intervals.get((check, name))) for name, limit in metrics.items()}
         for check, metrics in present.items()},
        intervals,
        _alarms(table, flags),
        unseen,
        len(honest),
        len(set(skus)),
    )  # fmt: skip


def _fitted(table: npt.NDArray[np.float64], floors: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.float64]:
    """Return one limit per column of `table` (pairs × metrics)."""
    ordered = -np.sort(-table, axis=0)
    best = np.maximum(_between(ordered, 0), floors)
    for own in range(1, len(table)):
        limits = np.maximum(_between(ordered, own), floors)
        if _alarms(table, limits) > rate:
            break
        best = limits
    return best


def _between(ordered: npt.NDArray[np.float64], own: int) -> npt.NDArray[np.float64]:
    """Return the limits that alarm on the `own` largest values of each column, of values that fall."""
    accepted = np.where(np.isfinite(ordered[own]), ordered[own], 0.0)
    return (
        accepted * HEADROOM if own == 0 else np.maximum((accepted + ordered[own - 1]) / 2, np.nextafter(accepted, 9e9))
    )


def _alarms(table: npt.NDArray[np.float64], limits: npt.NDArray[np.float64]) -> float:
    """Return the share of pairs that some limit alarms on."""
    return float((table >= np.maximum(limits, 1e-12)).any(axis=1).mean()) if len(table) else 0.0


def _bootstrapped(
    table: npt.NDArray[np.float64], floors: npt.NDArray[np.float64], rate: float, skus: list[str]
) -> tuple[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], Interval]:
    """Return the 2.5 and 97.5 % quantiles of every limit, and the alarms on SKUs that a repeat did not draw."""
    random = np.random.default_rng(0)
    places = {sku: np.array([at for at, one in enumerate(skus) if one == sku]) for sku in dict.fromkeys(skus)}
    every = list(places)
    fits, alarms = [], []
    for _ in range(REPEATS):
        drawn = random.integers(0, len(every), len(every))
        limits = _fitted(table[np.concatenate([places[every[at]] for at in drawn])], floors, rate)
        fits.append(limits)
        left = [places[sku] for at, sku in enumerate(every) if at not in set(drawn.tolist())]
        if left:
            alarms.append(_alarms(table[np.concatenate(left)], limits))
    low, high = np.quantile(np.array(fits), [0.025, 0.975], axis=0)
    if not alarms:
        return (low, high), Interval(math.nan, math.nan, math.nan)
    ends = np.quantile(np.array(alarms), [0.025, 0.975])
    return (low, high), Interval(float(np.mean(alarms)), float(ends[0]), float(ends[1]))


def _rounded(limits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return limits rounded up to three digits, so that people can read the file."""
    digits = 10.0 ** (np.floor(np.log10(np.maximum(limits, 1e-9))) - 2)
    return np.asarray(np.round(np.ceil(np.round(limits / digits, 6)) * digits, 12))


def _limit(present: Limit, flag: Interval | None) -> Limit:
    """Return the new limit; `stop` moves with `flag`."""
    if flag is None or not present.flag:
        return present
    stop = None if present.stop is None else float(_rounded(np.array([flag.value * present.stop / present.flag]))[0])
    return Limit(flag.value, stop)
