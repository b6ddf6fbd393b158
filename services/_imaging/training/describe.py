"""Features of rendered scenes: `python -m training.describe --pictures DIR --out DIR`.

Each scene gives two pictures: as rendered, and turned, relit and tinted; either may be mirrored, both go through JPEG.
NNNN.npz holds features (h, w, 79) float16 as f0, f1 and alpha (h, w) uint8 as y0, y1. Scenes already there are skipped;
pictures whose backdrop is not plain and scenes with hardly a product are left out.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from training.asked import paths
from trueshelf_imaging import backdrop, colour, evidence
from trueshelf_imaging.pixels import Alpha, Rgb, decode_alpha, decode_png, shrink

_LEAST = 0.004
"""Of the frame: a product smaller than that teaches nothing."""


def main() -> None:
    """Describe every scene of a folder."""
    scenes, out = paths(__doc__, "pictures", "out")
    out.mkdir(parents=True, exist_ok=True)
    for alpha_path in sorted(scenes.glob("*_alpha.png")):
        name = alpha_path.name.removesuffix("_alpha.png")
        described = out / f"{name}.npz"
        if described.exists():
            continue
        rgb = decode_png((scenes / f"{name}.png").read_bytes())
        planes = describe(rgb, decode_alpha(alpha_path.read_bytes()), int(name))
        if planes:
            part = described.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, allow_pickle=False, **planes)
            part.replace(described)


def describe(rgb: Rgb, alpha: Alpha, seed: int) -> dict[str, np.ndarray]:
    """Return f0, y0, f1, y1 of a scene, without the pictures whose backdrop is not plain."""
    rgb, alpha = shrink(rgb, evidence.SIDE), shrink(alpha, evidence.SIDE)
    if alpha.mean() / 255 < _LEAST:
        return {}
    plain: list[tuple[np.ndarray, Alpha]] = []
    for picture, truth in pictures(rgb, alpha, seed):
        paper = backdrop.fit(colour.to_lab(picture))
        if paper.plain:
            plain.append((evidence.describe(picture, paper).astype(np.float16), truth))
    named: dict[str, np.ndarray] = {f"f{number}": said for number, (said, _) in enumerate(plain)}
    return named | {f"y{number}": truth for number, (_, truth) in enumerate(plain)}


def pictures(rgb: Rgb, alpha: Alpha, seed: int) -> Iterator[tuple[Rgb, Alpha]]:
    """Yield both pictures of a scene with their alpha; the same seed gives the same bytes."""
    draw = np.random.default_rng(seed)
    for changed in (False, True):
        picture, truth = rgb, alpha
        if draw.random() < 0.5:
            picture, truth = picture[:, ::-1], truth[:, ::-1]
        if changed:
            quarters = int(draw.integers(0, 4))
            picture, truth = np.rot90(picture, quarters), np.rot90(truth, quarters)
            gain = draw.uniform(0.75, 1.08) * (1 + draw.uniform(-0.05, 0.05, 3))
            picture = np.clip(picture * gain, 0, 255).astype(np.uint8)
            draw.choice([1.0, 1.0, 0.8])  # meant for a scale that was never used; without it other numbers follow
        yield _through_jpeg(np.ascontiguousarray(picture), int(draw.integers(72, 96))), np.ascontiguousarray(truth)


def _through_jpeg(rgb: Rgb, quality: int) -> Rgb:
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV could not write a picture of shape {rgb.shape} as JPEG")
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


if __name__ == "__main__":
    main()
