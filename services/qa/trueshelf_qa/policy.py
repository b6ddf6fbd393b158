"""The thresholds as dated data: one file per release, named by version and hash in every report."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from trueshelf_contracts.event import PolicyRef
from trueshelf_qa.domain.results import Limit, Limits

Profile = Literal["composited", "generative", "rendition"]
NAME = "comparison"
FALLBACK = "default"


class ThresholdsError(ValueError):
    """The thresholds file is not usable; the message names the place and what to write there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the thresholds."""

    ref: PolicyRef
    tables: Mapping[str, Mapping[str, Mapping[str, Limits]]]

    def limits(self, profile: Profile, category: str) -> dict[str, dict[str, Limit]]:
        """Return check → metric → limits: the fallback's, overridden metric by metric by the category's."""
        merged = {check: dict(limits) for check, limits in self.tables[profile][FALLBACK].items()}
        for check, limits in self.tables[profile].get(category, {}).items():
            merged.setdefault(check, {}).update(limits)
        return merged

    def categories(self) -> frozenset[str]:
        """Return the categories that have thresholds of their own in some profile, and the fallback."""
        return frozenset(category for categories in self.tables.values() for category in categories)


def load(file: Path | None = None) -> Policy:
    """Return the thresholds in `file`, or those that came with this release. Raises ThresholdsError."""
    if file is not None:
        try:
            return parse(file.read_bytes())
        except OSError as error:
            raise ThresholdsError(f"the thresholds {file} cannot be read: {error.strerror}") from error
    return parse(resources.files("trueshelf_qa").joinpath("data/thresholds.toml").read_bytes())


def parse(data: bytes) -> Policy:
    """Return the thresholds in `data` (TOML). Raises ThresholdsError naming the place that is wrong."""
    try:
        raw = tomllib.loads(data.decode())
    except ValueError as error:
        raise ThresholdsError(f"the thresholds are not TOML: {error}") from error
    version = raw.pop("version", None)
    if not isinstance(version, str) or not version:
        raise ThresholdsError('the thresholds have no version: begin the file with version = "2026-11-21.1"')
    for profile in ("composited", "generative", "rendition"):
        if FALLBACK not in raw.get(profile, {}):
            raise ThresholdsError(f"the thresholds lack [{profile}.{FALLBACK}.CHECK]: every profile needs its fallback")
    tables = {
        profile: {
            category: {
                check: {metric: _limit(f"{profile}.{category}.{check}.{metric}", at) for metric, at in metrics.items()}
                for check, metrics in checks.items()
            }
            for category, checks in categories.items()
        }
        for profile, categories in raw.items()
    }
    ref = PolicyRef(kind="thresholds", name=NAME, version=version, sha256=hashlib.sha256(data).hexdigest())
    return Policy(ref, tables)


def as_json(limits: Mapping[str, Limits]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return limits as JSON, for a child process or a client; `from_json` reads them back."""
    return {
        check: {metric: {"flag": limit.flag, "stop": limit.stop} for metric, limit in metrics.items()}
        for check, metrics in limits.items()
    }


def from_json(data: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> dict[str, dict[str, Limit]]:
    """Return the limits that `as_json` wrote."""
    return {
        check: {metric: Limit(at["flag"], at["stop"]) for metric, at in metrics.items()}
        for check, metrics in data.items()
    }


def _limit(place: str, at: Any) -> Limit:
    """Return one limit. Raises ThresholdsError where it is not {flag, stop} with flag ≤ stop."""
    numbers = (
        {key: value for key, value in at.items() if isinstance(value, int | float)} if isinstance(at, dict) else {}
    )
    if not isinstance(at, dict) or numbers.keys() != at.keys() or not at.keys() <= {"flag", "stop"} or not at:
        raise ThresholdsError(f"{place} is {at!r}: write {{ flag = NUMBER, stop = NUMBER }}")
    limit = Limit(numbers.get("flag"), numbers.get("stop"))
    if limit.flag is not None and limit.stop is not None and limit.flag > limit.stop:
        raise ThresholdsError(f"{place}: flag {limit.flag} is above stop {limit.stop}, so it could never flag")
    return limit
