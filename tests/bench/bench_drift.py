"""How well qa tells drift from honest drafts, with intervals: `python tests/bench/bench_drift.py [PAIRS.csv]`.

Without a table the pairs are written first (`drift_pairs.py`), to --out. Prints per kind and severity how many pairs
were not clear, false alarms on honest drafts, whether a named place meets the truth, seconds and memory; writes one
JSON line per pair (every number of every check, so that limits can be tried without running again), contact sheets of
the worst misses and false alarms, and page.html with all of it and the curves.
Limits come from the calibration half; figures that are quoted from the other.
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from drift import page, tables
from drift.judging import run
from drift.pairs import read_table
from drift.sheets import sheet

WORST = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?", help="pairs.csv of drift_pairs.py")
    parser.add_argument("--out", type=Path, default=Path("bench-drift"), help="folder for lines, sheets and pairs")
    parser.add_argument("--half", choices=("calibration", "test"), default="test")
    parser.add_argument("--profile", choices=("composited", "generative", "rendition"))
    parser.add_argument("--kinds", default="", help="only these, separated by commas")
    parser.add_argument("--every", type=int, default=1, help="only every n-th pair")
    parser.add_argument("--photos", type=Path, help="your own photos on plain paper instead of the bench's products")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--lines", type=Path, help="tables of an earlier run's lines, nothing is judged")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = _judged(arguments) if arguments.lines is None else _read(arguments.lines)
    report = [*tables.totals(rows), "", *tables.honest(rows), ""]
    for profile in dict.fromkeys(row["profile"] for row in rows):
        report += [*tables.kinds(rows, profile), ""]
    report += tables.cost(rows)
    (arguments.out / "tables.md").write_text("\n".join(report) + "\n")
    print("\n".join(report))
    _sheets(rows, arguments.out)
    shown = {"Worst false alarms": "false_alarms.png", "Worst misses": "misses.png"}
    page.write(
        rows, report, {title: arguments.out / name for title, name in shown.items()}, arguments.out / "page.html"
    )
    print(f"page with curves and pictures: {arguments.out / 'page.html'}")
    return 0


def _judged(arguments: argparse.Namespace) -> list[dict]:
    table = arguments.table
    if table is None:
        table = arguments.out / "pairs" / "pairs.csv"
        if not table.exists():
            command = [sys.executable, Path(__file__).with_name("drift_pairs.py"), table.parent]
            which = ["--photos", arguments.photos] if arguments.photos else ["--half", arguments.half]
            subprocess.run([*command, *which, "--jobs", str(arguments.jobs)], check=True)
    kinds = set(arguments.kinds.split(",")) - {""}
    pairs = [
        pair
        for pair in read_table(table)
        if (arguments.photos or pair.half == arguments.half)
        and arguments.profile in (None, pair.profile)
        and (not kinds or pair.kind in kinds or pair.severity in kinds)
    ][:: arguments.every]
    rows = []
    with ProcessPoolExecutor(arguments.jobs) as pool, (arguments.out / "pairs.jsonl").open("w", buffering=1) as file:
        for number, (pair, row) in enumerate(zip(pairs, pool.map(run, pairs, chunksize=4), strict=True), 1):
            rows.append(row | {"mask": pair.mask})
            file.write(json.dumps(rows[-1]) + "\n")
            if number % 50 == 0:
                print(f"\r{number}/{len(pairs)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def _read(lines: Path) -> list[dict]:
    return [json.loads(line) for line in lines.read_text().splitlines()]


def _sheets(rows: list[dict], out: Path) -> None:
    """The loudest false alarms; the quietest misses, gross before visible, spread over kinds."""
    alarms = [row for row in rows if row["severity"] == "honest" and tables.not_clear(row)]
    sheet(sorted(alarms, key=lambda row: -row["loudness"])[:WORST], out / "false_alarms.png")
    misses = [row for row in rows if row["severity"] in ("gross", "visible") and not tables.not_clear(row)]
    misses.sort(key=lambda row: (row["severity"] != "gross", row["loudness"]))
    spread, seen = [], dict.fromkeys((row["kind"] for row in misses), 0)
    for row in misses:
        seen[row["kind"]] += 1
        if seen[row["kind"]] <= 3:
            spread.append(row)
    sheet(spread[:WORST], out / "misses.png")


if __name__ == "__main__":
    sys.exit(main())
