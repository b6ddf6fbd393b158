"""What a similarity model of the operator's own sees: one more signal beside the checks, never instead of one.

Such models tell whether two pictures show the same thing when pose and light differ, where pixels say little; they pass
over small letters, a stone, one link. Trueshelf ships none and has no limits for one: whoever names a model sets
`[PROFILE.CATEGORY.similarity]` in limits of his own; without them it is measured and never decides.
"""

from typing import Protocol

import numpy as np

from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Place, gravest, measured
from trueshelf_qa.domain.words import say, where

NAME, VERSION, CHECKLIST_ITEM = "similarity", "1", "details_unchanged"
GREY = 128
"""What is laid around the product, so that grounds are not compared."""
TILES = 3
"""Rows and columns into which the product is cut: a small change is lost in the whole."""
TILE_SHARE = 0.2
"""Share of a tile that must be product for it to be compared."""


class Model(Protocol):
    """What turns a picture into a unit vector."""

    @property
    def sha256(self) -> str: ...

    def embed(self, rgb: Rgb) -> Floats: ...


def check(pair: Comparison, limits: Limits, model: Model) -> CheckResult:
    """Compare the whole product and its tiles by the model's cosine distance, 0 (the same) to 2."""
    shown = pair.product | pair.candidate.sure
    source, candidate = (_alone(picture, shown) for picture in (pair.source_rgb, pair.candidate_rgb))
    whole = _distance(model, source, candidate, pair.extent, pair.size)
    tiles = [(_distance(model, source, candidate, tile, pair.size), tile) for tile in _tiles(pair)]
    worst, tile = max(tiles, key=lambda each: each[0], default=(whole, pair.extent))
    metrics = measured(limits, "distance", whole), measured(limits, "tile_distance", worst)
    verdict = gravest(metric.verdict for metric in metrics)
    key = "same" if verdict == "clear" else "differs"
    said = say(NAME, key, model=model.sha256[:12], distance=whole, worst=worst, places=(tile,))
    places = () if verdict == "clear" else (tile,)
    return CheckResult(NAME, VERSION, verdict, said, 0.5, CHECKLIST_ITEM, metrics, places)


def _alone(picture: Rgb, shown: Mask) -> Rgb:
    return np.where(shown[..., None], picture, np.uint8(GREY))


def _tiles(pair: Comparison) -> list[Place]:
    """Return the tiles of the product's extent that are product enough."""
    whole, (width, height) = pair.extent, pair.size
    found = []
    for row in range(TILES):
        for column in range(TILES):
            x, y = whole.x + column * whole.w / TILES, whole.y + row * whole.h / TILES
            tile = Place(round(x, 4), round(y, 4), round(whole.w / TILES, 4), round(whole.h / TILES, 4), 0.0)
            inside = pair.product[_pixels(tile, (width, height))]
            if inside.size and inside.mean() >= TILE_SHARE:
                words = where((column + 0.5) / TILES, (row + 0.5) / TILES)
                share = round(float(inside.sum()) / pair.area, 5)
                found.append(Place(tile.x, tile.y, tile.w, tile.h, share, words))
    return found


def _distance(model: Model, source: Rgb, candidate: Rgb, place: Place, size: tuple[int, int]) -> float:
    area = _pixels(place, size)
    return max(0.0, 1.0 - float(model.embed(source[area]) @ model.embed(candidate[area])))


def _pixels(place: Place, size: tuple[int, int]) -> tuple[slice, slice]:
    width, height = size
    x, y = int(place.x * width), int(place.y * height)
    return (
        slice(y, max(y + 1, round((place.y + place.h) * height))),
        slice(x, max(x + 1, round((place.x + place.w) * width))),
    )
