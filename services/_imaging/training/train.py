"""Train the judge: `python -m training.train --features DIR --out judge.npz`. Every fifth scene is held out."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from training.asked import paths
from training.network import Network, fit
from trueshelf_imaging.evidence import context
from trueshelf_imaging.pixels import Alpha, Floats

PER_PICTURE = 3000
"""Pixels drawn from each picture."""
_PRODUCT = 127
_MIXED = 30, 225
"""Alpha between which a pixel is half product, half paper, and teaches neither."""
_SHADE = 0.08
"""Of the paper's logarithm of light: beyond, a pixel of paper lies in shadow, and counts more."""


def main() -> None:
    """Fit both stages one after the other and write their weights."""
    features, out = paths(__doc__, "features", "out")
    draw = np.random.default_rng(0)
    stages: list[Network] = []
    for seed in (0, 1):
        stages.append(fit(*gather(features, stages, draw), seed))
        report(features, stages)
    np.savez_compressed(out, allow_pickle=False, **named(stages))
    print(f"{out}: SHA-256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


def described(folder: Path, *, held_out: bool) -> Iterator[tuple[Floats, Alpha]]:
    """Yield features (h, w, 79) float32 and alpha of each picture, in the order of the scenes."""
    for path in sorted(folder.glob("*.npz")):
        if (int(path.stem) % 5 == 4) != held_out:
            continue
        with np.load(path) as stored:
            for number in range(2):
                if f"f{number}" in stored:
                    yield stored[f"f{number}"].astype(np.float32), stored[f"y{number}"]


def gather(folder: Path, stages: Sequence[Network], draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Return sampled pixels (n, features) as the next stage reads them, and their truth (n), 0 or 1."""
    read, truth = [], []
    for features, alpha in described(folder, held_out=False):
        seen = np.concatenate([features, context(stages[-1].say(features))], axis=-1) if stages else features
        chance = weights(features, alpha).ravel()
        chosen = draw.choice(chance.size, PER_PICTURE, p=chance / chance.sum())
        read.append(seen.reshape(-1, seen.shape[-1])[chosen])
        truth.append((alpha.ravel()[chosen] > _PRODUCT).astype(np.float32))
    return np.concatenate(read), np.concatenate(truth)


def weights(features: Floats, alpha: Alpha) -> Floats:
    """Return (h, w): how often each pixel is drawn. Rims and shadow more, mixed pixels never; paper 1.4 of product."""
    product = alpha > _PRODUCT
    outside = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(product.astype(np.uint8), cv2.DIST_L2, 5)
    weight = np.where(product, 1 + 6 * (inside < 12), 0.5 + 6 * (outside < 14) + 2 * (outside < 50))
    weight = weight * ((alpha < _MIXED[0]) | (alpha > _MIXED[1]))
    weight = weight + 4 * (~product) * (np.abs(features[..., 0]) > _SHADE)
    if product.any():
        weight = np.where(product, weight / weight[product].sum(), weight / weight[~product].sum() * 1.4)
    return np.asarray(weight)


def judged(stages: Sequence[Network], features: Floats) -> Floats:
    """Return (h, w) what the last stage says."""
    likely = stages[0].say(features)
    for stage in stages[1:]:
        likely = stage.say(np.concatenate([features, context(likely)], axis=-1))
    return likely


def report(folder: Path, stages: Sequence[Network]) -> None:
    """Print IoU over one half on the scenes held out."""
    found = []
    for features, alpha in described(folder, held_out=True):
        said, product = judged(stages, features) > 0.5, alpha > _PRODUCT
        found.append((said & product).sum() / max(1, (said | product).sum()))
    right = np.mean(np.array(found) >= 0.95)
    print(
        f"stage {len(stages)}, {len(found)} pictures held out: IoU mean {np.mean(found):.4f},"
        f" median {np.median(found):.4f}, 0.95 and more {right:.3f}, worst {min(found):.3f}",
        flush=True,
    )


def named(stages: Sequence[Network]) -> dict[str, np.ndarray]:
    """Return the arrays under the names that `trueshelf_imaging.judge` reads."""
    arrays: dict[str, np.ndarray] = {}
    for number, stage in enumerate(stages):
        arrays[f"mean{number}"] = stage.mean.astype(np.float32)
        arrays[f"scale{number}"] = stage.scale.astype(np.float32)
        for layer, (kernel, bias) in enumerate(stage.parameters):
            arrays[f"w{number}{layer}"] = kernel.astype(np.float32)
            arrays[f"b{number}{layer}"] = bias.astype(np.float32)
    return arrays


if __name__ == "__main__":
    main()
