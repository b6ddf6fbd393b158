"""From a table of honest pairs to a new thresholds file: measuring, then `calibration`, profile by profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from trueshelf_qa.calibration import FEW, Calibrated, Honest, calibrate
from trueshelf_qa.domain.results import Limits
from trueshelf_qa.pairs import PROFILES, Answer, Pair, answers
from trueshelf_qa.policy import FALLBACK, Policy, Profile

HEAD = """\
# Limits of qa's checks. A value at or above `flag` is flagged, at or above `stop` it stops; a missing one never does.
# Tables: profile.category.check.metric. A category's table overrides `default` metric by metric.
# Profiles: composited (the source's own pixels on a new ground), generative (pixels may be invented),
# rendition (a marketplace file against its master, after compression).
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured, and what could not be."""

    rows: Mapping[Profile, list[Honest]]
    refused: tuple[Answer, ...]
    unjudged: int


async def measure(pairs: tuple[Pair, ...], policy: Policy) -> Measurement:
    """Compare honest pairs; unjudged ones have no numbers and are counted."""
    rows: dict[Profile, list[Honest]] = {profile: [] for profile in PROFILES}
    refused, unjudged = [], 0
    async for answer in answers(pairs, policy):
        if answer.refused is not None:
            refused.append(answer)
        elif not answer.value["aligned"]:
            unjudged += 1
        else:
            values = {
                (check["check"], metric["name"]): metric["value"]
                for check in answer.value["checks"]
                for metric in check["metrics"]
            }
            profile = next(profile for profile in PROFILES if profile == answer.pair.profile)
            rows[profile].append(Honest(answer.pair.sku, answer.pair.category, values))
    return Measurement(rows, tuple(refused), unjudged)


def recalibrated(
    measured: Measurement, policy: Policy, rate: float, keep: float
) -> dict[tuple[Profile, str], Calibrated]:
    """Return new limits of each profile that has honest pairs: of `default`, and of categories with enough SKUs."""
    found: dict[tuple[Profile, str], Calibrated] = {}
    for profile, rows in measured.rows.items():
        if not rows:
            continue
        found[profile, FALLBACK] = calibrate(rows, policy.tables[profile][FALLBACK], rate, keep)
        for category in sorted({row.category for row in rows} - {FALLBACK}):
            own = [row for row in rows if row.category == category]
            if len({row.sku for row in own}) >= FEW:
                found[profile, category] = calibrate(own, policy.limits(profile, category), rate, keep)
    return found


def file_of(policy: Policy, found: Mapping[tuple[Profile, str], Calibrated], rate: float, version: str) -> str:
    """Return the thresholds file: what was calibrated is new, the rest stays as `policy` has it."""
    lines = [HEAD.rstrip()]
    for (profile, category), one in found.items():
        lines.append(
            f"# {profile}.{category}: calibrated on {one.pairs} honest pairs of {one.skus} SKUs at {rate:.1%}."
        )
    lines.append(f'version = "{version}"')
    tables: dict[Profile, dict[str, Mapping[str, Limits]]] = {
        profile: dict(policy.tables[profile]) for profile in PROFILES
    }
    for (profile, category), one in found.items():
        tables[profile][category] = one.limits
    for profile, categories in tables.items():
        for category, checks in categories.items():
            for check, metrics in checks.items():
                lines += ["", f"[{profile}.{category}.{check}]"]
                lines += [f"{name} = {_written(limit.flag, limit.stop)}" for name, limit in metrics.items()]
    return "\n".join(lines) + "\n"


def next_version(present: str, today: date) -> str:
    """Return DATE.N: the first of today, or one more than the present version if that is of today."""
    day, _, number = present.partition(".")
    same = day == today.isoformat() and number.isdigit()
    return f"{today.isoformat()}.{int(number) + 1 if same else 1}"


def _written(flag: float | None, stop: float | None) -> str:
    parts = [f"{name} = {value:g}" for name, value in (("flag", flag), ("stop", stop)) if value is not None]
    return f"{{ {', '.join(parts)} }}"
