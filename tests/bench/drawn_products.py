"""Products drawn in code with exact alpha, for machines without the test photos: they need nothing but this file."""

from collections.abc import Callable

import cv2
import numpy as np

FINE = 4
"""Drawn this much larger, then averaged: smooth edges and an exact alpha."""
SIZE = (600, 800)

Pair = tuple[np.ndarray, np.ndarray]


def _points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array([[round(x * FINE), round(y * FINE)] for x, y in pairs], np.int32)


def _finish(mask: np.ndarray, colours: np.ndarray) -> Pair:
    alpha = cv2.resize(mask, SIZE[::-1], interpolation=cv2.INTER_AREA)
    return np.clip(colours, 0, 255).astype(np.uint8), alpha


def _canvas() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (mask to draw in, y, x)."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    return np.zeros((SIZE[0] * FINE, SIZE[1] * FINE), np.uint8), y, x


def _tinted(colour: tuple[int, int, int], light: np.ndarray) -> np.ndarray:
    return np.array(colour, np.float32) * light[..., None]


def box_with_handle() -> Pair:
    mask, _, x = _canvas()
    cv2.rectangle(mask, (250 * FINE, 225 * FINE), (550 * FINE, 475 * FINE), 255, -1)
    cv2.ellipse(mask, (400 * FINE, 225 * FINE), (100 * FINE, 125 * FINE), 0, 180, 360, 255, 22 * FINE)
    colours = np.where(
        (x < 420)[..., None], _tinted((150, 35, 40), 1 + 0.1 * np.sin(x / 7)), _tinted((40, 60, 150), 1 + 0 * x)
    )
    return _finish(mask, colours)


def grey_cube() -> Pair:
    """Three grey faces: what a shadow model must not take for shadow."""
    mask, _, x = _canvas()
    top = _points((400, 150), (560, 220), (400, 300), (240, 220))
    left, right = (
        _points((240, 220), (400, 300), (400, 480), (240, 390)),
        _points((400, 300), (560, 220), (560, 390), (400, 480)),
    )
    colours = np.zeros((*mask.shape, 3), np.uint8)
    for face, tone in ((top, 205), (left, 120), (right, 85)):
        cv2.fillConvexPoly(mask, face, 255)
        cv2.fillConvexPoly(colours, face, (tone, tone, tone + 3))
    wide = cv2.dilate(colours, np.ones((9, 9), np.uint8))
    colours = np.where((colours > 0).any(axis=2, keepdims=True), colours, wide)
    return _finish(mask, cv2.resize(colours, SIZE[::-1], interpolation=cv2.INTER_AREA) + 4 * np.sin(x / 3)[..., None])


def ring() -> Pair:
    mask, y, x = _canvas()
    cv2.ellipse(mask, (400 * FINE, 300 * FINE), (150 * FINE, 120 * FINE), 0, 0, 360, 255, 26 * FINE)
    light = 0.75 + 0.35 * np.sin(np.arctan2(y - 300, x - 400) * 3)
    return _finish(mask, _tinted((212, 170, 80), light))


def bead_chain() -> Pair:
    mask, y, x = _canvas()
    for turn in np.linspace(0, 2 * np.pi, 70, endpoint=False):
        centre = _points((400 + 240 * np.cos(turn), 300 + 170 * np.sin(turn) * (1 - 0.3 * np.cos(turn))))[0]
        cv2.circle(mask, tuple(int(v) for v in centre), 7 * FINE, 255, -1)
    return _finish(mask, _tinted((90, 40, 70), 0.8 + 0.5 * np.abs(np.sin(x / 5) * np.cos(y / 5))))


def cable() -> Pair:
    mask, y, _ = _canvas()
    turn = np.linspace(0, 4 * np.pi, 300)
    line = np.stack([150 + 40 * turn, 300 + 130 * np.sin(turn * 0.9)], axis=1)
    cv2.polylines(mask, [_points(*map(tuple, line)).reshape(-1, 1, 2)], False, 255, 9 * FINE)
    cv2.rectangle(mask, (640 * FINE, 190 * FINE), (700 * FINE, 260 * FINE), 255, -1)
    return _finish(mask, _tinted((35, 36, 40), 1 + 0.25 * np.sin(y / 4)))


def kit() -> Pair:
    mask, y, x = _canvas()
    for left in (180, 290, 400, 510, 600):
        cv2.rectangle(mask, (left * FINE, 200 * FINE), ((left + 26) * FINE, 430 * FINE), 255, -1)
        cv2.ellipse(mask, ((left + 13) * FINE, 190 * FINE), (32 * FINE, 48 * FINE), 0, 0, 360, 255, -1)
    return _finish(mask, _tinted((150, 100, 60), 0.9 + 0.15 * np.sin(x / 9 + np.sin(y / 40))))


def striped_cloth() -> Pair:
    mask, y, x = _canvas()
    wave = [(200 + 8 * np.sin(k / 3), 120 + 12 * k) for k in range(31)]
    other = [(600 + 10 * np.sin(k / 4 + 1), 120 + 12 * k) for k in range(31)]
    cv2.fillPoly(mask, [_points(*wave, *other[::-1])], 255)
    stripes = ((y // 30) % 2 == 0)[..., None]
    light = 0.9 + 0.08 * np.sin(x / 30 + y / 50)
    return _finish(mask, np.where(stripes, _tinted((225, 220, 208), light), _tinted((40, 52, 90), light)))


DRAWN: dict[str, Callable[[], Pair]] = {
    "drawn box": box_with_handle,
    "drawn grey cube": grey_cube,
    "drawn ring": ring,
    "drawn beads": bead_chain,
    "drawn cable": cable,
    "drawn kit": kit,
    "drawn cloth": striped_cloth,
}
