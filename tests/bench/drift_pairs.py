"""Pairs of source and draft with known truth, written to a folder: `python tests/bench/drift_pairs.py OUT`.

OUT/pairs.csv begins with the columns of `trueshelf compare --pairs` (source, variant, category, profile); then kind,
severity (gross, visible, faint; honest; never clear), half (calibration, test), product, origin, mask (white where the
truth is), and what was declared: wanted, gain, divided. Everybody who works on checks may read it; only the calibration
half may be looked at while numbers are chosen. `trueshelf_qa.inject` says what the severities mean.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
from drift.pairs import HONEST, Pair, never_clear, of_product, of_renders, products, write_table
from drift.products import Product, own_photos

from trueshelf_qa.inject import KINDS

RENDERS, OTHER_VIEW = "renders", "other_view"


def one(product: Product, folder: Path, kinds: tuple[str, ...], spread: int) -> list[Pair]:
    cv2.setNumThreads(1)
    return list(of_product(product, folder, kinds, spread=spread))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--kinds", default="", help=f"of: {HONEST}, {RENDERS}, {OTHER_VIEW}, {', '.join(KINDS)}")
    parser.add_argument("--products", default="", help="only products whose name contains one of these words")
    parser.add_argument("--half", choices=("calibration", "test"), help="only this half's products")
    parser.add_argument(
        "--photos", type=Path, help="a folder of photos on plain paper, instead of the bench's products"
    )
    parser.add_argument("--spread", type=int, default=2, help="each kind on every n-th product only; 1: on all (hours)")
    parser.add_argument("--limit", type=int, help="at most so many products")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    kinds = tuple(arguments.kinds.split(",")) if arguments.kinds else (HONEST, RENDERS, OTHER_VIEW, *KINDS)
    unknown = set(kinds) - {HONEST, RENDERS, OTHER_VIEW, *KINDS}
    if unknown:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    words = [word for word in arguments.products.split(",") if word]
    chosen = [
        product
        for product in (own_photos(arguments.photos) if arguments.photos else products())
        if (not words or any(word in product.name for word in words)) and arguments.half in (None, product.half)
    ][: arguments.limit]
    arguments.out.mkdir(parents=True, exist_ok=True)
    work = partial(one, folder=arguments.out, kinds=kinds, spread=arguments.spread)
    found: list[Pair] = []
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for product, pairs in zip(chosen, pool.map(work, chosen), strict=True):
            found += pairs
            print(f"{product.name}: {len(pairs)} pairs", file=sys.stderr, flush=True)
    if RENDERS in kinds:
        names = {product.name for product in chosen}
        found += [pair for pair in of_renders(arguments.out) if pair.product in names]
    if OTHER_VIEW in kinds and arguments.half != "calibration":
        found += never_clear()
    write_table(found, arguments.out / "pairs.csv")
    print(f"{len(found)} pairs of {len(chosen)} products: {arguments.out / 'pairs.csv'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
