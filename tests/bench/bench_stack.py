"""`make bench-stack`: how long a start takes and what an idle stack weighs, against issue 3's targets.

Works in a fresh clone under the temporary directory: this checkout keeps its stack and data. Exit code 1
when a target is missed. `--quick` leaves out the first demo from nothing.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
DEMO_SECONDS = 300.0
UP_SECONDS = 20.0
IDLE_BYTES = 2.0 * 2**30
SETTLE_SECONDS = 30.0
"""Idle means: this long after the last thing happened; child processes that end when idle have had their time."""


def run(clone: Path, *command: str) -> float:
    """Run `command` in the clone and return how long it took. Ends this program when it fails."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=clone, env=clean_environment(), check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}")
    return time.monotonic() - started


def clean_environment() -> dict[str, str]:
    """Return the environment without our settings and without what the outer make hands on, its ARGS included."""
    ours = ("TRUESHELF_", "MAKE", "MFLAGS", "ARGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def measure_memory(clone: Path) -> list[tuple[str, int]]:
    """Return (process, resident bytes) of the idle stack, as `trueshelf status` counts them."""
    told = subprocess.run(
        [clone / ".venv/bin/trueshelf", "status", "--json"],
        cwd=clone,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(row["name"], row["memory_bytes"] or 0) for row in json.loads(told.stdout)["processes"]]


def line(what: str, value: float, target: float, unit: str) -> bool:
    """Print one figure beside its target; tell whether it holds."""
    good = value <= target
    print(f"  {what:<42} {value:8.1f} {unit:<3} target <= {target:.1f} {unit}  {'ok' if good else 'MISSED'}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only set up, not the whole demo")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trueshelf-bench-"))
    folder.chmod(0o755)
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    results: list[bool] = []
    try:
        first = run(clone, "make", "setup" if arguments.quick else "demo")
        if arguments.quick:
            run(clone, "make", "up")
        run(clone, "make", "down")
        again = run(clone, ".venv/bin/trueshelf", "up", "--drill")
        time.sleep(SETTLE_SECONDS)
        memory = measure_memory(clone)
    finally:
        subprocess.run([clone / ".venv/bin/trueshelf", "down"], cwd=clone, env=clean_environment(), check=False)
        shutil.rmtree(folder, ignore_errors=True)
    cores, size = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {cores} cores, {size:.0f} GB, {platform.system()} {platform.release()}")
    results.append(
        line("make setup from nothing" if arguments.quick else "first make demo from nothing", first, DEMO_SECONDS, "s")
    )
    results.append(line("second trueshelf up to all ready", again, UP_SECONDS, "s"))
    results.append(line("idle stack, resident", sum(b for _, b in memory) / 2**20, IDLE_BYTES / 2**20, "MB"))
    for name, size in memory:
        print(f"    {name:<40} {size / 2**20:8.0f} MB")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
