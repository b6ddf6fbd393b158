"""Goods for qa's drift checks: a woven bag with a print, a shining bangle, and honest drafts of them."""

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab

SIZE = (640, 720)
"""Height and width."""
GROUND = (222, 220, 216)
WHITE = (255, 255, 255)


def bag(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a bag: brown weave, a print of coloured shapes, a leather patch, a scratch-free front."""
    rng = np.random.default_rng(seed)
    weave = cv2.GaussianBlur(rng.normal(0, 1, SIZE).astype(np.float32), (0, 0), 0.9)
    light = 58 + 2.5 * weave / weave.std() + np.linspace(-6, 6, SIZE[1])[None, :]
    lab = np.stack([light, np.full(SIZE, 14.0), np.full(SIZE, 26.0)], axis=2).astype(np.float32)
    rgb = from_lab(lab)
    for _ in range(46):
        centre = int(rng.integers(190, 530)), int(rng.integers(210, 520))
        colour = rng.integers(20, 235, 3).tolist()
        if rng.random() < 0.5:
            cv2.circle(rgb, centre, int(rng.integers(6, 18)), colour, -1, cv2.LINE_AA)
        else:
            corner = centre[0] + int(rng.integers(10, 34)), centre[1] + int(rng.integers(8, 26))
            cv2.rectangle(rgb, centre, corner, colour, -1, cv2.LINE_AA)
    alpha = np.zeros(SIZE, np.uint8)
    cv2.rectangle(alpha, (140, 150), (580, 570), 255, -1)
    cv2.ellipse(alpha, (360, 160), (120, 90), 0, 180, 360, 255, 22)
    return rgb, cv2.GaussianBlur(alpha, (0, 0), 0.8)


def bangle(hue: float = 85.0, chroma: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a polished metal bangle of that hue angle (degrees) and C*, engraved."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    x, y = columns - 360, (rows - 320) * 1.15
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    shine = np.sin((radius - 180) / 4.5) * 22 + np.sin(9 * angle + 0.6) * 9 + np.sign(np.sin(31 * angle)) * 6
    light = np.clip(62 + shine, 14, 100)
    tint = chroma * np.clip(1.2 - light / 140, 0.2, 1)
    a, b = tint * np.cos(np.radians(hue)), tint * np.sin(np.radians(hue))
    rgb = from_lab(np.stack([light, a, b], axis=2).astype(np.float32))
    alpha = ((np.abs(radius - 190) < 42) * 255).astype(np.uint8)
    return rgb, cv2.GaussianBlur(alpha, (0, 0), 0.8)


def from_lab(lab: np.ndarray) -> np.ndarray:
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8)


def tinted(rgb: np.ndarray, light: float, a: float, b: float, where: np.ndarray | float = 1.0) -> np.ndarray:
    """Return `rgb` shifted in Lab, `where` (0–1) it is asked for."""
    weight = np.asarray(where, np.float32)
    shift = np.array([light, a, b], np.float32)
    return from_lab(to_lab(rgb) + shift * (weight[..., None] if weight.ndim else weight))


def disc(x: int, y: int, radius: int) -> np.ndarray:
    """Return 1 inside a soft-edged disc, 0 outside."""
    mask = np.zeros(SIZE, np.float32)
    cv2.circle(mask, (x, y), radius, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 1.0)


def photo(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return the photo: on grey paper, with sensor noise, the same for the same picture."""
    noise = np.random.default_rng(7).normal(0, 1.2, rgb.shape)
    return np.clip(_laid(rgb, alpha, GROUND) + noise, 0, 255).round().astype(np.uint8)


def draft(rgb: np.ndarray, alpha: np.ndarray, *, scale: float = 0.93, quality: int = 88) -> np.ndarray:
    """Return what an honest generator delivers of the photo: on white, resized, compressed."""
    seen = photo(rgb, alpha)
    laid = _laid(seen, alpha, WHITE).round().astype(np.uint8)
    small = cv2.resize(laid, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def relit(picture: np.ndarray) -> np.ndarray:
    """Return an honest generative draft of a draft: light from the side, a touch warmer, another contrast."""
    side = np.linspace(0.93, 1.06, picture.shape[1])[None, :, None]
    lit = (picture / 255.0) ** 0.96 * side * np.array([1.01, 1.0, 0.985])
    return np.clip(lit * 255, 0, 255).round().astype(np.uint8)


def _laid(rgb: np.ndarray, alpha: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    share = alpha[..., None].astype(np.float32) / 255
    return rgb * share + np.array(ground, np.float32) * (1 - share)
