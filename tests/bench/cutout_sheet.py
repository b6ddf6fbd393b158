"""The contact sheet of `bench_cutout`: photo, cut-out and errors side by side, to look at."""

from pathlib import Path

import cv2
import numpy as np

TILE = (280, 210)


def tile(rgb: np.ndarray, truth: np.ndarray, alpha: np.ndarray, facts: dict) -> np.ndarray:
    """Return the photo, the cut-out on magenta and the errors (red: too much, blue: lost), side by side."""
    share = (alpha / np.float32(255))[..., None]
    placed = (rgb * share + np.array((230, 60, 200), np.float32) * (1 - share)).astype(np.uint8)
    wrong = (rgb * 0.3 + 160).astype(np.uint8)
    wrong[(alpha > 127) & (truth <= 127)] = (230, 30, 30)
    wrong[(alpha <= 127) & (truth > 127)] = (30, 60, 230)
    strip = np.hstack([cv2.resize(part, TILE, interpolation=cv2.INTER_AREA) for part in (rgb, placed, wrong)])
    strip = np.ascontiguousarray(strip, np.uint8)
    cv2.putText(
        strip, f"{facts['iou']:.3f} {facts['confidence']}", (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20), 1
    )
    return strip


def sheet(found: list[dict], path: Path) -> None:
    """Write the contact sheet, the worst first."""
    tiles = [row["tile"] for row in sorted(found, key=lambda row: row["iou"]) if row["tile"] is not None]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 2)
    lines = [np.hstack(tiles[start : start + 2]) for start in range(0, len(tiles), 2)]
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(lines), cv2.COLOR_RGB2BGR))
