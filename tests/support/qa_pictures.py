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
