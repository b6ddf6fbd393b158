"""Pixel work, in pooled children: removal with its edge gate. Nothing here knows a plan."""

from dataclasses import asdict
from typing import Any

import cv2

from trueshelf_generate import networks
from trueshelf_generate.drafting import decoded
from trueshelf_imaging import edges, removal
from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.confidence import score
from trueshelf_imaging.hints import HintBox, HintStroke
from trueshelf_imaging.network import NetworkError
from trueshelf_imaging.pixels import encode_png
from trueshelf_imaging.removal import Removal
from trueshelf_imaging.thresholds import BACKDROP, CONFIDENCE, CUTOUT
from trueshelf_runtime.errors import Invalid

Answer = tuple[dict[str, Any], tuple[bytes, ...]]
SEVERITIES = {"certain": "note", "look": "warn", "refuse": "refuse"}


def remove(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Cut the product out of a source PNG (`blobs[0]`) and check the edges (R-24).

    `request["hints"]` has `box` and `strokes` as in the contracts, or neither; `request["network"]` a card or None. The
    answer's `outcome` is `cut` (with `confidence`, `findings` and `passed`; one blob, the alpha as PNG),
    `backdrop_not_plain` or `nothing_found` (no blob).
    """
    rgb = decoded(blobs[0])
    box, strokes = _hints(request["hints"])
    try:
        network = networks.from_json(request.get("network"))
    except NetworkError as error:
        raise Invalid(str(error)) from error
    done = removal.remove(rgb, box, strokes, network=network, guess=False)
    if done.cut is None or done.alpha is None:
        outcome = "backdrop_not_plain" if done.reasons[0].code == "backdrop_not_plain" else "nothing_found"
        return {"outcome": outcome, "message": done.reasons[0].message} | _measured(done.backdrop), ()
    value = _measured(done.cut.scene.backdrop) | {
        "outcome": "cut",
        "method": done.cut.method,
        "agreement": edges.agreement(done.cut),
        "confidence": done.confidence,
        "passed": done.confidence != "refuse",
        "findings": _findings(done),
        "seed": CUTOUT.seed,
        "opencv": cv2.__version__,
        "width": rgb.shape[1],
        "height": rgb.shape[0],
    }
    return value, (encode_png(done.alpha),)


def _findings(done: Removal) -> list[dict[str, Any]]:
    """Return the gate's findings and, for what it did not name, the confidence's reasons; what refuses comes first."""
    found = [asdict(finding) for finding in done.findings]
    named = {finding["code"] for finding in found}
    said = {"severity": SEVERITIES[done.confidence], "value": score(done.signs), "threshold": CONFIDENCE.refuse}
    found += [
        {"code": reason.code, "message": f"{reason.message}: {reason.advice}"} | said
        for reason in done.reasons
        if reason.code not in named
    ]
    return sorted(found, key=lambda finding: ("refuse", "warn", "note").index(finding["severity"]))


def _measured(found: Backdrop | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "sigma": round(found.sigma, 3),
        "outliers": round(found.outliers, 4),
        "sigma_plain": BACKDROP.sigma_plain,
    }


def _hints(hints: dict[str, Any]) -> tuple[HintBox | None, tuple[HintStroke, ...]]:
    """Return the contract's box and strokes in the imaging package's words."""
    box = hints.get("box")
    strokes = tuple(
        HintStroke(
            product=stroke["label"] == "product",
            points=tuple((float(x), float(y)) for x, y in stroke["points"]),
            radius=float(stroke["radius"]),
        )
        for stroke in hints.get("strokes", ())
    )
    return (HintBox(box["x"], box["y"], box["w"], box["h"]) if box else None), strokes
