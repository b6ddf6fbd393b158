"""A cut-out set into a picture of a place: standing on its surface line, in its light's direction, in its scale.

Nothing is invented: the place is the user's own picture, the product is the photo's own pixels made smaller in linear
light, never larger and never in one direction more than in the other (R-28, R-41).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import Alpha, Floats, Rgb
from trueshelf_imaging.shades import Canvas, bounds
from trueshelf_imaging.shadow import contact

_STRIP = 512
STRENGTH = 0.65
"""Light that the shadow takes away where the product stands: in a room more than on a paper sweep."""
FORWARD = 0.4
"""The least that a shadow comes towards the viewer: seen from above, ground in front of a product is shaded too."""
THROW = 0.07
"""How far the shadow falls from the light, as a share of the product's longer side: a table lamp's, not the sun's."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a product stands in a scene. Places are shares of the scene's width and height."""

    surface: float
    """Where the product's lowest point touches the ground, from the top."""
    centre: float
    """Its middle, from the left."""
    light_from: float
    """Degrees: where the light comes from; 0 right, 90 above and behind, 180 left."""
    width_cm: float | None
    """What the scene's width spans at the surface line; None: not known."""


class DoesNotFitError(ValueError):
    """The product would not lie within the scene, or would have to be enlarged. `code` is a word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Set:
    """The finished picture; master = scale · source + offset, pixels."""

    rgb: Rgb
    scale: float
    offset_x: float
    offset_y: float


def scale_of(
    size: tuple[int, int], scene: tuple[int, int], spot: Spot, *, height_cm: float | None, fill: float
) -> float:
    """Return master pixels per source pixel for a product of `size` (width, height) in a scene of (width, height).

    With both sizes known in centimetres the scale is theirs; else the product reaches `fill` of the room above the
    surface line, or of the width.
    """
    if height_cm is not None and spot.width_cm is not None:
        return height_cm / spot.width_cm * scene[0] / size[1]
    room = spot.surface * scene[1]
    side = 2 * min(spot.centre, 1 - spot.centre) * scene[0]
    return min(fill * room / size[1], fill * side / size[0])


def set_into(colours: Rgb, alpha: Alpha, scene: Rgb, spot: Spot, *, height_cm: float | None, fill: float) -> Set:
    """Return `scene` with the product in it. `colours` as for `compose.place`. Raises DoesNotFitError."""
    left, top, right, bottom = bounds(alpha)
    tall, wide = scene.shape[:2]
    scale = scale_of((right - left, bottom - top), (wide, tall), spot, height_cm=height_cm, fill=fill)
    if scale > 1:
        raise DoesNotFitError("too_few_pixels", f"the product would have to be enlarged {scale:.2f} times")
    width, height = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    x, y = round(spot.centre * wide - width / 2), round(spot.surface * tall) - height
    if x < 0 or y < 0 or x + width > wide or y + height > tall:
        said = f"the product would be {width} x {height} pixels and reach over the scene's edge"
        raise DoesNotFitError("does_not_fit", said)
    light, cover = _shrunk(colours[top:bottom, left:right], alpha[top:bottom, left:right], (width, height))
    whole = np.zeros((tall, wide), np.uint8)
    whole[y : y + height, x : x + width] = np.round(cover * 255).astype(np.uint8)
    angle = math.radians(spot.light_from)
    away = -math.cos(angle), max(FORWARD, math.sin(angle))
    canvas = Canvas(wide, tall, 0, 0, (x, y, x + width, y + height))
    shade = contact(whole, canvas, toward=away, throw=THROW, strength=STRENGTH)
    made = np.empty_like(scene)
    for start in range(0, tall, _STRIP):
        end = min(tall, start + _STRIP)
        lit = to_linear(scene[start:end]) * shade.rows(start, end, wide)[..., None]
        made[start:end] = from_linear(lit.astype(np.float32))
    under = to_linear(made[y : y + height, x : x + width])
    made[y : y + height, x : x + width] = from_linear((light + (1 - cover[..., None]) * under).astype(np.float32))
    return Set(made, scale, x - left * scale, y - top * scale)


def _shrunk(colours: Rgb, alpha: Alpha, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return linear light times cover, and cover 0–1, both averaged by area at `size` (width, height)."""
    cover = alpha.astype(np.float32) / 255
    light = to_linear(colours) * cover[..., None]
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.float32)
