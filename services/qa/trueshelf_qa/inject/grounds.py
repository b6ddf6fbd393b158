"""What is wrong around the product: tints, shadows that tell stories, reflections, frames. Works on finished drafts."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.inject.goods import Goods, Made, from_lab, mixed, noise_field, strength_for

VISIBLE = 3.2
"""Median CIEDE2000 of a visible change of the ground."""
LIGHT_TAKEN = 0.13
"""Share of linear light that a visible unwanted shadow takes away on white: CIEDE2000 about 3."""
AREA = 0.012


def tint(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    angle = rng.uniform(0, 2 * np.pi)

    def coloured(samples: Rgb, units: float) -> Rgb:
        lab = to_lab(samples.reshape(1, -1, 3))
        lab[..., 0] -= 0.3 * units
        lab[..., 1] += units * np.cos(angle)
        lab[..., 2] += units * np.sin(angle)
        return from_lab(lab).reshape(samples.shape)

    around = draft.alpha == 0
    strength = strength_for(VISIBLE * level, coloured, draft.rgb[around], 60)
    if strength is None:
        return None
    return Made(mixed(draft.rgb, coloured(draft.rgb, strength), _behind(draft)), draft.alpha, around)


def uneven(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A ground that gets darker to one side, in clouds."""
    height, width = draft.alpha.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = 0.5 + 0.4 * (x * np.cos(angle) + y * np.sin(angle)) + 0.12 * noise_field((height, width), width / 3, rng)
    lab = to_lab(draft.rgb)
    lab[..., 0] -= np.clip(slope, 0, 1.2) * 2 * 1.6 * VISIBLE * level
    return Made(mixed(draft.rgb, from_lab(lab), _behind(draft)), draft.alpha, draft.alpha == 0)


def stand_shadow(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A hard shadow away from the product's foot, as if it floated or stood on something."""
    x, y, width, height = cv2.boundingRect(draft.product.astype(np.uint8))
    shape = np.zeros(draft.alpha.shape, np.float32)
    gap = max(4, round(0.03 * height))
    middle = (x + width // 2, min(draft.alpha.shape[0] - 4, y + height + gap))
    cv2.ellipse(shape, middle, (max(4, round(0.45 * width)), max(3, round(0.03 * height))), 0, 0, 360, 1.0, -1)
    return _shaded(draft, _soft(shape, 1.5), level)


def second_shadow(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """The product's shape thrown to one side, as by a second lamp."""
    side = float(rng.choice((-1, 1)))
    move = np.array(
        [[1, 0, side * 0.07 * draft.long_side], [0, 1, 0.02 * draft.long_side]],
        np.float64,
    )
    cast = cv2.warpAffine(draft.alpha.astype(np.float32) / 255, move, draft.alpha.shape[1::-1])
    return _shaded(draft, _soft(cast, 0.008 * draft.long_side + 1), level)


def reflection(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """The product upside down under itself, fading."""
    _, y, _, height = cv2.boundingRect(draft.product.astype(np.uint8))
    foot, frame = y + height, draft.alpha.shape[0]
    room = min(frame - foot, height, round(0.25 * height))
    if room < 0.02 * height + 4:
        return None
    rgb, weight = draft.rgb.copy(), np.zeros(draft.alpha.shape, np.float32)
    flipped = slice(foot - room, foot)
    rgb[foot : foot + room] = draft.rgb[flipped][::-1]
    fade = np.linspace(1, 0.1, room, dtype=np.float32)[:, None]
    weight[foot : foot + room] = draft.alpha[flipped][::-1].astype(np.float32) / 255 * fade
    weight *= (draft.alpha == 0) * np.float32(min(0.9, 0.2 * level))
    made = mixed(draft.rgb, rgb, weight[..., None])
    where = weight > 0.02 * level
    return Made(made, draft.alpha, np.asarray(where, np.bool_)) if where.sum() > AREA * draft.area else None


def cropped(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A frame that cuts a part of the product off."""
    rows, columns = np.nonzero(draft.product)
    if rng.random() < 0.5:
        at = int(np.partition(columns, -int(AREA * level * draft.area))[-int(AREA * level * draft.area)])
        cut: tuple[slice, slice] = np.s_[:, :at]
    else:
        at = int(np.partition(rows, -int(AREA * level * draft.area))[-int(AREA * level * draft.area)])
        cut = np.s_[:at, :]
    rgb, alpha = np.ascontiguousarray(draft.rgb[cut]), np.ascontiguousarray(draft.alpha[cut])
    mask = np.zeros(alpha.shape, np.bool_)
    mask[-6:] |= (alpha[-6:] > 0) if cut[0].stop is not None else False
    mask[:, -6:] |= (alpha[:, -6:] > 0) if cut[1].stop is not None else False
    return Made(rgb, alpha, mask)


def frame_stretched(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """The finished picture pulled into another aspect."""
    height, width = draft.alpha.shape
    size = (round(width * (1 + 0.022 * level)), height)
    rgb = np.asarray(cv2.resize(draft.rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    alpha = np.asarray(cv2.resize(draft.alpha, size), np.uint8)
    return Made(rgb, alpha, np.asarray(alpha > 0, np.bool_))


def too_small(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A product that fills 0.65, 0.5 or 0.25 of the frame where 0.8 is due."""
    fill = {0.5: 0.65, 1.0: 0.5}.get(level, 0.25)
    height, width = draft.alpha.shape
    factor = fill * max(height, width) / draft.long_side
    if factor >= 1:
        return None
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    rgb, alpha = np.full_like(draft.rgb, draft.ground), np.zeros_like(draft.alpha)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    rgb[top : top + size[1], left : left + size[0]] = cv2.resize(draft.rgb, size, interpolation=cv2.INTER_AREA)
    alpha[top : top + size[1], left : left + size[0]] = cv2.resize(draft.alpha, size, interpolation=cv2.INTER_AREA)
    return Made(rgb, alpha, np.asarray(alpha > 0, np.bool_))


def compressed(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """JPEG of quality 45, 25 or 8."""
    quality = {0.5: 45, 1.0: 25}.get(level, 8)
    data = cv2.imencode(".jpg", cv2.cvtColor(draft.rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return Made(np.ascontiguousarray(back[..., ::-1]), draft.alpha, draft.product)


def _shaded(draft: Goods, shape: Floats, level: float) -> Made | None:
    taken = shape * (1 - draft.alpha.astype(np.float32) / 255) * np.float32(min(0.6, LIGHT_TAKEN * level))
    where: Mask = np.asarray(taken > 0.3 * LIGHT_TAKEN * level, np.bool_)
    if where.sum() < AREA * draft.area:
        return None
    light = to_linear(draft.rgb) * (1 - taken[..., None])
    return Made(from_linear(light.astype(np.float32)), draft.alpha, where)


def _soft(shape: npt.NDArray[Any], sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(shape, (0, 0), sigma), np.float32)


def _behind(draft: Goods) -> Floats:
    return np.asarray(1 - draft.alpha.astype(np.float32)[..., None] / 255, np.float32)
