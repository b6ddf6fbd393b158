"""Colours that are not the product's: of all of it, of a region, of one part, of its metal.

Strength is found by bisection, so that the median CIEDE2000 of the changed pixels is the level's.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_imaging.metrics import colour_groups
from trueshelf_imaging.pixels import Mask
from trueshelf_qa.inject.goods import Goods, Made, core, from_lab, mixed, patch, soft, some_point, strength_for

VISIBLE = 3.2
"""Median CIEDE2000 of a visible change of colour; a little above 3, for what 8 bits round away."""
COLOURED = 12.0
"""Median chroma from which a hue can be turned."""
PART = 0.06
"""Share of the product that a recoloured part has."""

Samples = npt.NDArray[np.uint8]
Change = Callable[[Samples, float], Samples]


def overall(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    return _changed(goods, goods.product, _towards(rng.uniform(0, 2 * np.pi)), level, 90)


def hue(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Turn the hue; black, white and grey goods have none."""
    lab = to_lab(goods.rgb[goods.product][None])[0]
    if float(np.median(np.hypot(lab[:, 1], lab[:, 2]))) < COLOURED:
        return None
    side = float(rng.choice((-1, 1)))

    def turn(samples: Samples, degrees: float) -> Samples:
        found = _lab(samples)
        angle = np.radians(side * degrees)
        a, b = found[..., 1].copy(), found[..., 2].copy()
        found[..., 1], found[..., 2] = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
        return _rgb(found, samples)

    return _changed(goods, goods.product, turn, level, 170)


def lightness(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    middle = float(np.median(to_lab(goods.rgb[goods.product][None])[0, :, 0]))
    side = -1.0 if middle > 60 else 1.0 if middle < 35 else float(rng.choice((-1, 1)))

    def lighter(samples: Samples, units: float) -> Samples:
        found = _lab(samples)
        found[..., 0] = np.clip(found[..., 0] + side * units, 0, 100)
        return _rgb(found, samples)

    return _changed(goods, goods.product, lighter, level, 70)


def cast(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Multiply linear light by another factor per channel, as wrong light or a wrong white balance does."""
    tilt = rng.normal(0, 1, 3)
    tilt = (tilt - tilt.mean()) / np.abs(tilt - tilt.mean()).max()

    def gain(samples: Samples, strength: float) -> Samples:
        factor = np.exp(strength * tilt).astype(np.float32)
        return from_linear(np.clip(to_linear(samples) * factor, 0, 1))

    return _changed(goods, goods.product, gain, level, 1.5)


def region(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Recolour one of the product's main colours."""
    pixels = to_lab(goods.rgb[goods.product][None])[0]
    groups = colour_groups(pixels, 3)
    shares = np.bincount(groups, minlength=3) / len(groups)
    candidates = [group for group in range(3) if 0.05 < shares[group] < 0.7]
    if not candidates:
        return None
    where = np.zeros_like(goods.product)
    where[goods.product] = groups == candidates[int(rng.integers(len(candidates)))]
    return _changed(goods, where, _towards(rng.uniform(0, 2 * np.pi)), level, 110)


def part(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    centre = some_point(core(goods, 6), rng) or some_point(goods.product, rng)
    if centre is None:
        return None
    where = patch(goods.product, PART * goods.area, centre, rng)
    return _changed(goods, where, _towards(rng.uniform(0, 2 * np.pi)), level, 110)


def metal_tone(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Turn gold to rose or silver, and what has no colour to gold; lights and shades keep their order."""
    if "metal" not in goods.traits:
        return None
    lab = to_lab(goods.rgb[goods.product][None])[0]
    a, b = float(np.median(lab[:, 1])), float(np.median(lab[:, 2]))
    silver, rose, gold = (-a, -b), (12.0, -6.0), (3.0, 18.0)
    to = (silver, rose)[int(rng.integers(2))] if np.hypot(a, b) > COLOURED else gold
    return _changed(goods, goods.product, _towards(float(np.arctan2(to[1], to[0]))), level, 60)


def _towards(angle: float) -> Change:
    """Return the change along one direction of (a*, b*), less in the dark, where colours are weak."""

    def shift(samples: Samples, units: float) -> Samples:
        found = _lab(samples)
        weight = np.clip(found[..., 0] / 40, 0.3, 1) * units
        found[..., 1] += np.cos(angle) * weight
        found[..., 2] += np.sin(angle) * weight
        return _rgb(found, samples)

    return shift


def _changed(goods: Goods, where: Mask, change: Change, level: float, most: float) -> Made | None:
    strength = strength_for(VISIBLE * level, change, goods.rgb[where], most)
    if strength is None:
        return None
    rgb = mixed(goods.rgb, change(goods.rgb, strength), soft(where, 0.7)) if not _all(goods, where) else None
    return Made(change(goods.rgb, strength) if rgb is None else rgb, goods.alpha, where)


def _all(goods: Goods, where: Mask) -> bool:
    return bool(where.sum() == goods.area)


def _lab(samples: Samples) -> npt.NDArray[np.float32]:
    return to_lab(samples.reshape(1, -1, 3))


def _rgb(lab: npt.NDArray[np.float32], like: Samples) -> Samples:
    return from_lab(lab).reshape(like.shape)
