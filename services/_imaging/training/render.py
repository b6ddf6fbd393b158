"""Render scenes: `python -m training.render --studio DIR --out DIR [FIRST:LAST …]`, each range without its last number.

Writes NNNN.png and NNNN_alpha.png; a scene whose alpha is there is done and skipped, so a broken run goes on.
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from training.scene import scene
from training.studio import enter

USED = "0:8", "20:110"
"""The scenes behind judge.npz; 8 to 19 were never rendered."""


def main() -> int:
    """Return 1 if a scene failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ranges", nargs="*", default=USED, metavar="FIRST:LAST")
    parser.add_argument("--studio", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with TemporaryDirectory() as scratch:
        kit = enter(asked.studio, Path(scratch))
        for part in asked.ranges:
            first, last = map(int, part.split(":"))
            failed += sum(not _render(kit, number, asked.out) for number in range(first, last))
    return int(failed > 0)


def _render(kit: Any, number: int, out: Path) -> bool:
    """Write one scene unless it is there; a failure is told and leaves the rest to go on."""
    alpha_path = out / f"{number:04d}_alpha.png"
    if alpha_path.exists():
        return True
    started = time.monotonic()
    try:
        rgb, alpha = scene(kit, number)
    except Exception as error:  # noqa: BLE001 - a random thing that Blender cannot make costs one scene, not the run
        print(f"scene {number} failed: {error!r}", flush=True)
        return False
    _save(rgb, out / f"{number:04d}.png")
    _save(alpha, alpha_path)
    print(f"scene {number}: {time.monotonic() - started:.1f} s", flush=True)
    return True


def _save(array: Any, path: Path) -> None:
    part = path.with_suffix(".part")
    Image.fromarray(array).save(part, format="PNG")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
