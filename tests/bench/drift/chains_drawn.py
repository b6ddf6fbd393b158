"""Chains drawn link by link, in gold, silver, steel and colours: exact alpha, a known link, bent along a curve."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

FINE = 3
SIZE = (640, 860)
METALS = {"gold": (205, 165, 75), "silver": (188, 190, 194), "rose": (208, 150, 128), "steel": (112, 114, 118)}

Pair = tuple[np.ndarray, np.ndarray]


def curve(bend: int, count: int) -> np.ndarray:
    """Return `count` points (x, y, angle) of even distance along one of several curves."""
    t = np.linspace(0, 1, 4000)
    if bend % 3 == 0:
        x, y = 430 + 300 * np.cos(2 * np.pi * t), 320 + 215 * np.sin(2 * np.pi * t) * (1 - 0.25 * np.cos(2 * np.pi * t))
    elif bend % 3 == 1:
        x, y = 90 + 680 * t, 320 + 190 * np.sin(2.2 * np.pi * t + 0.4)
    else:
        x, y = 430 + (110 + 190 * t) * np.cos(3.4 * np.pi * t), 325 + (85 + 140 * t) * np.sin(3.4 * np.pi * t)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = np.linspace(0, length[-1], count, endpoint=bool(bend % 3))
    px, py = np.interp(at, length, x), np.interp(at, length, y)
    ahead = np.minimum(at + 2, length[-1])
    return np.stack([px, py, np.arctan2(np.interp(ahead, length, y) - py, np.interp(ahead, length, x) - px)], axis=1)


def chain(style: str, metal: str, bend: int) -> Pair:
    """Return colours and alpha of a chain: `cable` links, `beads`, a twisted `rope`."""
    mask = np.zeros((SIZE[0] * FINE, SIZE[1] * FINE), np.uint8)
    tone = np.zeros_like(mask)
    count = {"cable": 92, "beads": 100, "rope": 190}[style]
    for number, (x, y, angle) in enumerate(curve(bend, count)):
        centre, degrees = (round(x * FINE), round(y * FINE)), float(np.degrees(angle))
        shade = 150 + 60 * (number % 2)
        if style == "cable" and number % 2 == 0:
            for canvas, value in ((mask, 255), (tone, shade)):
                cv2.ellipse(canvas, centre, (13 * FINE, 8 * FINE), degrees, 0, 360, value, 4 * FINE)
        elif style == "cable":
            ends = [
                (round(centre[0] + s * 11 * FINE * np.cos(angle)), round(centre[1] + s * 11 * FINE * np.sin(angle)))
                for s in (-1, 1)
            ]
            for canvas, value in ((mask, 255), (tone, shade)):
                cv2.line(canvas, ends[0], ends[1], value, 5 * FINE)
        elif style == "beads":
            for canvas, value in ((mask, 255), (tone, 170)):
                cv2.circle(canvas, centre, 8 * FINE, value, -1)
            cv2.circle(tone, (centre[0] - 2 * FINE, centre[1] - 3 * FINE), 3 * FINE, 245, -1)
        else:
            for canvas, value in ((mask, 255), (tone, 120 + 110 * (number % 2))):
                cv2.ellipse(canvas, centre, (8 * FINE, 3 * FINE), degrees + 55, 0, 360, value, -1)
    alpha = cv2.resize(mask, SIZE[::-1], interpolation=cv2.INTER_AREA)
    light = cv2.resize(tone, SIZE[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 0.8) / 190
    covered = np.maximum(alpha.astype(np.float32) / 255, 0.2)
    rgb = np.array(METALS[metal], np.float32) * np.clip(light / covered, 0.35, 1.35)[..., None]
    return np.clip(rgb, 0, 255).astype(np.uint8), alpha


CHAINS: dict[str, Callable[[], Pair]] = {
    f"chain {style} {metal}": partial(chain, style, metal, bend)
    for bend, (style, metal) in enumerate(
        (
            ("cable", "gold"),
            ("cable", "silver"),
            ("rope", "gold"),
            ("beads", "steel"),
            ("cable", "steel"),
            ("rope", "silver"),
            ("cable", "rose"),
            ("beads", "gold"),
            ("rope", "rose"),
            ("beads", "silver"),
        )
    )
}
