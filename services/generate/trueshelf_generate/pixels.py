"""Pixel work, in pooled children: removal with its edge gate. Nothing here knows a plan."""

from dataclasses import asdict
from typing import Any

import cv2

from trueshelf_imaging import backdrop, colour, cutout, edges, matting
from trueshelf_imaging.pixels import (
    PictureError,
    Rgb,
    decode_png,
    encode_png,
    shrink,
)
from trueshelf_imaging.thresholds import BACKDROP, CUTOUT
from trueshelf_runtime.errors import Invalid

Answer = tuple[dict[str, Any], tuple[bytes, ...]]


def remove(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Cut the product out of a source PNG (`blobs[0]`) and check the edges (R-24).

    `request["hints"]` has `box` and `strokes` as in the contracts, or neither. The answer's `outcome` is `cut` (with
    `findings` and `passed`; one blob, the alpha as PNG), `backdrop_not_plain` or `nothing_found` (no blob).
    """
    rgb = _source(blobs[0])
    box, strokes = _hints(request["hints"])
    found = None
    if box is None and not strokes:
        found = backdrop.fit(colour.to_lab(shrink(rgb, CUTOUT.side)))
        if not found.plain:
            return _measured("backdrop_not_plain", found), ()
    try:
        cut = cutout.cut_plain(rgb) if found else cutout.cut_hinted(rgb, box, strokes)
    except cutout.NothingFoundError as error:
        return {"outcome": "nothing_found", "message": str(error)} | (_measured("nothing_found", found)), ()
    alpha = matting.alpha_from_mask(rgb, cut.mask)
    findings = edges.inspect(rgb, alpha, cut)
    value = _measured("cut", cut.scene.backdrop) | {
        "method": cut.method,
        "agreement": edges.agreement(cut),
        "passed": edges.passed(findings),
        "findings": [asdict(finding) for finding in findings],
        "seed": CUTOUT.seed,
        "opencv": cv2.__version__,
        "width": rgb.shape[1],
        "height": rgb.shape[0],
    }
    return value, (encode_png(alpha),)


def _source(png: bytes) -> Rgb:
    """Return the source's pixels; one thread, so that a worker's children share the machine evenly."""
    cv2.setNumThreads(1)
    try:
        return decode_png(png)
    except PictureError as error:
        raise Invalid(f"the stored source is not a picture: {error}") from error


def _measured(outcome: str, found: backdrop.Backdrop | None) -> dict[str, Any]:
    if found is None:
        return {"outcome": outcome}
    return {
        "outcome": outcome,
        "sigma": round(found.sigma, 3),
        "outliers": round(found.outliers, 4),
        "sigma_plain": BACKDROP.sigma_plain,
    }


def _hints(hints: dict[str, Any]) -> tuple[cutout.HintBox | None, tuple[cutout.HintStroke, ...]]:
    """Return the contract's box and strokes in the imaging package's words."""
    box = hints.get("box")
    strokes = tuple(
        cutout.HintStroke(
            product=stroke["label"] == "product",
            points=tuple((float(x), float(y)) for x, y in stroke["points"]),
            radius=float(stroke["radius"]),
        )
        for stroke in hints.get("strokes", ())
    )
    return (cutout.HintBox(box["x"], box["y"], box["w"], box["h"]) if box else None), strokes
