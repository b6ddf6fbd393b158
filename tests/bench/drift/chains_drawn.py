"""Chains drawn link by link and cords, in metals and colours: exact alpha, a known link, bent along a curve."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

FINE = 3
SIZE = (640, 860)
METALS = {"gold": (205, 165, 75), "silver": (188, 190, 194), "rose": (208, 150, 128), "steel": (112, 114, 118)}
COLOURS = {"black": (38, 38, 42), "white": (226, 224, 218), "red": (176, 38, 44), "brown": (108, 74, 50)}
LINKS = {"cable": 92, "beads": 100, "rope": 190, "figaro": 60, "fine": 170, "pendant": 120}

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
    """Return colours and alpha of a chain.

    Of `cable` links, `beads`, a twisted `rope`, `figaro` (long and short links), `fine` links, or those with a
    `pendant`.
    """
    layers = _blank()
    places = curve(bend, LINKS[style])
    for number, (x, y, angle) in enumerate(places):
        _link(layers, style, number, ((round(x * FINE), round(y * FINE)), angle))
    if style == "pendant":
        x, y, _ = places[int(np.argmax(places[:, 1]))]
        centre = round(x * FINE), round((y + 34) * FINE)
        _ring(layers, centre, (26, 30), 0, shade=175)
        _ring(layers, centre, (17, 20), 0, shade=235, wire=5)
    return _coloured(layers, METALS[metal])


def _link(layers: Pair, style: str, number: int, place: tuple[tuple[int, int], float]) -> None:
    """Draw one link of a style, or a bead, at a place (centre, angle)."""
    centre, angle = place
    degrees, shade, odd = float(np.degrees(angle)), 150 + 60 * (number % 2), number % 2 == 1
    if style == "cable" and odd:
        step = 11 * FINE * np.cos(angle), 11 * FINE * np.sin(angle)
        ends = [(round(centre[0] + side * step[0]), round(centre[1] + side * step[1])) for side in (-1, 1)]
        for canvas, value in zip(layers, (255, shade), strict=True):
            cv2.line(canvas, ends[0], ends[1], value, 5 * FINE)
    elif style == "cable":
        _ring(layers, centre, (13, 8), degrees, shade=shade, wire=4)
    elif style == "beads":
        for canvas, value in zip(layers, (255, 170), strict=True):
            cv2.circle(canvas, centre, 8 * FINE, value, -1)
        cv2.circle(layers[1], (centre[0] - 2 * FINE, centre[1] - 3 * FINE), 3 * FINE, 245, -1)
    elif style == "rope":
        _ring(layers, centre, (8, 3), degrees + 55, shade=120 + 110 * (number % 2))
    elif style == "figaro":
        _ring(layers, centre, (17, 8) if number % 4 == 0 else (12, 7), degrees, shade=shade, wire=3.4)
    else:
        _ring(layers, centre, (7, 2.5) if odd else (7, 4.5), degrees, shade=shade, wire=2.4)


def cord(colour: str, bend: int) -> Pair:
    """Return colours and alpha of a round cord of 7 pixels with a plug at one end."""
    layers = mask, tone = _blank()
    places = curve(bend, 400)
    line = np.round(places[:, :2] * FINE).astype(np.int32)
    for width, shade in ((7, 150), (4, 200)):
        cv2.polylines(tone, [line], False, shade, width * FINE)
    cv2.polylines(mask, [line], False, 255, 7 * FINE)
    x, y, angle = places[0]
    box = cv2.boxPoints(((x * FINE, y * FINE), (44 * FINE, 20 * FINE), float(np.degrees(angle)))).astype(np.int32)
    for canvas, value in zip(layers, (255, 180), strict=True):
        cv2.fillConvexPoly(canvas, box, value)
    return _coloured(layers, COLOURS[colour])


def _blank() -> Pair:
    """Return mask and tone of nothing yet, `FINE` times as large as the picture."""
    mask = np.zeros((SIZE[0] * FINE, SIZE[1] * FINE), np.uint8)
    return mask, np.zeros_like(mask)


def _ring(
    layers: Pair, centre: tuple[int, int], axes: tuple[float, float], turn: float, *, shade: int, wire: float = 0
) -> None:
    """Draw an ellipse of a `wire` (0: solid) of so many pixels."""
    size, thick = (round(axes[0] * FINE), round(axes[1] * FINE)), round(wire * FINE) or -1
    for canvas, value in zip(layers, (255, shade), strict=True):
        cv2.ellipse(canvas, centre, size, turn, 0, 360, value, thick)


def _coloured(layers: Pair, colour: tuple[int, int, int]) -> Pair:
    """Return colours and alpha of what was drawn on both layers."""
    mask, tone = layers
    alpha = cv2.resize(mask, SIZE[::-1], interpolation=cv2.INTER_AREA)
    light = cv2.resize(tone, SIZE[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 0.8) / 190
    covered = np.maximum(alpha.astype(np.float32) / 255, 0.2)
    rgb = np.array(colour, np.float32) * np.clip(light / covered, 0.35, 1.35)[..., None]
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
            ("figaro", "gold"),
            ("fine", "silver"),
            ("pendant", "rose"),
            ("figaro", "silver"),
            ("fine", "gold"),
            ("pendant", "steel"),
        )
    )
} | {f"cord {colour}": partial(cord, colour, bend) for bend, colour in enumerate(COLOURS)}
