"""How sure a cut-out is: certain, look or refuse, from independent signs, each with a sentence for the seller.

No single sign is enough: a plain backdrop says nothing about a white product, two methods agree on the same shadow, an
outline on edges may be the shadow's. The score adds up what is wrong, each sign in units of the deviation at which
cut-outs of the calibration half began to be wrong; the two limits were set there and are reported on the other half.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.cutout import Cut, left_out, support
from trueshelf_imaging.edges import EdgeFinding, agreement
from trueshelf_imaging.pixels import Alpha, shrink
from trueshelf_imaging.scene import bits, disc
from trueshelf_imaging.thresholds import CONFIDENCE, CUTOUT

Confidence = Literal["certain", "look", "refuse"]
Signs = dict[str, float]
_RIM = 3
MOST = 3
"""Doubts that are told, the worst first: a longer list is not read."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a cut-out is not certain, and what to do about it."""

    code: str
    message: str
    advice: str


def signs_of(alpha: Alpha, cut: Cut, fringe: float) -> Signs:
    """Return the signs, each 0 when all is well; most are shares of the cut-out's area or outline.

    `fringe` is the alpha's `edges.halo`.
    """
    scene, mask = cut.scene, cut.mask
    area = max(1, int(mask.sum()))
    rim = mask & (cv2.erode(bits(mask), disc(_RIM)) == 0)
    small = shrink(alpha, CUTOUT.side)
    solid = small > 127  # noqa: PLR2004 - the middle of 8 bits
    frame = np.concatenate([solid[0], solid[-1], solid[:, 0], solid[:, -1]])
    inside = cv2.erode(bits(mask), disc(_RIM)) > 0
    signs = {
        "sigma": scene.backdrop.sigma,
        "outliers": scene.backdrop.outliers,
        "disagreement": 1 - agreement(cut),
        "unsupported": 1 - support(mask, scene),
        "left_out": left_out(mask, scene, cut.likely) if cut.method != "hinted" else 0.0,
        "contact": float(frame.mean()),
        "pale_rim": float((scene.distance[rim] < scene.high).mean()) if rim.any() else 1.0,
        "like_paper": float((inside & (scene.distance < scene.low)).sum()) / area,
        "halo": fringe,
        "soft": float(((small > 16) & (small < 240)).sum()) / max(1, int((small > 16).sum())),  # noqa: PLR2004 - 8 bits
    }
    if cut.likely is not None:
        signs["judged_shadow"] = float((rim & (cut.likely < CONFIDENCE.shadow)).sum()) / max(1, int(rim.sum()))
        signs["judged_pale"] = float((inside & (cut.likely < CONFIDENCE.shadow)).sum()) / area
        outside = cv2.dilate(bits(mask), disc(_RIM)) == 0
        signs["judged_left"] = float((outside & (cut.likely > CONFIDENCE.product)).sum()) / area
        signs["colour_left"] = float((outside & (scene.distance > 2 * scene.high)).sum()) / area
    return {name: round(value, 4) for name, value in signs.items()}


def score(signs: Signs) -> float:
    """Return what is wrong in all, 0 for nothing: each sign over its limit, together (root of the sum of squares)."""
    total = sum((signs.get(name, 0.0) / limit) ** 2 for name, limit in CONFIDENCE.limits.items())
    return round(float(np.sqrt(total)), 3)


def weigh(signs: Signs, findings: tuple[EdgeFinding, ...], *, hinted: bool) -> tuple[Confidence, tuple[Reason, ...]]:
    """Return how sure the cut-out is, and why not surer: the gate's findings first, then the worst signs."""
    refused = [_of_finding(finding) for finding in findings if finding.severity == "refuse"]
    if hinted:
        return ("refuse", tuple(refused)) if refused else ("look", (DRAWN,))
    wrong = score(signs)
    over = [(signs[name] / limit, name) for name, limit in CONFIDENCE.limits.items() if signs.get(name, 0) > limit / 2]
    doubts = [Reason(f"cutout.{name}", *SENTENCES[name]) for _, name in sorted(over, reverse=True)[:MOST]]
    reasons = tuple([*refused, *doubts] or [UNSURE])
    if refused or wrong > CONFIDENCE.refuse:
        return "refuse", reasons
    return ("look", reasons) if wrong > CONFIDENCE.certain else ("certain", ())


def _of_finding(finding: EdgeFinding) -> Reason:
    advice = "photograph it again on plain paper of another shade, with a margin on all sides, or draw a box around it"
    return Reason(finding.code, finding.message, advice)


def not_plain(backdrop: Backdrop) -> Reason:
    return Reason(
        "backdrop_not_plain",
        f"the backdrop is not plain (deviation {backdrop.sigma:.1f}); an automatic cut-out would be a guess",
        "draw a box around the product (--box x,y,w,h), or photograph it again on a plain sheet of paper",
    )


NOTHING = Reason(
    "nothing_found",
    "nothing stands out from the backdrop: there is no product, or it has the backdrop's colour",
    "photograph it on paper of another shade: a white product on a grey sheet",
)
UNSURE = Reason("cutout.unsure", "several small doubts add up", "compare the outline with the photo before you use it")
DRAWN = Reason("cutout.drawn", "the cut-out follows a box that was drawn", "compare the outline with the photo")
SENTENCES: dict[str, tuple[str, str]] = {
    "disagreement": ("several methods cut this product differently", "compare the outline with the photo"),
    "unsupported": (
        "much of the outline follows no visible edge: a shadow was kept, or product and paper are alike",
        "look at the lower edge; for a white product on white paper use a grey sheet",
    ),
    "left_out": ("something visible was left outside", "draw a box around the whole product"),
    "contact": (
        "the product touches the border of the photo",
        "photograph it again with a margin on all sides",
    ),
    "pale_rim": (
        "the product's edge is nearly as light as the paper: a white product on white paper",
        "use a grey sheet, or the mode that keeps the light",
    ),
    "like_paper": (
        "part of the product looks like the paper behind it: it is transparent, or as white as the paper",
        "use a grey sheet for white goods and the mode that keeps the light for glass",
    ),
    "halo": ("a rim of the old backdrop stays around the product", "look at the edge at high zoom"),
    "soft": ("much of the cut-out is half transparent: thin parts or fur", "look at the thin parts at high zoom"),
    "judged_shadow": ("part of the outline looks like shadow", "compare the lower edge with the photo"),
    "judged_pale": ("part of the product has the colour of shaded paper", "look for parts that are lost or added"),
    "judged_left": ("something that looks like product was left outside", "draw a box around the whole product"),
    "colour_left": ("something that looks like product was left outside", "draw a box around the whole product"),
    "sigma": ("the backdrop is not quite plain", "use an even sheet of paper, evenly lit"),
}
