"""The pictures of `bench_cutout`: a source, its true alpha and where it comes from; read or composed when asked for.

Truth is exact for rendered and drawn products; real ones have the masks that came with them, or, for catalogue shots,
what is not pure white. Composed pictures: a product on white, grey or beige paper with fall-off, contact and cast
shadow, noise and JPEG, or pasted into a photo of other things.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from drawn_products import DRAWN

from trueshelf_imaging.colour import from_linear, to_linear

CALIBRATION = (
    *("brick_truck", "earrings_drop", "handbag_leather", "headphones_cable", "jar_lid"),
    *("drawn box", "drawn cloth", "drawn kit", "528c608a", "9ea6992d"),
)
"""Products whose pictures may be looked at while a number is chosen; all other products only report."""
PAPERS = {"white": (236, 236, 233), "grey": (158, 160, 163), "beige": (205, 188, 160)}
LONG_SIDE = 1024
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
CATALOGUE = ("528c608a", "844a1cce", "9ea6992d")
"""Shots on pure white whose outline is where white ends."""
SCENES = ("dreambooth/clock_02", "dreambooth/can_01", "dreambooth/berry_bowl_02", "dreambooth/vase_03")

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Picture:
    """One picture of the bench; `load` gives (rgb, alpha), both uint8, of one size."""

    name: str
    part: str
    product: str
    load: Callable[[], Pair]
    boxed: bool = False
    """Cut out with a person's box: the true one and 2 % of the long side around it."""

    @property
    def half(self) -> str:
        return "calibration" if self.product in CALIBRATION else "test"


def read_rgb(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def read_pair(photo: Path, mask: Path) -> Pair:
    rgb = read_rgb(photo)
    alpha = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
    if alpha is None:
        raise SystemExit(f"{mask} cannot be read as a mask")
    if alpha.ndim == 3:
        alpha = alpha[..., 3] if alpha.shape[2] == 4 else alpha[..., 0]
    if alpha.shape != rgb.shape[:2]:
        alpha = cv2.resize(alpha, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
    if alpha.max() == 1:
        alpha = alpha * 255
    return rgb, alpha.astype(np.uint8)


def box_of(alpha: np.ndarray) -> tuple[float, float, float, float]:
    """Return (x, y, w, h), 0 to 1, around the product with 2 % of the long side to spare."""
    height, width = alpha.shape
    rows, columns = np.nonzero((alpha > 127).any(axis=1))[0], np.nonzero((alpha > 127).any(axis=0))[0]
    air = 0.02 * max(height, width)
    left, top = max(0, columns[0] - air), max(0, rows[0] - air)
    right, bottom = min(width, columns[-1] + 1 + air), min(height, rows[-1] + 1 + air)
    return left / width, top / height, (right - left) / width, (bottom - top) / height


def rendered(data: Path) -> Iterator[Picture]:
    """Rendered sources with exact alpha: on paper, large, and among other things."""
    with (data / "rendered" / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "source"]
    for row in rows:
        load = partial(read_pair, data / "rendered" / row["file"], data / "rendered" / row["mask"])
        clutter = "cluttered" in row["backdrop"]
        part = "rendered, clutter" if clutter else "rendered, paper"
        if "12mp" in row["file"]:
            part = "rendered, 12 megapixels"
        yield Picture(row["file"], part, row["model"], load, boxed=clutter)


def real(data: Path) -> Iterator[Picture]:
    """Real photos that have a mask; none of them lies on plain paper, so each gets a box."""
    with (data / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["has_mask"] == "1"]
    for row in rows:
        load = partial(read_pair, data / row["file"], data / row["mask_file"])
        glass = "glass" in row["category"]
        yield Picture(
            Path(row["file"]).name, "real, glass" if glass else "real, clutter", row["category"], load, boxed=True
        )


def on_white(path: Path) -> Pair:
    """A catalogue shot: product is what a flood of pure white from the border does not reach."""
    rgb = read_rgb(path)
    white = np.pad((rgb.min(axis=2) >= 250).astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(white, None, (0, 0), 2)
    mask = (white[1:-1, 1:-1] != 2).astype(np.uint8) * 255
    return rgb, cv2.GaussianBlur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (0, 0), 0.7)


def products(data: Path | None) -> list[tuple[str, Callable[[], Pair]]]:
    """Return cut-outs to compose with: drawn ones always, rendered and real ones where the test data is."""
    found: list[tuple[str, Callable[[], Pair]]] = [(name, draw) for name, draw in DRAWN.items()]
    if data is None:
        return found
    folders = [one for one in sorted((data / "rendered").iterdir()) if (one / "honest.jpg").exists()]
    found += [(one.name, partial(read_pair, one / "honest.jpg", one / "alpha.png")) for one in folders]
    shots = sorted(data.glob("photos/abo-samples/*.jpg"))
    found += [(shot.stem, partial(on_white, shot)) for shot in shots if shot.stem in CATALOGUE]
    return found


def composed(data: Path | None) -> Iterator[Picture]:
    """Every product on every paper; and pasted into photos of other things, for the box."""
    for index, (name, load) in enumerate(products(data)):
        for paper in PAPERS:
            yield Picture(f"{name} on {paper}", "composed, paper", name, partial(on_paper, load, paper, index))
        if data is not None:
            scene = data / "photos" / f"{SCENES[index % len(SCENES)]}.jpg"
            yield Picture(f"{name} in {scene.stem}", "composed, clutter", name, partial(in_scene, load, scene), True)


def folder(photos: Path, masks: Path) -> Iterator[Picture]:
    """Photos with masks of the same stem, as a user has them."""
    by_stem = {path.stem: path for path in sorted(masks.iterdir()) if path.suffix.lower() in SUFFIXES}
    for path in sorted(photos.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.stem in by_stem:
            yield Picture(path.name, "yours", path.stem, partial(read_pair, path, by_stem[path.stem]))


def _placed(pair: Pair, side: int, fill: float) -> tuple[np.ndarray, np.ndarray]:
    """Return linear colours and alpha (0 to 1) of the product, centred in a frame of `side` x 3/4 `side`."""
    rgb, alpha = pair
    rows, columns = np.nonzero(alpha.any(axis=1))[0], np.nonzero(alpha.any(axis=0))[0]
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    rgb, alpha = rgb[area], alpha[area]
    height, width = side * 3 // 4, side
    scale = min(fill * width / alpha.shape[1], fill * height / alpha.shape[0], 1.0)
    size = (max(2, round(alpha.shape[1] * scale)), max(2, round(alpha.shape[0] * scale)))
    share = cv2.resize(alpha.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)
    light = cv2.resize(to_linear(rgb) * (alpha[..., None] / 255).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    colours, full = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    colours[top : top + size[1], left : left + size[0]] = light
    full[top : top + size[1], left : left + size[0]] = share
    return colours, full


def _photographed(light: np.ndarray, rng: np.random.Generator, quality: int) -> np.ndarray:
    """Return linear light as a phone's JPEG: shot and read noise, 8 bits, compression."""
    noisy = light + rng.normal(0, 1, light.shape) * np.sqrt(0.0002 * np.maximum(light, 0) + 2e-6)
    srgb = from_linear(np.clip(noisy, 0, 1).astype(np.float32))
    _, data = cv2.imencode(".jpg", cv2.cvtColor(srgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def on_paper(load: Callable[[], Pair], paper: str, seed: int) -> Pair:
    """The product on a sheet: fall-off, a contact shadow under it and a cast shadow beside it."""
    photo, alpha, _ = laid_on_paper(load, paper, seed)
    return photo, alpha


def laid_on_paper(load: Callable[[], Pair], paper: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return photo and alpha of `on_paper`, and the product's colours: the photo's, in soft pixels without the paper's.

    A cut-out has to guess the colour of a soft pixel; here it is known, and an honest draft shows nothing of the paper.
    """
    rng = np.random.default_rng((seed, *PAPERS[paper]))
    colours, share = _placed(load(), LONG_SIDE, float(rng.uniform(0.6, 0.8)))
    height, width = share.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall = 1 + rng.uniform(-0.12, 0.12) * x + rng.uniform(-0.12, 0.12) * y - rng.uniform(0, 0.12) * (x * x + y * y)
    sheet = to_linear(np.array(PAPERS[paper], np.uint8)) * fall[..., None].astype(np.float32)
    contact = cv2.GaussianBlur(np.roll(share, 5, axis=0), (0, 0), 5)
    away = (int(rng.integers(10, 30)), int(rng.integers(-40, 40)))
    cast = cv2.GaussianBlur(np.roll(share, away, axis=(0, 1)), (0, 0), float(rng.uniform(10, 22)))
    shade = (1 - rng.uniform(0.3, 0.5) * contact) * (1 - rng.uniform(0.2, 0.4) * cast)
    tint = 1 + rng.uniform(-0.02, 0.02, 3) * (1 - shade[..., None])
    light = colours + (1 - share[..., None]) * sheet * shade[..., None] * tint
    photo, alpha = _photographed(light, rng, int(rng.integers(80, 95))), np.rint(share * 255).astype(np.uint8)
    soft = (alpha > 0) & (alpha < 255)
    clean = photo.copy()
    clean[soft] = from_linear((colours[soft] / share[soft][:, None]).astype(np.float32))
    return photo, alpha, clean


def in_scene(load: Callable[[], Pair], scene: Path) -> Pair:
    """The product pasted into a photo of other things, without a shadow."""
    colours, share = _placed(load(), LONG_SIDE, 0.6)
    height, width = share.shape
    photo = read_rgb(scene)
    behind = to_linear(cv2.resize(photo, (width, round(photo.shape[0] * width / photo.shape[1])))[:height])
    behind = cv2.copyMakeBorder(behind, 0, height - behind.shape[0], 0, 0, cv2.BORDER_REFLECT)
    light = colours + (1 - share[..., None]) * behind
    return _photographed(light, np.random.default_rng(5), 90), np.rint(share * 255).astype(np.uint8)
