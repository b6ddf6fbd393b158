"""Small pictures for qa's tests: a textured product on plain ground, and drafts of it with known changes."""

import cv2
import numpy as np

WHITE = (255, 255, 255)
PAPER = (214, 206, 192)


def product(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of 480 × 360 pixels: a box with coloured panels, studs and a handle."""
    rng = np.random.default_rng(seed)
    rgb = np.zeros((360, 480, 3), np.uint8)
    alpha = np.zeros((360, 480), np.uint8)
    cv2.rectangle(alpha, (110, 120), (370, 300), 255, -1)
    cv2.circle(alpha, (240, 110), 60, 255, 14)
    cv2.rectangle(alpha, (330, 60), (360, 125), 255, -1)
    for row in range(6):
        for column in range(10):
            colour = rng.integers(20, 200, 3).tolist()
            cv2.rectangle(rgb, (96 + 30 * column, 40 + 45 * row), (125 + 30 * column, 84 + 45 * row), colour, -1)
    for _ in range(120):
        centre = int(rng.integers(100, 380)), int(rng.integers(50, 310))
        cv2.circle(rgb, centre, int(rng.integers(2, 6)), rng.integers(0, 255, 3).tolist(), -1)
    return rgb, cv2.GaussianBlur(alpha, (0, 0), 0.7)


def laid(rgb: np.ndarray, alpha: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    """Return the product on plain ground."""
    share = alpha[..., None].astype(np.float32) / 255
    return (rgb * share + np.array(ground, np.float32) * (1 - share)).round().astype(np.uint8)


def source(seed: int = 1) -> np.ndarray:
    """Return a photo of it: paper ground and a little noise, the same for the same seed."""
    rgb, alpha = product(seed)
    noise = np.random.default_rng(seed + 1000).normal(0, 0.8, (*alpha.shape, 3))
    return np.clip(laid(rgb, alpha, PAPER) + noise, 0, 255).round().astype(np.uint8)


def honest(seed: int = 1) -> np.ndarray:
    """Return the draft that keeps every pixel of the photo's product, on white."""
    return laid(source(seed), product(seed)[1], WHITE)


def fine_chain(*, silver: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return a fine chain, RGB (400, 560, 3), and its soft alpha: every link like the next, hardly a pixel is solid.

    `silver` turns a fifth of it from gold into silver.
    """
    large = np.zeros((1600, 2240), np.uint8)
    for angle in range(0, 360, 12):
        turn = np.radians(angle)
        centre = int(1120 + 600 * np.cos(turn)), int(800 + 480 * np.sin(turn))
        cv2.ellipse(large, centre, (72, 34), angle + 90, 0, 360, 255, 13, cv2.LINE_AA)
    alpha = cv2.resize(large, (560, 400), interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[0:400, 0:560]
    shine = 140 + 80 * np.sin(columns / 3.1) * np.sin(rows / 4.3)
    gold = shine[..., None] * np.array([1.0, 0.82, 0.45])
    if silver:
        gold[:, 400:] = shine[:, 400:, None] * np.array([0.9, 0.9, 0.92])
    return np.clip(gold, 0, 255).astype(np.uint8), alpha


def framed(picture: np.ndarray, across: int, down: int) -> np.ndarray:
    """Return the picture with so many white pixels on each side."""
    return cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_CONSTANT, value=WHITE)
