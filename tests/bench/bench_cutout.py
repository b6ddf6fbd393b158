"""How good the cut-out is, beside three textbook methods: `python tests/bench/bench_cutout.py [--quick]`.

Mean, median and worst IoU (alpha over one half) with 95 % bootstrap intervals over products, boundary F (tolerance
0.3 % of the long side), seconds and peak memory of a process of its own per picture, and how often `certain` is right.
Pictures: the shared test data with masks, composed ones, or your own (`--photos DIR --masks DIR`). Writes a contact
sheet to look at and one JSON line per picture.
"""

import argparse
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from cutout_masters import two_masters
from cutout_pictures import Picture, box_of, composed, folder, real, rendered
from cutout_rivals import RIVALS
from cutout_sheet import sheet, tile

DATA = Path(os.environ.get("TRUESHELF_TEST_DATA", "../shared/data"))
OURS = "Trueshelf"
RIGHT = 0.95
TOLERANCE = 0.003
MEGABYTE = 1024


def ours(rgb: np.ndarray, box: tuple[float, float, float, float] | None) -> tuple[np.ndarray, dict]:
    from trueshelf_imaging import removal  # noqa: PLC0415 - loaded in the child that is measured
    from trueshelf_imaging.hints import HintBox  # noqa: PLC0415

    done = removal.remove(rgb, HintBox(*box) if box else None)
    facts = {"confidence": done.confidence, "reasons": [reason.code for reason in done.reasons], "signs": done.signs}
    if done.alpha is None:
        return np.zeros(rgb.shape[:2], np.uint8), facts
    return done.alpha, facts


def in_child(work: Callable[[], dict]) -> dict:
    """Return what `work` returns in a forked process, with its CPU seconds and peak memory."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        cv2.setNumThreads(1)
        started = time.process_time()
        answer = work()
        answer["seconds"] = time.process_time() - started - answer.pop("apart", 0.0)
        answer["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        with os.fdopen(into, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not data:
        raise SystemExit(f"a picture's process ended with status {status}")
    return pickle.loads(data)


def scores(alpha: np.ndarray, truth: np.ndarray) -> dict:
    found, true = alpha > 127, truth > 127
    union = int((found | true).sum())
    return {"iou": float((found & true).sum() / union) if union else 1.0, "boundary_f": boundary_f(found, true)}


def boundary_f(found: np.ndarray, true: np.ndarray) -> float:
    """Return the F measure of the outlines' agreement within the tolerance (Perazzi 2016)."""
    reach = max(1, round(TOLERANCE * max(true.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    lines = [
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) for mask in (found, true)
    ]
    near = [cv2.dilate(line, kernel) for line in lines]
    precision = float((lines[0] & near[1]).sum() / max(1, int(lines[0].sum())))
    recall = float((lines[1] & near[0]).sum() / max(1, int(lines[1].sum())))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def run(picture: Picture, method: str) -> dict:
    def work() -> dict:
        started = time.process_time()
        rgb, truth = picture.load()
        box = box_of(truth) if picture.boxed else None
        loaded = time.process_time() - started
        alpha, facts = ours(rgb, box) if method == OURS else (RIVALS[method](rgb), {})
        done = time.process_time()
        answer = facts | scores(alpha, truth)
        answer["tile"] = tile(rgb, truth, alpha, answer) if method == OURS else None
        answer["apart"] = loaded + time.process_time() - done
        return answer

    return in_child(work) | {
        "picture": picture.name,
        "part": picture.part,
        "half": picture.half,
        "product": picture.product,
        "method": method,
    }


def kept(row: dict, lines: Path) -> dict:
    """Return `row`, written down at once: a run that is broken off has told what it knew."""
    with lines.open("a") as file:
        file.write(json.dumps({key: value for key, value in row.items() if key != "tile"}) + "\n")
    return row


def masters(picture: Picture) -> dict:
    """Return seconds and peak memory from the decoded photo to two finished masters."""

    def work() -> dict:
        started = time.process_time()
        rgb, _ = picture.load()
        loaded = time.process_time() - started
        sizes = two_masters(rgb)
        return {"pixels": rgb.shape[0] * rgb.shape[1], "bytes": sizes, "apart": loaded}

    return in_child(work) | {"picture": picture.name}


def interval(values: list[float], groups: list[str], statistic: Callable[[np.ndarray], float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval, drawn over products, because pictures of one product are alike."""
    rng = np.random.default_rng(1)
    names = sorted(set(groups))
    by_name = {name: [value for value, group in zip(values, groups, strict=True) if group == name] for name in names}
    drawn = [statistic(np.concatenate([by_name[name] for name in rng.choice(names, len(names))])) for _ in range(500)]
    return float(np.percentile(drawn, 2.5)), float(np.percentile(drawn, 97.5))


def rows(found: list[dict]) -> Iterator[str]:
    """Return the table's lines, by part and method."""
    yield "| part | method | n | mean IoU (95 %) | median | worst | boundary F | s | MB |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for part in dict.fromkeys(row["part"] for row in found):
        for method in (OURS, *RIVALS):
            here = [row for row in found if row["part"] == part and row["method"] == method]
            if not here:
                continue
            iou = [row["iou"] for row in here]
            low, high = interval(iou, [row["product"] for row in here], np.mean)
            f, seconds = np.mean([row["boundary_f"] for row in here]), np.median([row["seconds"] for row in here])
            mean, middle, worst = np.mean(iou), np.median(iou), min(iou)
            yield (
                f"| {part} | {method} | {len(iou)} | {mean:.3f} ({low:.3f}–{high:.3f}) | {middle:.3f} | {worst:.3f} "
                f"| {f:.3f} | {seconds:.2f} | {max(row['megabytes'] for row in here):.0f} |"
            )


def certainty(found: list[dict]) -> Iterator[str]:
    """Return how often each confidence is right, by half and part."""
    yield "| half | part | n | certain | of these IoU ≥ 0.95 | look | refuse | refused though ≥ 0.95 |"
    yield "|---|---|---|---|---|---|---|---|"
    mine = [row for row in found if row["method"] == OURS]
    for half in ("calibration", "test"):
        for part in dict.fromkeys(row["part"] for row in mine):
            here = [row for row in mine if row["half"] == half and row["part"] == part]
            if not here:
                continue
            by = {
                name: [row["iou"] for row in here if row["confidence"] == name]
                for name in ("certain", "look", "refuse")
            }
            right = sum(value >= RIGHT for value in by["certain"])
            lost = sum(value >= RIGHT for value in by["refuse"])
            yield (
                f"| {half} | {part} | {len(here)} | {len(by['certain'])} ({len(by['certain']) / len(here):.0%}) "
                f"| {right} of {len(by['certain'])} | {len(by['look'])} | {len(by['refuse'])} | {lost} |"
            )


def finished(made: list[dict]) -> Iterator[str]:
    """Return what two masters cost, photo by photo."""
    if made:
        yield "| photo to two masters | megapixels | s | MB |"
        yield "|---|---|---|---|"
    for row in made:
        megapixels = row["pixels"] / 1e6
        yield f"| {row['picture']} | {megapixels:.1f} | {row['seconds']:.2f} | {row['megabytes']:.0f} |"


def chosen(arguments: argparse.Namespace) -> list[Picture]:
    if arguments.photos:
        return list(folder(arguments.photos, arguments.masks or arguments.photos))
    data = DATA if (DATA / "rendered" / "manifest.csv").exists() else None
    if data is None:
        print(f"{DATA} is not there: only products drawn in code are measured, on composed paper; no photo.")
    found = [*(rendered(data) if data else ()), *(real(data) if data else ()), *composed(data)]
    if arguments.quick:
        papers = [picture for picture in found if picture.part.startswith("composed")]
        found = [picture for picture in found if not picture.part.startswith("composed")] + papers[:: 4 if data else 3]
    found = [picture for picture in found if arguments.only in f"{picture.part} {picture.name}"]
    return found[:: arguments.every]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the composed pictures, no textbook methods")
    parser.add_argument("--alone", action="store_true", help="no textbook methods")
    parser.add_argument("--photos", type=Path, help="a folder of photos of your own")
    parser.add_argument("--masks", type=Path, help="masks with the photos' stems; default: beside the photos")
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    parser.add_argument("--only", default="", help="only pictures whose part and name contain this")
    parser.add_argument("--out", type=Path, default=Path("bench-cutout"), help="folder for sheet and lines")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = chosen(arguments)
    if not pictures:
        raise SystemExit("no picture matches")
    methods = (OURS,) if arguments.quick or arguments.alone else (OURS, *RIVALS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = arguments.out / "pictures.jsonl"
    lines.unlink(missing_ok=True)
    found = []
    for number, picture in enumerate(pictures, 1):
        found += [kept(run(picture, method), lines) for method in methods]
        print(f"\r{number}/{len(pictures)} {picture.name:60.60}", end="", file=sys.stderr, flush=True)
    made = [masters(picture) for picture in pictures if "12 megapixels" in picture.part]
    print(file=sys.stderr)
    sheet([row for row in found if row["method"] == OURS], arguments.out / "sheet.png")
    looked_at = f"{arguments.out / 'sheet.png'}: look at it"
    print("\n".join([*rows(found), "", *finished(made), "", *certainty(found), "", looked_at]))


if __name__ == "__main__":
    main()
