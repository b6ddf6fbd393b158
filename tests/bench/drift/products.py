"""The products of the drift bench: a source photo with an exact cut-out, real, rendered or drawn.

Rendered ones have exact alpha. Photos have it too where their cut-out was looked at and is used as the truth: the photo
itself where it lies on plain paper, otherwise its pixels on composed paper with shadows, grain and JPEG.
"""

import csv
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from cutout_pictures import PAPERS, SUFFIXES, Pair, laid_on_paper, on_white, read_pair, read_rgb
from drawn_products import DRAWN

from drift.chains_drawn import CHAINS, COLOURS
from trueshelf_imaging import removal
from trueshelf_imaging.pixels import shrink
from trueshelf_qa.inject.goods import Goods, continued

DATA = Path(os.environ.get("TRUESHELF_TEST_DATA", "../shared/data"))
SIDE = 1024
"""Longer side of every source: affordable, and the size at which qa compares."""
CALIBRATION = frozenset(
    (
        *("brick_truck", "earrings_drop", "handbag_leather", "headphones_cable", "jar_lid"),
        *("drawn box", "drawn cloth", "drawn kit", "9ea6992d", "mug", "watch"),
        *("Blazer", "Longsleeve", "Shirt", "Outwear_a1559757"),
        *("chain cable gold", "chain rope gold", "chain beads steel", "chain cable steel"),
        *("chain figaro gold", "chain fine silver", "chain pendant rose", "cord black", "cord white"),
    )
)
"""Products whose pairs may be looked at while a number is chosen; the others only report."""
PLAIN = ("mug", "sunglasses", "watch", "loafers")
PRODUCTS_ON_PAPER = (
    *("Blazer", "Blouse", "Dress", "Longsleeve", "Outwear_a1559757", "Outwear_f315fe31", "Polo", "Shirt"),
    *("Shoes_cedf742b", "Hat_31ae3916"),
)
"""Garments whose cut-out holds: others carry floor with them or have lost parts, and would be no honest goods."""
CATALOGUE = {"9ea6992d": "electronics"}
"""Shots on pure white whose outline is exact: no reflection below them."""
CATEGORIES = {"toy": "default", "kit": "home", "mug": "home", "watch": "jewelry", "loafers": "shoes"}
TRAITS = {
    "earrings_drop": {"metal", "kit"},
    "necklace_gold": {"metal", "chain"},
    "watch": {"metal"},
    "kitchen_wood_set": {"kit"},
    "9ea6992d": {"kit"},
    "drawn kit": {"kit"},
    "drawn ring": {"metal"},
    "drawn beads": {"chain"},
    **{f"cord {colour}": {"chain"} for colour in COLOURS},
    "drawn cable": {"chain"},
    "jar_lid": {"glass"},
}


@dataclass(frozen=True)
class Product:
    """One product; `load` gives its photo and alpha, and its own colours where they are known; all of one size."""

    name: str
    category: str
    origin: str
    """rendered, photo, photo on composed paper, drawn."""
    load: Callable[[], tuple[np.ndarray, ...]]

    @property
    def half(self) -> str:
        return "calibration" if self.name in CALIBRATION else "test"

    def goods(self) -> Goods:
        rgb, alpha, *known = self.load()
        traits = frozenset(TRAITS.get(self.name, {"metal", "chain"} if self.name.startswith("chain") else ()))
        photo, cut = shrink(rgb, SIDE), shrink(alpha, SIDE)
        if not known:
            return Goods.of(photo, cut, traits)
        return Goods(photo, continued(shrink(known[0], SIDE), cut), cut, traits=traits)


def products() -> list[Product]:
    """Return every product that this machine has the pictures of; drawn ones but chains where it has none."""
    there = (DATA / "manifest.csv").exists()
    drawn = [
        Product(name, _category(name), "drawn", partial(_on_paper, draw, name))
        for name, draw in (CHAINS if there else DRAWN | CHAINS).items()
    ]
    return drawn + (_rendered() + _photos() if there else [])


def own_photos(folder: Path) -> list[Product]:
    """Return the products of a user's photos: those whose cut-out is certain, for a truth that is none misleads."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        cut = removal.remove(read_rgb(path))
        if cut.alpha is None or cut.confidence != "certain":
            print(f"{path.name}: left out, its cut-out is not certain", file=sys.stderr)
            continue
        found.append(Product(path.stem, "default", "yours", partial(_cut, path)))
    return found


def rendered_rows() -> list[dict[str, str]]:
    """Return the manifest of the rendered products; empty without the test data."""
    manifest = DATA / "rendered" / "manifest.csv"
    return list(csv.DictReader(manifest.open())) if manifest.exists() else []


def _rendered() -> list[Product]:
    return [
        Product(
            row["model"],
            CATEGORIES.get(row["category"], row["category"]),
            "rendered",
            partial(read_pair, DATA / "rendered" / row["file"], DATA / "rendered" / row["mask"]),
        )
        for row in rendered_rows()
        if row["role"] == "source" and Path(row["file"]).stem == "source"
    ]


def _photos() -> list[Product]:
    photos = DATA / "photos"
    found = [
        Product(
            name, CATEGORIES.get(name, "accessories"), "photo", partial(_cut, photos / f"online-boutique/{name}.jpg")
        )
        for name in PLAIN
    ]
    found += [
        Product(stem, category, "photo", partial(on_white, photos / f"abo-samples/{stem}.jpg"))
        for stem, category in CATALOGUE.items()
    ]
    for name in PRODUCTS_ON_PAPER:
        path = next(iter(sorted((photos / "clothing-dataset").glob(f"{name}*.jpg"))))
        category = "shoes" if name.startswith("Shoes") else "accessories" if name.startswith("Hat") else "apparel"
        load = partial(_on_paper, partial(_garment, path), name)
        found.append(Product(name, category, "photo on composed paper", load))
    return found


def _category(drawn: str) -> str:
    if drawn.startswith("chain") or drawn in ("drawn ring", "drawn beads"):
        return "jewelry"
    return "electronics" if drawn.startswith("cord") or drawn == "drawn cable" else "default"


def _cut(path: Path) -> Pair:
    """Return a photo and its cut-out, as it was looked at."""
    rgb = read_rgb(path)
    found = removal.remove(rgb)
    assert found.alpha is not None, f"{path}: nothing was found"
    return rgb, found.alpha


def _garment(path: Path) -> Pair:
    """Return a photo and its cut-out without loose ends and small holes: the biggest solid piece."""
    rgb, alpha = _cut(path)
    solid = cv2.morphologyEx((alpha > 127).astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    biggest = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    outside = cv2.floodFill(np.pad(biggest.astype(np.uint8), 1), None, (0, 0), 2)[1][1:-1, 1:-1] == 2
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~outside & ~biggest).astype(np.uint8))
    small = stats[:, cv2.CC_STAT_AREA] < 0.02 * biggest.sum()
    small[0] = False
    whole = cv2.dilate((biggest | small[labels]).astype(np.uint8), np.ones((5, 5), np.uint8))
    filled = cv2.dilate(small[labels].astype(np.uint8), np.ones((15, 15), np.uint8)) & (biggest | small[labels])
    return rgb, np.where(whole, np.maximum(alpha, 255 * filled), 0).astype(np.uint8)


def _on_paper(load: Callable[[], Pair], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seed = zlib.crc32(name.encode())
    rgb, alpha = load()
    paper = list(PAPERS)[seed % len(PAPERS)]
    return laid_on_paper(lambda: (rgb, alpha), paper, seed)
