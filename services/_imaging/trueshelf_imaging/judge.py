"""A small learned judge of shadow and product on plain paper.

Two networks of two hidden layers (48 and 24) read `evidence.describe` pixel by pixel; the second also reads what the
first said about the surroundings (auto-context, Tu and Bai 2010). They were trained for this project on 74 rendered
scenes of random solids, cords, chains, cloth, metal and glass on random paper in random light, none of them a product
of the benchmark (docs/cutout.md; made again by services/_imaging/training). They know shadows well and the pale inside
of white goods badly, so they only advise: what they call shadow is peeled off a cut-out, and where they disagree with
it the cut-out is less certain.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np

from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.evidence import SIDE, context, describe
from trueshelf_imaging.pixels import Floats, Rgb, shrink

_STAGES, _LAYERS = 2, 3
_REACH = 6.0
"""Standard deviations beyond which a number says nothing more."""
_BLOCK = 2048
"""Pixels at a time: what lies between the layers stays in the processor's cache (three times as fast, measured)."""


def judge(rgb: Rgb, backdrop: Backdrop) -> Floats:
    """Return (h, w) float32, 0 to 1: how much each pixel of `rgb`, shrunk to `evidence.SIDE`, looks like product.

    `backdrop` is the fit to `rgb` at any size. The same picture gives the same numbers.
    """
    said = describe(shrink(rgb, SIDE), backdrop)
    likely = _stage(0, said)
    return _stage(1, np.concatenate([said, context(likely)], axis=-1))


@cache
def _weights() -> dict[str, Floats]:
    """Return mean, scale, kernels and biases of both stages."""
    with np.load(BytesIO(files("trueshelf_imaging").joinpath("judge.npz").read_bytes())) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _stage(number: int, said: Floats) -> Floats:
    pixels = said.reshape(-1, said.shape[-1])
    logit = np.concatenate([_logit(number, pixels[at : at + _BLOCK]) for at in range(0, len(pixels), _BLOCK)])
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))), np.float32).reshape(said.shape[:2])


def _logit(number: int, value: Floats) -> Floats:
    weights = _weights()
    value = (value - weights[f"mean{number}"]) / weights[f"scale{number}"]
    np.clip(value, -_REACH, _REACH, out=value)
    for layer in range(_LAYERS):
        value = value @ weights[f"w{number}{layer}"] + weights[f"b{number}{layer}"]
        if layer < _LAYERS - 1:
            np.maximum(value, 0, out=value)
    return value[:, 0]
