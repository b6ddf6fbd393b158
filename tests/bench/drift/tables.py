"""Rates with intervals, and the tables of the drift bench."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

Row = dict[str, Any]
GENERATORS = ("pale_part_lost", "hole_filled", "shadow_left")
"""What cut-outs get wrong by themselves."""
WHOLE_FRAME = frozenset(("too_small", "compressed", "ground_tint", "ground_uneven", "frame_stretched"))
"""Kinds without one place."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a rate (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def over_products(rows: list[Row], caught: Callable[[Row], bool]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a rate, drawn over products: pictures of one product are alike."""
    groups: dict[str, list[bool]] = {}
    for row in rows:
        groups.setdefault(row["product"], []).append(caught(row))
    names, rng = sorted(groups), np.random.default_rng(1)
    drawn = [np.mean(np.concatenate([groups[n] for n in rng.choice(names, len(names))])) for _ in range(500)]
    return float(np.percentile(drawn, 2.5)), float(np.percentile(drawn, 97.5))


def rate(rows: list[Row], caught: Callable[[Row], bool]) -> str:
    """Return `97.5 % (95.1-98.9), n 240`."""
    hits = sum(caught(row) for row in rows)
    if not rows:
        return "- (n 0)"
    low, high = wilson(hits, len(rows))
    return f"{100 * hits / len(rows):.1f} % ({100 * low:.1f}–{100 * high:.1f}), n {len(rows)}"


def not_clear(row: Row) -> bool:
    return bool(row["verdict"] != "clear")


def alarm(row: Row) -> bool:
    return row["verdict"] in ("flag", "stop")


def auc(drift: list[Row], honest: list[Row]) -> float:
    """Return how often drift is louder than an honest pair; ties count half."""
    one = np.array([row["loudness"] for row in drift])[:, None]
    other = np.array([row["loudness"] for row in honest])[None, :]
    return float(((one > other) + 0.5 * (one == other)).mean()) if one.size and other.size else float("nan")


def _auc_over_products(drift: list[Row], honest: list[Row]) -> str:
    """Return `0.973 (0.951–0.990)`, the interval over the products of the drift."""
    groups, rng = list(by(drift, "product").values()), np.random.default_rng(1)
    drawn = [
        auc([row for at in rng.integers(0, len(groups), len(groups)) for row in groups[at]], honest) for _ in range(200)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{auc(drift, honest):.3f} ({low:.3f}–{high:.3f})"


def by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def totals(rows: list[Row]) -> Iterator[str]:
    """The figures that have targets, by profile."""
    yield "| profile | visible not clear | gross | faint | honest: flag or stop | honest: not clear |"
    yield "|---|---|---|---|---|---|"
    for profile, here in by(rows, "profile").items():
        cells = by(here, "severity")
        honest = cells.get("honest", [])
        drift = [rate(cells.get(severity, []), not_clear) for severity in ("visible", "gross", "faint")]
        yield f"| {profile} | {' | '.join(drift)} | {rate(honest, alarm)} | {rate(honest, not_clear)} |"
    composited = [row for row in rows if row["profile"] == "composited"]
    for name, kinds in (
        ("chain broken or doubled", ("chain_broken", "chain_doubled")),
        ("generator's own", GENERATORS),
    ):
        some = [row for row in composited if row["kind"] in kinds and row["severity"] == "visible"]
        yield f"| composited, {name} | {rate(some, not_clear)} | | | | |"
    for profile, here in by(rows, "profile").items():
        visible = [row for row in here if row["severity"] == "visible"]
        honest = [row for row in here if row["severity"] == "honest"]
        if visible and honest:
            one, other = over_products(visible, not_clear), over_products(honest, alarm)
            yield (
                f"| {profile}, bootstrap over products | {100 * one[0]:.1f}–{100 * one[1]:.1f} % | | "
                f"| {100 * other[0]:.1f}–{100 * other[1]:.1f} % | |"
            )


def kinds(rows: list[Row], profile: str) -> Iterator[str]:
    """One line per kind; intervals are bootstrapped over products."""
    here = [row for row in rows if row["profile"] == profile]
    honest = [row for row in here if row["severity"] == "honest"]
    yield f"| {profile}: kind | visible: not clear (95 %), n | flag or stop | right place | AUC | gross | faint |"
    yield "|---|---|---|---|---|---|---|"
    for kind, some in sorted(by(here, "kind").items()):
        cells = by(some, "severity")
        visible = cells.get("visible", cells.get("gross", []))
        if not visible or some[0]["severity"] == "honest":
            continue
        placed = [row for row in visible if row["located"] is not None and alarm(row)]
        place = "–" if kind in WHOLE_FRAME or not placed else f"{sum(r['located'] for r in placed)} of {len(placed)}"
        others = " | ".join(
            f"{sum(map(not_clear, cells.get(severity, [])))} of {len(cells.get(severity, []))}"
            for severity in ("gross", "faint")
        )
        low, high = over_products(visible, not_clear)
        caught = f"{100 * np.mean([not_clear(r) for r in visible]):.0f} % ({100 * low:.0f}–{100 * high:.0f})"
        line = f"| {kind} | {caught}, n {len(visible)} | {sum(map(alarm, visible))} | {place} "
        yield f"{line}| {_auc_over_products(visible, honest)} | {others} |"


def honest(rows: list[Row]) -> Iterator[str]:
    """False alarms by recipe."""
    yield "| honest draft | n | clear | flag | stop | unjudged | loudest check |"
    yield "|---|---|---|---|---|---|---|"
    for kind, some in by((row for row in rows if row["severity"] == "honest"), "kind").items():
        counts = [sum(row["verdict"] == verdict for row in some) for verdict in ("clear", "flag", "stop", "unjudged")]
        blamed: dict[str, int] = {}
        for row in some:
            for check in row["checks"]:
                blamed[check] = blamed.get(check, 0) + 1
        worst = ", ".join(f"{name} {n}" for name, n in sorted(blamed.items(), key=lambda item: -item[1])[:3])
        yield f"| {some[0]['profile']}: {kind} | {len(some)} | {' | '.join(map(str, counts))} | {worst} |"


def cost(rows: list[Row]) -> Iterator[str]:
    """Seconds and memory."""
    seconds, ratio = [row["judge_s"] for row in rows], [row["judge_s"] / max(1e-6, row["decode_s"]) for row in rows]
    yield (
        f"CPU seconds per pair, one thread: median {np.median(seconds):.2f}, 95 % {np.percentile(seconds, 95):.2f}; "
        f"{np.median(ratio):.0f} times the bare decoding of the two files"
    )
    some = min(100, len(rows) // 2)
    first, last = (np.mean([row["rss_mb"] for row in part]) for part in (rows[:some], rows[-some:]))
    yield f"resident memory over {len(rows)} pairs: first {some} {first:.0f} MB, last {some} {last:.0f} MB"
    views = [row for row in rows if row["severity"] == "never clear"]
    if views:
        clear = sum(not not_clear(row) for row in views)
        yield f"one thing in two places: {clear} of {len(views)} clear (0 wanted)"
