"""The check between removal and replacement (R-24): whether a cut-out is fit to be put on another ground.

It looks at the cut-out alone, before anything is composed, and knows nothing of the preset. A finding of severity
`refuse` ends the item; `warn` goes with the draft to qa and to people. It catches what can be measured without knowing
the product; it does not make a cut-out right.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.colour import lengths, to_lab
from trueshelf_imaging.cutout import Cut, left_out, support
from trueshelf_imaging.pixels import Alpha, Mask, Rgb, around, shrink
from trueshelf_imaging.scene import bits, disc
from trueshelf_imaging.thresholds import CUTOUT, EDGES

_CLEAR = 16
_SOLID = 240
_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class EdgeFinding:
    """One number that is worth saying, with the threshold that it crossed."""

    code: str
    severity: Literal["note", "warn", "refuse"]
    message: str
    value: float
    threshold: float


def agreement(cut: Cut) -> float:
    """Return the IoU of the mask with the rival that is most like it; 0 without rivals."""
    return max((_iou(cut.mask, rival) for rival in cut.rivals), default=0.0)


def _iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum()) / max(1, int((one | other).sum()))


def inspect(rgb: Rgb, alpha: Alpha, cut: Cut, fringe: float | None = None) -> tuple[EdgeFinding, ...]:
    """Return what is wrong with the cut-out, worst first; `rgb` is the source, `alpha` of its size.

    `fringe` is its `halo`, where that is known already. Empty, or warnings only: the gate is passed (`passed`).
    """
    fringe = halo(rgb, alpha) if fringe is None else fringe
    found = [*_shape(alpha), *_outline(cut), *_colour(fringe, cut)]
    return tuple(sorted(found, key=lambda finding: ("refuse", "warn", "note").index(finding.severity)))


def passed(findings: tuple[EdgeFinding, ...]) -> bool:
    """Return whether nothing refuses."""
    return all(finding.severity != "refuse" for finding in findings)


def _over(code: str, value: float, threshold: float, message: str, *, warn: bool = False) -> list[EdgeFinding]:
    """Return a finding if `value` is over `threshold`."""
    if value <= threshold:
        return []
    return [EdgeFinding(code, "warn" if warn else "refuse", message, round(value, 4), threshold)]


def _under(code: str, value: float, threshold: float, message: str, *, warn: bool = False) -> list[EdgeFinding]:
    """Return a finding if `value` is under `threshold`."""
    if value >= threshold:
        return []
    return [EdgeFinding(code, "warn" if warn else "refuse", message, round(value, 4), threshold)]


def _shape(alpha: Alpha) -> list[EdgeFinding]:
    """Size, parts, softness, contact with the frame."""
    small = shrink(alpha, CUTOUT.side)
    solid = small > _OPAQUE // 2
    share = float(solid.mean())
    frame = np.concatenate([solid[0], solid[-1], solid[:, 0], solid[:, -1]])
    count, _, stats, _ = cv2.connectedComponentsWithStats(bits(solid), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA] / max(1, stats[1:, cv2.CC_STAT_AREA].max(initial=1))
    crumbs = int(((areas >= CUTOUT.component) & (areas < EDGES.crumb)).sum()) if count > 1 else 0
    soft = float(((small > _CLEAR) & (small < _SOLID)).sum()) / max(1, int((small > _CLEAR).sum()))
    return [
        *_under("edge.too_small", share, EDGES.smallest, "next to nothing was found: the product may be missing"),
        *_over("edge.too_large", share, EDGES.largest, "the cut-out fills the frame: backdrop was taken for product"),
        *_over(
            "edge.clipped",
            float(frame.mean()),
            EDGES.frame_run,
            "the product touches the border of the photo and would be cut off straight; photograph it with a margin",
        ),
        *_over("edge.fragments", crumbs, EDGES.fragments, "the cut-out fell into many parts"),
        *_over("edge.soft", soft, EDGES.soft, "most of the cut-out is half transparent: its edge was not found"),
    ]


def _outline(cut: Cut) -> list[EdgeFinding]:
    """Edges under the outline, things left outside, agreement of methods; a person's hints leave warnings only."""
    alike = agreement(cut)
    said = "several methods cut this product differently; the result is uncertain"
    hinted = cut.method == "hinted"
    found = _under("edge.uncertain", alike, EDGES.agreement, said, warn=hinted)
    found = found or _under("edge.uncertain", alike, EDGES.agreement_warn, said, warn=True)
    if not hinted:
        found += _over(
            "edge.left_out",
            left_out(cut.mask, cut.scene, cut.likely),
            EDGES.left_out,
            "something visible was left outside",
        )
    found += _under(
        "edge.unsupported",
        support(cut.mask, cut.scene),
        EDGES.support,
        "much of the outline follows no visible edge: product and backdrop are too alike, or a shadow was kept",
        warn=hinted,
    )
    return found


def _colour(fringe: float, cut: Cut) -> list[EdgeFinding]:
    """A rim of backdrop (halo), and shadow that was kept."""
    shadow = float((cut.mask & cut.scene.smooth_shadow).sum()) / max(1, int(cut.mask.sum()))
    return [
        *_over("edge.halo", fringe, EDGES.tint, "a rim of the old backdrop stays around the product"),
        *_over(
            "edge.shadow",
            shadow,
            EDGES.shadow_warn,
            "part of the cut-out looks like shadow on the backdrop; compare its lower edge with the source",
            warn=True,
        ),
    ]


def halo(rgb: Rgb, alpha: Alpha) -> float:
    """Return the share of the solid rim whose colour is the backdrop's rather than the product's.

    The rim is 2 px at 1,024; backdrop is what lies just outside, product what lies 5 px further in; only places where
    the two differ by more than 10 Lab units count. 0 where there are none.
    """
    share = shrink(alpha, 1024)
    window = around(share > 0, 32)
    share = share[window]
    lab = to_lab(shrink(rgb, 1024)[window])
    solid, clear = share >= _SOLID, share <= _CLEAR
    inner = cv2.erode(bits(solid), disc(5)) > 0
    rim = solid & (cv2.erode(bits(solid), disc(2)) == 0)
    outer = clear & (cv2.dilate(bits(~clear), disc(5)) > 0)

    def near(mask: Mask) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        weight = cv2.blur(mask.astype(np.float32), (25, 25))
        return cv2.blur(lab * mask[..., None], (25, 25)) / np.maximum(weight, np.float32(1e-4))[..., None], weight

    product, has_product = near(inner)
    ground, has_ground = near(outer)
    apart = lengths(product - ground)
    usable = rim & (has_product > 0) & (has_ground > 0) & (apart > 10)  # noqa: PLR2004 - Lab units, as said
    if not usable.any():
        return 0.0
    return float((lengths(lab - ground) < lengths(lab - product))[usable].mean())
