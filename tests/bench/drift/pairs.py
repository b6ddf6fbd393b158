"""Which pairs there are, and how they are written: pictures, masks of the truth, one table."""

import csv
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from drift.products import DATA, SIDE, Product, products, rendered_rows
from drift.recipes import GREY, WHITE, Draft, lay, light_kept, neutral_gain, relit, rendition, travelled
from trueshelf_imaging.adjust import exposure
from trueshelf_imaging.pixels import shrink
from trueshelf_imaging.shadow import NoPlainBackdropError
from trueshelf_qa.inject import KINDS, LEVELS, Goods, Made
from trueshelf_qa.inject.goods import on

RENDITION_KINDS = (
    *("colour_overall", "colour_hue", "colour_lightness", "metal_tone", "texture_softened", "texture_sharpened"),
    *("frame_stretched", "cropped", "compressed", "text_overlay", "watermark", "logo_changed", "ground_tint"),
)
RELIT_KINDS = (
    *("colour_hue", "colour_region", "colour_part", "texture_softened", "pattern_replaced", "stretched", "bent"),
    *(
        "part_missing",
        "thin_part_missing",
        "part_extra",
        "piece_missing",
        "detail_lost",
        "chain_broken",
        "logo_changed",
    ),
    *("mirrored", "text_overlay", "halo", "ground_tint"),
)
GENERATIVE_TIMES = 2
"""Honest relit stand-ins per product."""
TRAVELLED_TIMES = 4
HONEST = "honest"


@dataclass(frozen=True)
class Pair:
    """One line of the table; paths are absolute once it is written."""

    source: str
    variant: str
    category: str
    profile: str
    kind: str
    severity: str
    half: str
    product: str
    origin: str
    mask: str = ""
    wanted: str = ""
    """The ground that was asked for, "r g b"; empty: none was."""
    gain: str = ""
    """Declared factors of linear light, "r g b"."""
    divided: str = ""
    placed: str = ""
    """The generator's own word on where it laid the source: "scale x y"."""
    shadow: str = ""
    """The shadow that was asked for, where one is known: none, natural, contact."""
    sku: str = ""
    """The product again, by the name that `trueshelf qa calibrate` knows."""


def of_product(product: Product, folder: Path, kinds: Iterable[str], *, spread: int = 1) -> Iterator[Pair]:
    """Write and yield every pair of one product, thinned by `spread` (`_due`).

    The same product gives the same bytes.
    """
    wanted = set(kinds)
    goods = product.goods()
    writer = Writer(product, folder, goods)
    grounds = [on(goods, WHITE), on(goods, GREY)]
    if "glass" in goods.traits:  # no cut-out of it is honest: the old ground is seen through it
        if HONEST in wanted:
            yield from _light_kept(writer, grounds[0])
        return
    if HONEST in wanted:
        yield from _honest(writer, grounds)
    for name in (name for name in KINDS if name in wanted):
        for severity in KINDS[name].severities:
            if not _due(product, name, severity, spread):
                continue
            rng = writer.rng(name, severity)
            yield from _changed(writer, grounds[int(rng.integers(2))], name, severity, "composited")
            if name in RENDITION_KINDS and (spread == 1 or rng.random() < 0.5):
                yield from _changed(writer, grounds[0], name, severity, "rendition")
            if name in RELIT_KINDS and (spread == 1 or rng.random() < 0.5):
                yield from _changed(writer, grounds[0], name, severity, "generative")


def _due(product: Product, name: str, severity: str, spread: int) -> bool:
    """Return whether this product's turn has come: visible of every `spread`-th, gross and faint of fewer."""
    turn = zlib.crc32(f"{product.name}/{name}".encode())
    if severity == "visible" or KINDS[name].severities == ("gross",):
        return turn % spread == 0
    return spread == 1 or turn % (3 * spread) == ("gross", "faint").index(severity)


def of_renders(folder: Path) -> Iterator[Pair]:
    """Yield the pairs that were rendered: other light, and other light with one true change (as *visible*)."""
    rows, halves = rendered_rows(), {product.name: product.half for product in products()}
    for row in rows:
        if row["role"] not in ("honest", "changed"):
            continue
        stems = ["source", "source2"] if row["role"] == "honest" else [Path(row["compare_with"]).stem]
        for stem in stems:
            source, variant = DATA / "rendered" / row["model"] / f"{stem}.jpg", DATA / "rendered" / row["file"]
            if not source.exists():
                continue
            kind = "relit" if row["role"] == "honest" else f"render_{row['change_kind']}"
            if stem == "source2":
                kind = "relit, cluttered source"
            mask = _boxed(folder, row) if row["change_region"] else ""
            severity = HONEST if row["role"] == "honest" else "visible"
            line = (str(source.resolve()), str(variant.resolve()), row["category"], "generative", kind, severity)
            yield Pair(*line, halves[row["model"]], row["model"], "rendered", mask)


def never_clear() -> Iterator[Pair]:
    """Yield real photos of one thing in two places: the same product, never a clear draft of that photo."""
    by_thing: dict[str, list[Path]] = {}
    for path in sorted((DATA / "photos" / "dreambooth").glob("*.jpg")):
        by_thing.setdefault(path.stem.rsplit("_", 1)[0], []).append(path.resolve())
    for thing, photos in by_thing.items():
        ordered = [(one, other) for one in photos for other in photos if one != other]
        for profile in ("composited", "generative", "rendition"):
            for one, other in ordered:
                yield Pair(
                    str(one), str(other), "default", profile, "other view", "never clear", "test", thing, "photo"
                )


class Writer:
    """Writes one product's pictures and remembers its sources."""

    def __init__(self, product: Product, folder: Path, goods: Goods) -> None:
        self.product, self.folder, self.goods = product, folder / product.name.replace(" ", "_"), goods
        self.folder.mkdir(parents=True, exist_ok=True)
        self.source = self._write(self.folder / "source.png", goods.photo)

    def rng(self, *words: str) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32("/".join((self.product.name, *words)).encode()))

    def pair(
        self,
        draft: Draft,
        name: str,
        line: tuple[str, str, str],
        photo: np.ndarray | None = None,
        wanted: tuple[int, int, int] | None = None,
    ) -> Pair:
        """Write a draft; `line` is profile, kind, severity."""
        suffix = "png" if draft.quality is None else "jpg"
        variant = self._write(self.folder / f"{name}.{suffix}", draft.rgb, draft.quality)
        source = self.source if photo is None else self._write(self.folder / f"{name}.source.png", photo)
        mask = ""
        if draft.mask.any():
            mask = self._write(self.folder / f"{name}.mask.png", draft.mask.astype(np.uint8) * 255)
        gain = "" if draft.gain is None else " ".join(f"{factor:.6f}" for factor in draft.gain)
        ground = "" if wanted is None else " ".join(map(str, wanted))
        placed = "" if draft.placed is None else " ".join(f"{value:.6g}" for value in draft.placed)
        product = self.product
        return Pair(
            source, variant, product.category, *line, product.half, product.name, product.origin, mask, ground, gain,
            "1" if draft.divided else "", placed, draft.shadow if placed else "", product.name,
        )  # fmt: skip

    @staticmethod
    def _write(path: Path, picture: np.ndarray, quality: int | None = None) -> str:
        ordered = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
        options = [cv2.IMWRITE_PNG_COMPRESSION, 1] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality]
        cv2.imwrite(str(path), ordered, options)
        return str(path.resolve())


def _honest(writer: Writer, grounds: list[Goods]) -> Iterator[Pair]:
    white, grey = grounds
    truth = Made(white.rgb, white.alpha, np.zeros(white.alpha.shape, np.bool_))

    def told(draft: Draft, kind: str, goods: Goods, profile: str = "composited", asked: bool = True) -> Pair:
        name = f"honest {kind}".replace(" ", "_").replace(",", "")
        return writer.pair(draft, name, (profile, kind, HONEST), wanted=goods.ground if asked else None)

    master = lay(white, truth)
    yield told(master, "white", white)
    yield told(lay(grey, truth), "light_grey", grey)
    yield told(lay(white, truth, "contact"), "white_contact", white)
    with suppress(NoPlainBackdropError):
        yield told(lay(white, truth, "natural", fill=0.78), "white_shadow", white)
    gain = neutral_gain(white)
    if gain is not None:
        yield told(lay(white, truth, gain=gain), "white_neutral", white)
    yield told(lay(white, truth, gain=exposure(0.15)), "white_lighter", white)
    yield from _light_kept(writer, white)
    for time in range(TRAVELLED_TIMES):
        goods = grounds[time % 2]
        draft = lay(goods, truth, ("none", "contact")[time // 2 % 2])
        yield told(travelled(draft, writer.rng(HONEST, str(time))), f"travelled {time}", goods, asked=False)
    for quality in (75, 85, 95):
        draft = rendition(master, writer.rng("rendition", str(quality)), quality)
        pair = told(draft, f"rendition {quality}", white, "rendition", asked=False)
        yield replace(pair, source=str((writer.folder / "honest_white.png").resolve()))
    for time in range(GENERATIVE_TIMES):
        draft = relit(lay(white, truth, "contact"), writer.rng("relit", str(time)))
        yield told(draft, f"relit stand-in {time}", white, "generative", asked=False)


def _light_kept(writer: Writer, goods: Goods) -> Iterator[Pair]:
    kept = light_kept(goods)
    if kept is not None:
        yield writer.pair(kept, "honest_white_light", ("composited", "white_light", HONEST), wanted=goods.ground)


def _changed(writer: Writer, goods: Goods, name: str, severity: str, profile: str) -> Iterator[Pair]:
    """Yield one pair, or nothing where the product offers no place for this kind."""
    kind, rng = KINDS[name], writer.rng(name, severity, profile)
    whole = Made(goods.rgb, goods.alpha, np.zeros(goods.alpha.shape, np.bool_))
    made = kind.make(goods, LEVELS[severity], rng) if kind.stage == "goods" else whole
    if made is None:
        return
    shade = "contact" if profile == "generative" or rng.random() < 0.25 else "none"
    draft = lay(goods, made, shade)
    if kind.stage == "draft":
        finished = Goods(draft.rgb, draft.rgb, draft.alpha, goods.ground, goods.traits)
        changed = kind.make(finished, LEVELS[severity], rng)
        if changed is None:
            return
        draft = replace(draft, rgb=changed.rgb, alpha=changed.alpha, mask=changed.mask)
    photo = made.photo
    if profile == "generative":
        draft = relit(draft, rng)
    elif profile == "rendition":
        source = goods if photo is None else Goods.of(photo, goods.alpha, goods.traits)
        photo = lay(goods, Made(source.rgb, goods.alpha, whole.mask), shade).rgb
        draft = rendition(draft, rng, int(rng.integers(75, 96)))
    elif rng.random() < 0.6:
        draft = travelled(draft, rng)
    asked = goods.ground if draft.placed is not None and profile == "composited" else None
    yield writer.pair(draft, f"{name}.{severity}.{profile}", (profile, name, severity), photo, asked)


def _boxed(folder: Path, row: dict[str, str]) -> str:
    x0, y0, x1, y1 = (float(value) for value in row["change_region"].split())
    picture = shrink(cv2.imread(str(DATA / "rendered" / row["file"])), SIDE)
    mask = np.zeros(picture.shape[:2], np.uint8)
    height, width = mask.shape
    mask[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = 255
    path = folder / "renders" / f"{row['model']}.{row['change_kind']}.mask.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), mask)
    return str(path.resolve())


def write_table(pairs: Iterable[Pair], path: Path) -> None:
    """Write the table; its first four columns are those of `trueshelf compare --pairs`."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(Pair.__dataclass_fields__))
        table.writeheader()
        table.writerows(asdict(pair) for pair in pairs)


def read_table(path: Path) -> list[Pair]:
    return [Pair(**row) for row in csv.DictReader(path.open())]
