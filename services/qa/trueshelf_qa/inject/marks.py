"""Print, signs and light on the product: logos, overlays, watermarks, a scratch that went, glare that came."""

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.inject.goods import Goods, Made, core, delta_e, mixed, noise_field, some_point, strength_for

NAMES = ("ARLAN", "KEMEL", "NOVA", "SOLTI", "BERIK", "АЛТЫН", "ДӘМДІ", "ҚҰРАҚ")
OVERLAYS = ("SALE", "NEW", "-30%", "HIT", "BEST PRICE", "СКИДКА", "ЖЕҢІЛДІК")
OTHER = {"A": "E", "E": "O", "K": "X", "O": "T", "S": "M"}
OTHER |= dict(zip("АЛТЫНДӘМІҚҰР", "ЯПГИКБЕШЕНОФ", strict=True))
"""What a letter becomes; one that is not named becomes an O."""
LETTER = 0.012
"""Share of the product that one letter of a visible logo covers, with the space that belongs to it."""
VISIBLE = 0.012
MOVED = 0.03
FAINT = 3.2
"""Median CIEDE2000 of a visible watermark's ink."""
FONT = cv2.FONT_HERSHEY_DUPLEX


def logo_lost(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    ink = _logo(goods, level, rng)
    if ink is None:
        return None
    return Made(goods.rgb, goods.alpha, _area(ink[1]), _printed(goods.photo, ink[1], ink[0]))


def logo_invented(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    ink = _logo(goods, level, rng)
    return None if ink is None else Made(_printed(goods.rgb, ink[1], ink[0]), goods.alpha, _area(ink[1]))


def logo_changed(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """Another letter: what generators do to print."""
    name = NAMES[int(rng.integers(len(NAMES)))]
    spot = int(rng.integers(len(name)))
    other = name[:spot] + OTHER.get(name[spot], "O") + name[spot + 1 :]
    before, after = _letters(goods, name, level, 0), _letters(goods, other, level, 0)
    if before is None or after is None:
        return None
    colour = _ink_colour(goods, before)
    different = np.abs(before - after) > 0.3
    source = _printed(goods.photo, before, colour)
    return Made(_printed(goods.rgb, after, colour), goods.alpha, np.asarray(different, np.bool_), source)


def logo_moved(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    name = NAMES[int(rng.integers(len(NAMES)))]
    step = max(2, round(MOVED * level * goods.long_side))
    before, after = _letters(goods, name, 1.0, 0), _letters(goods, name, 1.0, step)
    if before is None or after is None:
        return None
    colour = _ink_colour(goods, before)
    source = _printed(goods.photo, before, colour)
    return Made(_printed(goods.rgb, after, colour), goods.alpha, _area(before) | _area(after), source)


def scratch_gone(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A scratch of the source that the draft does not show."""
    inner = core(goods, 6)
    start = some_point(inner, rng)
    if start is None:
        return None
    angle, length = rng.uniform(0, 2 * np.pi), 0.35 * goods.long_side
    steps = np.linspace(0, 1, 12)
    wave = 0.04 * length * np.cumsum(rng.normal(0, 0.4, 12))
    x = start[0] + steps * length * np.cos(angle) - wave * np.sin(angle)
    y = start[1] + steps * length * np.sin(angle) + wave * np.cos(angle)
    width = max(1, round(VISIBLE * level * goods.area / length))
    line = np.zeros(goods.alpha.shape, np.uint8)
    points = np.rint(np.stack([x, y], axis=1)).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(line, [points], False, 255, width, cv2.LINE_AA)
    ink = np.asarray(np.where(inner, line, 0) / 255, np.float32)
    if (ink > 0.5).sum() < 0.4 * VISIBLE * level * goods.area:
        return None
    return Made(
        goods.rgb, goods.alpha, _area(ink), _printed(goods.photo, np.float32(0.7) * ink, _ink_colour(goods, ink))
    )


def glare(goods: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A soft white spot, as of a flash."""
    centre = some_point(core(goods, 5), rng) or some_point(goods.product, rng)
    if centre is None:
        return None
    across = float(np.sqrt(VISIBLE * level * goods.area / np.pi)) * 1.1
    y, x = np.mgrid[0 : goods.alpha.shape[0], 0 : goods.alpha.shape[1]].astype(np.float32)
    far = ((x - centre[0]) / (1.3 * across)) ** 2 + ((y - centre[1]) / (0.77 * across)) ** 2
    weight = np.where(goods.product, 0.85 * np.exp(-(far**1.5)), 0).astype(np.float32)
    rgb = mixed(goods.rgb, np.full_like(goods.rgb, 252), weight[..., None])
    seen = (delta_e(goods.rgb, rgb) > FAINT) & goods.product
    enough = seen.sum() >= 0.8 * VISIBLE * level * goods.area
    return Made(rgb, goods.alpha, np.asarray(seen, np.bool_)) if enough else None


def text_overlay(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A word over the finished picture."""
    word = OVERLAYS[int(rng.integers(len(OVERLAYS)))]
    ink = _text(draft.alpha.shape, word, 4 * VISIBLE * level * draft.area, _anywhere(draft, rng))
    colour = ((210, 20, 30), (20, 20, 20), (20, 90, 200))[int(rng.integers(3))]
    return _over(draft, ink, colour)


def sticker(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A coloured round badge with a word in it."""
    radius = max(5, round(float(np.sqrt(1.6 * VISIBLE * level * draft.area / np.pi))))
    centre = _anywhere(draft, rng)
    badge = cv2.circle(np.zeros(draft.alpha.shape, np.uint8), centre, radius, 255, -1, cv2.LINE_AA)
    made = _over(
        draft, np.asarray(badge / 255, np.float32), ((225, 30, 40), (250, 200, 20), (30, 140, 60))[rng.integers(3)]
    )
    word = _text(draft.alpha.shape, "-20%", 1.2 * radius * radius, centre)
    rgb = mixed(made.rgb, np.full_like(made.rgb, 255), word[..., None])
    return Made(rgb, made.alpha, made.mask)


def watermark(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """One large faint word across the picture, aslant."""
    middle = cv2.boundingRect(draft.product.astype(np.uint8))
    centre = middle[0] + middle[2] // 2, middle[1] + middle[3] // 2
    ink = _turned(_text(draft.alpha.shape, "PHOTOSTOCK", 0.25 * draft.area, centre), centre, rng.uniform(15, 40))
    return _faint(draft, ink, level)


def watermark_tiled(draft: Goods, level: float, rng: np.random.Generator) -> Made | None:
    """A small faint word all over the picture."""
    height, width = draft.alpha.shape
    tile = np.zeros((round(rng.uniform(60, 90)), round(rng.uniform(110, 150))), np.uint8)
    cv2.putText(tile, "(c) shop", (6, tile.shape[0] // 2), FONT, 0.6, 255, 1, cv2.LINE_AA)
    times = 2 * height // tile.shape[0] + 2, 2 * width // tile.shape[1] + 2
    field = np.asarray(np.tile(tile, times)[: 2 * height, : 2 * width] / 255, np.float32)
    ink = _turned(field, (width, height), 25)[height // 2 : height // 2 + height, width // 2 : width // 2 + width]
    return _faint(draft, np.ascontiguousarray(ink), level)


def _faint(draft: Goods, ink: Floats, level: float) -> Made | None:
    """Return the draft with `ink` as opaque as makes its median difference the level's."""
    where = ink > 0.6
    light = float(to_lab(draft.rgb[where][None])[0, :, 0].mean()) if where.any() else 0.0
    colour = np.full(3, 90.0 if light > 55 else 235.0)

    def shown(samples: Rgb, opacity: float) -> Rgb:
        return np.clip(np.rint(samples * (1 - opacity) + colour * opacity), 0, 255).astype(np.uint8)

    opacity = strength_for(FAINT * level, shown, draft.rgb[where], 0.9)
    return None if opacity is None else _over(draft, ink * np.float32(opacity), tuple(int(v) for v in colour))


def _over(draft: Goods, ink: Floats, colour: tuple[int, ...]) -> Made:
    flat = np.broadcast_to(np.array(colour, np.uint8), draft.rgb.shape)
    return Made(mixed(draft.rgb, flat, ink[..., None]), draft.alpha, _area(ink))


def _anywhere(draft: Goods, rng: np.random.Generator) -> tuple[int, int]:
    """Return a place within the middle of the picture."""
    height, width = draft.alpha.shape
    return round(rng.uniform(0.25, 0.75) * width), round(rng.uniform(0.2, 0.8) * height)


def _logo(goods: Goods, level: float, rng: np.random.Generator) -> tuple[tuple[int, int, int], Floats] | None:
    ink = _letters(goods, NAMES[int(rng.integers(len(NAMES)))], level, 0)
    return None if ink is None else (_ink_colour(goods, ink), ink)


def _letters(goods: Goods, name: str, level: float, step: int) -> Floats | None:
    """Return the ink of `name` at the product's widest place; None where it would not fit on the product."""
    room = cv2.distanceTransform(np.pad(goods.product.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = (int(v) for v in np.unravel_index(int(np.argmax(room)), room.shape))
    ink = _text(goods.alpha.shape, name, len(name) * LETTER * level * goods.area, (x, y + step))
    inside = float(ink[goods.product].sum() / max(1e-6, float(ink.sum())))
    return ink if inside > 0.98 and ink.any() else None


def _text(shape: tuple[int, ...], word: str, box: float, centre: tuple[int, int]) -> Floats:
    """Return the ink (0 to 1) of `word` in a box of `box` pixels' area around `centre`."""
    (wide, high), _ = cv2.getTextSize(word, FONT, 1, 2)
    scale = max(0.3, float(np.sqrt(box / (wide * high * 1.4))))
    weight = max(1, round(1.6 * scale))
    (wide, high), _ = cv2.getTextSize(word, FONT, scale, weight)
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.putText(canvas, word, (centre[0] - wide // 2, centre[1] + high // 2), FONT, scale, 255, weight, cv2.LINE_AA)
    return np.asarray(canvas.astype(np.float32) / 255, np.float32)


def _turned(ink: Floats, centre: tuple[int, int], degrees: float) -> Floats:
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), degrees, 1)
    return np.asarray(cv2.warpAffine(ink, matrix, ink.shape[1::-1]), np.float32)


def _ink_colour(goods: Goods, ink: Floats) -> tuple[int, int, int]:
    under = to_lab(goods.rgb[ink > 0.3][None])[0]
    return (25, 25, 35) if not len(under) or float(np.median(under[:, 0])) > 45 else (228, 226, 220)


def _printed(rgb: Rgb, ink: Floats, colour: tuple[int, int, int]) -> Rgb:
    """Return `rgb` with print that is as light and dark as what it lies on."""
    light = cv2.GaussianBlur(rgb.astype(np.float32).mean(axis=2), (0, 0), 2)
    where = ink > 0.3
    middle = max(1.0, float(np.median(light[where]))) if where.any() else 128.0
    shaded = np.array(colour, np.float32) * np.clip(light / middle, 0.75, 1.25)[..., None]
    grain = noise_field(rgb.shape, 1.5, np.random.default_rng(5))[..., None]
    return mixed(rgb, np.clip(shaded + grain, 0, 255).astype(np.uint8), ink[..., None])


def _area(ink: Floats) -> Mask:
    return np.asarray(ink > 0.03, np.bool_)
