"""Contact sheets: source, draft and truth side by side, to look at what went wrong."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

TILE = 240


def sheet(rows: list[dict[str, Any]], path: Path, across: int = 4) -> None:
    """Write one tile per row: the source, the draft with the truth outlined, and what qa said."""
    tiles = [tile(row) for row in rows]
    if not tiles:
        return
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % across)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [np.hstack(tiles[start : start + across]) for start in range(0, len(tiles), across)]
    cv2.imwrite(str(path), np.vstack(lines))


def tile(row: dict[str, Any]) -> np.ndarray:
    made = np.full((TILE + 34, 2 * TILE, 3), 225, np.uint8)
    for number, name in enumerate(("source", "variant")):
        picture = cv2.imread(row[name])
        mask = cv2.imread(row["mask"], cv2.IMREAD_GRAYSCALE) if number and row.get("mask") else None
        if mask is not None and mask.mean() < 80:
            outlines, _ = cv2.findContours((mask > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, outlines, -1, (230, 0, 230), 2)
        scale = TILE / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:TILE, :TILE]
        made[: small.shape[0], number * TILE : number * TILE + small.shape[1]] = small
    words = f"{row['kind']} {row['severity']} {row['product']}", f"{row['verdict']} {','.join(row['checks'])}"
    for number, line in enumerate(words):
        cv2.putText(made, line[:62], (3, TILE + 13 + 14 * number), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (60, 0, 0), 1)
    return made
