"""The bench as one page: what was caught at which rate of false alarms, the tables, the worst as pictures."""

from html import escape
from pathlib import Path

from drift import tables
from drift.tables import Row

SIDE, MARGIN = 420, 46
COLOURS = {"composited": "#1b6e53", "generative": "#a3421f", "rendition": "#2a4f9c"}
STYLE = "body{font:15px sans-serif;max-width:1100px;margin:2em auto}pre{overflow:auto}img{max-width:100%}"


def write(rows: list[Row], lines: list[str], sheets: dict[str, Path], path: Path) -> None:
    """Write the page; `lines` are the tables in Markdown, `sheets` pictures beside it by their headings."""
    curves = "".join(
        _curve(profile, [row for row in rows if row["profile"] == profile])
        for profile in COLOURS
        if any(row["profile"] == profile for row in rows)
    )
    shown = "".join(
        f'<h2>{escape(title)}</h2><img src="{escape(picture.name)}" alt="{escape(title)}">'
        for title, picture in sheets.items()
        if picture.exists()
    )
    report = escape("\n".join(lines))
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>bench-drift</title><style>{STYLE}</style>'
        f"<h1>Drift seen and false alarms</h1><p>Each curve moves all limits of a profile together; the ring is where "
        f"they stand.</p>{curves}<h2>Tables</h2><pre>{report}</pre>{shown}</html>\n"
    )


def curve(rows: list[Row]) -> list[tuple[float, float]]:
    """Return (share of honest pairs, share of visible drift) that are as loud as t, for every t, from (0, 0) to (1, 1).

    Loudness is the largest value ÷ its limit, so 1 is the limits as they stand.
    """
    honest, drift = (
        [row["loudness"] for row in rows if row["severity"] == severity] for severity in ("honest", "visible")
    )
    steps = sorted({*honest, *drift}, reverse=True)
    return [(0.0, 0.0)] + [
        (sum(one >= step for one in honest) / len(honest), sum(one >= step for one in drift) / len(drift))
        for step in steps
        if honest and drift
    ]


def _curve(profile: str, rows: list[Row]) -> str:
    points = curve(rows)
    if len(points) == 1:
        return ""

    def at(x: float, y: float) -> tuple[float, float]:
        return round(MARGIN + SIDE * x, 1), round(MARGIN + SIDE * (1 - y), 1)

    line = " ".join(f"{x},{y}" for x, y in (at(*point) for point in points))
    honest = [row for row in rows if row["severity"] == "honest"]
    visible = [row for row in rows if row["severity"] == "visible"]
    x, y = at(
        sum(map(tables.not_clear, honest)) / len(honest),
        sum(map(tables.not_clear, visible)) / len(visible),
    )
    size, colour = SIDE + 2 * MARGIN, COLOURS[profile]
    grid = "".join(
        f'<path d="M{at(share, 0)[0]} {at(0, 0)[1]}V{at(0, 1)[1]}M{at(0, 0)[0]} {at(0, share)[1]}H{at(1, 0)[0]}" '
        f'stroke="#ddd"/><text x="{at(share, 0)[0] - 10}" y="{at(0, 0)[1] + 16}">{share:.0%}</text>'
        f'<text x="2" y="{at(0, share)[1] + 4}">{share:.0%}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<figure style="display:inline-block;margin:0"><svg width="{size}" height="{size}" font-size="11">{grid}'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<circle cx="{x}" cy="{y}" r="6" fill="none" stroke="{colour}" stroke-width="2"/></svg>'
        f"<figcaption>{profile}: honest drafts not clear (across), visible drift not clear (up); "
        f"n {len(honest)} and {len(visible)}</figcaption></figure>"
    )
