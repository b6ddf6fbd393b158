"""From a product to a draft: generate's own recipes, and what happens to a picture on its way."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from trueshelf_imaging import adjust, backdrop, compose, shadow
from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_imaging.light import NotPlainError, keep_light
from trueshelf_imaging.resize import shrink_in_linear_light
from trueshelf_imaging.shades import Canvas
from trueshelf_qa.inject.goods import Goods, Made

WHITE, GREY = (255, 255, 255), (240, 240, 240)


@dataclass(frozen=True)
class Draft:
    """A finished picture with its truth."""

    rgb: np.ndarray
    alpha: np.ndarray
    mask: np.ndarray
    quality: int | None = None
    """Of the JPEG that it is stored as; None: PNG."""
    gain: tuple[float, float, float] | None = None
    divided: bool = False
    placed: tuple[float, float, float] | None = None
    """What generate declares: scale, offset x, offset y."""
    shadow: str = ""
    """What the preset asked for."""


def lay(goods: Goods, made: Made, shade: str = "none", gain: adjust.Gain | None = None, fill: float = 0.86) -> Draft:
    """Return the product on its ground, as generate lays it: pixel for pixel, at an integer offset."""
    canvas = Canvas.around(made.alpha, fill=fill, aspect=1.0)
    under = None
    if shade == "natural":
        under = shadow.natural(goods.photo, made.alpha, canvas)
    elif shade == "contact":
        under = shadow.contact(made.alpha, canvas)
    colours = made.rgb if gain is None else adjust.gained(made.rgb, gain)
    rgb = compose.place(colours, made.alpha, goods.ground, canvas, under)
    move = np.array([[1, 0, canvas.offset_x], [0, 1, canvas.offset_y]], np.float64)
    size = (canvas.width, canvas.height)
    alpha = cv2.warpAffine(made.alpha, move, size, flags=cv2.INTER_NEAREST)
    mask = cv2.warpAffine(made.mask.astype(np.uint8), move, size, flags=cv2.INTER_NEAREST) > 0
    return Draft(rgb, alpha, mask, gain=gain, placed=(1.0, canvas.offset_x, canvas.offset_y), shadow=shade)


def travelled(draft: Draft, rng: np.random.Generator) -> Draft:
    """Return the draft as another program would hand it on: noise, smaller, moved by part of a pixel, a JPEG."""
    scale, quality = float(rng.uniform(0.86, 1.0)), int(rng.integers(82, 95))
    shift = rng.uniform(0, 1, 2)
    height, width = draft.rgb.shape[:2]
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    move = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)
    smooth = cv2.GaussianBlur(draft.rgb, (0, 0), 0.3)
    rgb = cv2.warpAffine(smooth, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    rgb += rng.normal(0, float(rng.uniform(0, 1.2)), rgb.shape)
    alpha = cv2.warpAffine(draft.alpha, move, size)
    mask = cv2.warpAffine(draft.mask.astype(np.uint8), move, size, flags=cv2.INTER_NEAREST) > 0
    clipped = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return replace(draft, rgb=clipped, alpha=alpha, mask=mask, quality=quality, placed=None)


def neutral_gain(goods: Goods) -> adjust.Gain | None:
    """Return the gain with which generate takes the light's cast out; None where it would refuse."""
    found = backdrop.fit(to_lab(goods.photo))
    gain = adjust.neutralising(found)
    return gain if found.plain and adjust.gentle(gain) else None


def light_kept(goods: Goods) -> Draft | None:
    """Return the photo divided by its backdrop; None where generate would refuse."""
    try:
        lit = keep_light(goods.photo)
    except NotPlainError:
        return None
    if lit.clipped > 0.05:
        return None
    return Draft(
        lit.rgb, goods.alpha, np.zeros(goods.alpha.shape, np.bool_), divided=True, placed=(1.0, 0, 0), shadow="natural"
    )


def rendition(master: Draft, rng: np.random.Generator, quality: int) -> Draft:
    """Return a marketplace file of a master: smaller in linear light, JPEG."""
    scale = float(rng.uniform(0.6, 1.0))
    size = round(master.rgb.shape[1] * scale), round(master.rgb.shape[0] * scale)
    small = shrink_in_linear_light(master.rgb, *size)
    alpha = cv2.resize(master.alpha, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(master.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return replace(
        master, rgb=small, alpha=alpha, mask=mask, quality=quality, placed=(size[0] / master.rgb.shape[1], 0, 0)
    )


def relit(draft: Draft, rng: np.random.Generator) -> Draft:
    """Return a stand-in for a generative edit: other light over the product, and a little perspective (1.2 %)."""
    height, width = draft.alpha.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    fall = 1 + 0.18 * (x * np.cos(angle) + y * np.sin(angle)) + 0.06 * rng.uniform(-1, 1) * x * y
    fall /= fall.max()  # no light is added: blown highlights would be a true fault
    tone = rng.uniform(0.9, 1.0) * (1 + rng.uniform(-0.02, 0, 3))
    light = to_linear(draft.rgb) * np.where(draft.alpha[..., None] > 0, fall[..., None] * tone, 1)
    rgb = from_linear(np.clip(light, 0, 1).astype(np.float32))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.006, 0.006, (4, 2)).astype(np.float32) * max(width, height)
    matrix = cv2.getPerspectiveTransform(corners, moved)
    size = (width, height)
    rgb = cv2.warpPerspective(rgb, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(draft.mask.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST) > 0
    alpha = cv2.warpPerspective(draft.alpha, matrix, size)
    return replace(draft, rgb=rgb, alpha=alpha, mask=mask, quality=int(rng.integers(86, 95)), placed=None)
