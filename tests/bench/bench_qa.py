"""Recall and false alarms of qa's checks on composites with known truth: `python tests/bench/bench_qa.py [--set test]`.

Honest drafts are made from sources with exact alpha (shared test data) as generate makes them: own pixels, foreground
estimated at soft edges, integer placement, plain ground. Each defect is put into one such draft. Thresholds were set on
the calibration products only; the table in services/qa/README.md reports the others.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pymatting import estimate_foreground_ml

from trueshelf_imaging.colour import from_linear, to_lab, to_linear
from trueshelf_qa.judge import judge
from trueshelf_qa.policy import load

DATA = Path(os.environ.get("TRUESHELF_TEST_DATA", "../shared/data")) / "rendered"
CALIBRATION = ("brick_truck", "earrings_drop", "handbag_leather", "headphones_cable", "jar_lid")
TEST = ("kitchen_wood_set", "mug_print", "necklace_gold", "sweater_striped", "white_camera")
GROUNDS = ((255, 255, 255), (242, 242, 242))


@dataclass(frozen=True)
class Cut:
    """A product with its alpha, pixels as photographed."""

    rgb: np.ndarray
    alpha: np.ndarray


def read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def compose(cut: Cut, ground: tuple[int, int, int], *, colours: bool = True, shadow: bool = False) -> np.ndarray:
    """Return the product on `ground` at an integer offset in a frame that gives it air; `colours` cures the fringe."""
    alpha = cut.alpha.astype(np.float32) / 255
    rgb = cut.rgb
    if colours:
        estimated = estimate_foreground_ml(cut.rgb / 255.0, alpha.astype(np.float64)) * 255
        rgb = np.where((cut.alpha == 255)[..., None], cut.rgb, np.clip(estimated, 0, 255)).astype(np.uint8)
    height, width = alpha.shape
    pad = max(height, width) // 12
    frame = (height + 2 * pad, width + 2 * pad)
    canvas = np.full((*frame, 3), ground, np.uint8)
    light = to_linear(canvas)
    if shadow:
        cast = np.zeros(frame, np.float32)
        cast[pad + 18 : pad + 18 + height, pad : pad + width] = alpha
        light *= 1 - 0.25 * cv2.GaussianBlur(cast, (0, 0), 24)[..., None]
    area = np.s_[pad : pad + height, pad : pad + width]
    light[area] = to_linear(rgb) * alpha[..., None] + light[area] * (1 - alpha[..., None])
    return from_linear(light)


def hue_turned(cut: Cut, degrees: float = 12, shift: float = 4) -> Cut:
    lab = to_lab(cut.rgb)
    angle = np.radians(degrees)
    a, b = (
        lab[..., 1] * np.cos(angle) - lab[..., 2] * np.sin(angle),
        lab[..., 1] * np.sin(angle) + lab[..., 2] * np.cos(angle),
    )
    turned = cv2.cvtColor(np.stack([lab[..., 0], a, b + shift], axis=2).astype(np.float32), cv2.COLOR_LAB2RGB)
    return Cut((np.clip(turned, 0, 1) * 255).round().astype(np.uint8), cut.alpha)


def stretched(cut: Cut, factor: float = 1.03) -> Cut:
    size = (round(cut.rgb.shape[1] * factor), cut.rgb.shape[0])
    return Cut(cv2.resize(cut.rgb, size, interpolation=cv2.INTER_CUBIC), cv2.resize(cut.alpha, size))


def part_removed(cut: Cut, share: float = 0.02) -> Cut:
    """Take away the product's pixels nearest to its extreme point, `share` of its area."""
    rows, columns = np.nonzero(cut.alpha > 127)
    start = int(np.argmax(columns + 0.3 * rows))
    far = (rows - rows[start]) ** 2 + (columns - columns[start]) ** 2
    radius = np.sqrt(np.partition(far, int(share * len(far)))[int(share * len(far))])
    alpha = cut.alpha.copy()
    cv2.circle(alpha, (int(columns[start]), int(rows[start])), int(radius), 0, -1)
    return Cut(cut.rgb, alpha)


def part_added(cut: Cut, share: float = 0.015) -> Cut:
    """Copy a disc of the product to the free place that is farthest from it."""
    inside = cv2.distanceTransform((cut.alpha > 127).astype(np.uint8), cv2.DIST_L2, 5)
    free = (cut.alpha < 10).astype(np.uint8)
    free[:30], free[-30:], free[:, :30], free[:, -30:] = 0, 0, 0, 0
    outside = cv2.distanceTransform(free, cv2.DIST_L2, 5)
    radius = max(8, int(np.sqrt(share * (cut.alpha > 127).sum() / np.pi)))
    (y0, x0), (y1, x1) = (np.unravel_index(int(np.argmax(field)), field.shape) for field in (inside, outside))
    rgb, alpha = cut.rgb.copy(), cut.alpha.copy()
    disc_y, disc_x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = disc_y**2 + disc_x**2 <= radius**2
    from_y, from_x = (np.clip(c + d, 0, n - 1) for c, d, n in ((y0, disc_y, rgb.shape[0]), (x0, disc_x, rgb.shape[1])))
    to_y, to_x = (np.clip(c + d, 0, n - 1) for c, d, n in ((y1, disc_y, rgb.shape[0]), (x1, disc_x, rgb.shape[1])))
    rgb[to_y[disc], to_x[disc]] = cut.rgb[from_y[disc], from_x[disc]]
    alpha[to_y[disc], to_x[disc]] = 255
    return Cut(rgb, alpha)


def haloed(cut: Cut, pixels: int = 7) -> Cut:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return Cut(cut.rgb, cv2.dilate(cut.alpha, kernel))


def written_on(cut: Cut) -> Cut:
    """Write a word over the widest place of the product, as an overlay would."""
    inside = cv2.distanceTransform((cut.alpha > 127).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(np.argmax(inside)), inside.shape)
    size = max(0.4, float(inside[y, x]) / 90)
    rgb = cut.rgb.copy()
    bright = to_lab(rgb)[y, x, 0] > 50
    cv2.putText(
        rgb,
        "SALE",
        (int(x - 40 * size), int(y + 10 * size)),
        cv2.FONT_HERSHEY_SIMPLEX,
        size,
        (30, 30, 30) if bright else (235, 235, 235),
        3,
    )
    return Cut(rgb, cut.alpha)


DEFECTS = {
    "hue": hue_turned,
    "stretch 3 %": stretched,
    "part removed": part_removed,
    "part added": part_added,
    "halo": haloed,
    "text on product": written_on,
}


def compressed(draft: np.ndarray, side: int = 1000, quality: int = 88) -> np.ndarray:
    """Return the draft as a marketplace file: resized, JPEG with halved chroma."""
    scale = side / max(draft.shape[:2])
    small = cv2.resize(draft, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def cases(names: tuple[str, ...]) -> Iterator[tuple[str, str, np.ndarray, np.ndarray, tuple[int, int, int]]]:
    """Yield (product, kind, source, draft, ground)."""
    for name in names:
        folder = DATA / name
        alpha = cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_UNCHANGED)
        cut = Cut(read(folder / "source.jpg"), alpha if alpha.ndim == 2 else alpha[..., -1])
        for ground in GROUNDS:
            yield name, "honest", cut.rgb, compose(cut, ground), ground
        master = compose(cut, GROUNDS[0])
        yield name, "rendition, 88", master, compressed(master), GROUNDS[0]
        yield name, "rendition, 15", master, compressed(master, quality=15), GROUNDS[0]
        yield name, "honest, soft shadow", cut.rgb, compose(cut, GROUNDS[0], shadow=True), GROUNDS[0]
        for kind, make in DEFECTS.items():
            yield name, kind, cut.rgb, compose(make(cut), GROUNDS[0], colours=kind != "halo"), GROUNDS[0]
        for path in (folder / "honest.jpg", *sorted(folder.glob("changed_*.jpg"))):
            source = folder / "source_scratch.jpg" if "scratch" in path.stem else folder / "source.jpg"
            yield name, "relit" if path.stem == "honest" else "relit, changed", read(source), read(path), (0, 0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=("calibration", "test", "all"), default="test")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--only", default="", help="only kinds of draft whose name has this in it")
    parser.add_argument("--no-relit", action="store_true", help="leave out the rendered re-lit pictures")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print(f"no test pictures in {DATA}: set TRUESHELF_TEST_DATA")
        return 2
    cv2.setNumThreads(1)
    names = {"calibration": CALIBRATION, "test": TEST, "all": CALIBRATION + TEST}[arguments.set]
    policy, rows, seconds = load(), {}, []
    for name, kind, source, draft, ground in cases(names):
        if arguments.only not in kind or (arguments.no_relit and kind.startswith("relit")):
            continue
        relit = kind.startswith("relit")
        profile = "generative" if relit else "rendition" if kind.startswith("rendition") else "composited"
        limits = policy.limits(profile, "default")
        began = time.perf_counter()
        found = judge(
            source, draft, limits, placed=None, wanted=ground if profile == "composited" else None, generative=relit
        )
        seconds.append(time.perf_counter() - began)
        rows.setdefault(kind, []).append(found.verdict)
        if arguments.verbose:
            bad = " ".join(f"{r.check}={r.verdict}" for r in found.checks if r.verdict != "clear")
            numbers = " ".join(f"{r.check[:4]}:" + ",".join(f"{m.value:.3f}" for m in r.metrics) for r in found.checks)
            print(f"{name:18}{kind:20}{found.verdict:9}{bad:60}{numbers}", flush=True)
    print(f"\n{'draft':22}{'n':>4}{'clear':>7}{'flag':>7}{'stop':>7}{'unjudged':>10}")
    for kind, verdicts in rows.items():
        counts = "".join(
            f"{verdicts.count(v):>{w}}" for v, w in (("clear", 7), ("flag", 7), ("stop", 7), ("unjudged", 10))
        )
        print(f"{kind:22}{len(verdicts):>4}{counts}")
    print(f"seconds per pair, one thread: median {np.median(seconds):.2f}, longest {max(seconds):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
