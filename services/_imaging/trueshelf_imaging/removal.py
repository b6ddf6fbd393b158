"""A photo in, a cut-out with its confidence out: the whole way, pure, for workers, the command and the benchmark.

Same photo, same hints, same network: same bytes.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from trueshelf_imaging import confidence, edges, matting
from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.boxed import cut_hinted
from trueshelf_imaging.confidence import Confidence, Reason, Signs
from trueshelf_imaging.cutout import Cut, NothingFoundError, cut_plain
from trueshelf_imaging.edges import EdgeFinding
from trueshelf_imaging.hints import HintBox, HintStroke
from trueshelf_imaging.network import Network
from trueshelf_imaging.pixels import Alpha, Floats, Rgb, shrink
from trueshelf_imaging.scene import look
from trueshelf_imaging.thresholds import CUTOUT

_HALF = 0.5
_LEAST_SIDE = 16
"""Pixels: a narrower picture has no border ring and no product."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of a photo's backdrop."""

    alpha: Alpha | None
    """Of the photo's size; the best guess where the confidence is refuse, None where there is none."""
    confidence: Confidence
    reasons: tuple[Reason, ...] = ()
    signs: Signs = field(default_factory=dict)
    findings: tuple[EdgeFinding, ...] = ()
    backdrop: Backdrop | None = None
    cut: Cut | None = None


def remove(
    rgb: Rgb,
    box: HintBox | None = None,
    strokes: tuple[HintStroke, ...] = (),
    *,
    network: Network | None = None,
    guess: bool = True,
) -> Removal:
    """Cut the product out of `rgb`. A `network`, where there is one, proposes instead of the own methods.

    Without `guess` nothing is tried on a backdrop that is not plain.
    """
    if min(rgb.shape[:2]) < _LEAST_SIDE:
        return Removal(None, "refuse", (_TOO_SMALL,))
    hinted = box is not None or bool(strokes)
    scene = look(shrink(rgb, CUTOUT.side))
    found = scene.backdrop
    if not (hinted or found.plain or guess):
        return Removal(None, "refuse", (confidence.not_plain(found),), backdrop=found)
    try:
        cut = cut_hinted(rgb, box, strokes) if hinted else cut_plain(rgb, scene)
    except NothingFoundError:
        reason = confidence.NOTHING if hinted or found.plain else confidence.not_plain(found)
        return Removal(None, "refuse", (reason,), backdrop=found)
    if network is not None and not hinted:
        cut = _by_network(rgb, network, cut)
    alpha = matting.alpha_from_mask(rgb, cut.mask)
    fringe = edges.halo(rgb, alpha)
    findings = edges.inspect(rgb, alpha, cut, fringe)
    signs = confidence.signs_of(alpha, cut, fringe)
    sure, reasons = confidence.weigh(signs, findings, hinted=hinted)
    if not (hinted or found.plain):
        sure, reasons = "refuse", (confidence.not_plain(found), *reasons)
    return Removal(alpha, sure, reasons, signs, findings, found, cut)


def _by_network(rgb: Rgb, network: Network, own: Cut) -> Cut:
    """Return the network's cut-out; what the own methods found is its rival, so disagreement lowers the confidence."""
    height, width = own.mask.shape
    plane = np.asarray(cv2.resize(network.alpha(rgb), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    mask = np.asarray(plane > _HALF)
    if not mask.any():
        return own
    scene = own.scene if own.method != "thin" else look(shrink(rgb, max(height, width)), own.scene.backdrop)
    likely: Floats | None = own.likely
    return Cut(mask=mask, scene=scene, method="network", rivals=(own.mask,), likely=likely)


_TOO_SMALL = Reason("too_small", "the picture is only a few pixels wide", "send the photo itself, not an icon of it")
