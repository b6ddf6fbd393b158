"""From a product to drafts on a plain ground: one honest, and one per kind of drift."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging import compose
from trueshelf_imaging.pixels import Mask, Rgb
from trueshelf_imaging.shades import Canvas
from trueshelf_qa.inject import KINDS, LEVELS, Goods, Made, Severity

FILL = 0.86


@dataclass(frozen=True, slots=True)
class Injected:
    """A draft with one true change; `mask` shows where. The honest one has neither kind nor mask."""

    rgb: Rgb
    kind: str = "honest"
    severity: Severity | None = None
    mask: Mask | None = None
    photo: Rgb | None = None
    """The source to compare with, where it had to carry something that the draft lost."""


def drafts(goods: Goods, kinds: tuple[str, ...], severities: tuple[Severity, ...], seed: int) -> Iterator[Injected]:
    """Yield the honest draft, then each kind and severity that the product offers a place for.

    The same arguments give the same pixels.
    """
    whole = Made(goods.rgb, goods.alpha, np.zeros(goods.alpha.shape, np.bool_))
    yield Injected(_laid(goods, whole).rgb)
    for name in kinds:
        kind = KINDS[name]
        for severity in (severity for severity in severities if severity in kind.severities):
            rng = np.random.default_rng(zlib.crc32(f"{seed}/{name}/{severity}".encode()))
            made = kind.make(goods, LEVELS[severity], rng) if kind.stage == "goods" else whole
            laid = None if made is None else _laid(goods, made)
            if laid is not None and kind.stage == "draft":
                finished = Goods(laid.rgb, laid.rgb, laid.alpha, goods.ground, goods.traits)
                laid = kind.make(finished, LEVELS[severity], rng)
            if made is not None and laid is not None:
                yield Injected(laid.rgb, name, severity, laid.mask, made.photo)


def _laid(goods: Goods, made: Made) -> Made:
    """Return the product on its ground, pixel for pixel, as generate lays it; the mask moves along."""
    canvas = Canvas.around(made.alpha, fill=FILL, aspect=1.0)
    move = np.array([[1, 0, canvas.offset_x], [0, 1, canvas.offset_y]], np.float64)
    size = (canvas.width, canvas.height)
    alpha = np.asarray(cv2.warpAffine(made.alpha, move, size, flags=cv2.INTER_NEAREST), np.uint8)
    mask = cv2.warpAffine(made.mask.astype(np.uint8), move, size, flags=cv2.INTER_NEAREST) > 0
    return Made(compose.place(made.rgb, made.alpha, goods.ground, canvas), alpha, np.asarray(mask, np.bool_))
