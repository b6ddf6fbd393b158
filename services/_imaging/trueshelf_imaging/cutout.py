"""Which pixels are product, from a plain backdrop alone (`boxed` has what a person drew).

No one method is right for every lamp, so `cut_plain` lets several propose and takes the one whose outline lies on
visible edges and leaves nothing conspicuous outside (a shadow's outline is soft, a leak's has no edge at all):
a plain threshold, and two floods from the border that cross penumbras but no edges, refined by GrabCut. What the
learned judge calls shadow is peeled off all of them. Masks are bool at the size of their scene; alpha comes later.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.judge import judge
from trueshelf_imaging.peel import peeled
from trueshelf_imaging.pixels import Floats, Mask, Rgb, around, shrink
from trueshelf_imaging.scene import Scene, bits, disc, look
from trueshelf_imaging.thresholds import CONFIDENCE, CUTOUT, PEEL
from trueshelf_imaging.tidying import on_border, tidy

_HALF = 0.5
Method = Literal["flood", "threshold", "thin", "hinted", "network"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut-out at working size and what it rests on."""

    mask: Mask
    scene: Scene
    method: Method
    rivals: tuple[Mask, ...] = ()
    """What the other methods proposed, best first, at the mask's size."""
    likely: Floats | None = None
    """The judge's answer at the mask's size; None where nobody asked it."""


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What one method found, and what it tells GrabCut."""

    method: Method
    mask: Mask
    surely_not: Mask | None
    """Backdrop for certain; None: not to be refined."""
    solid: bool = False
    """The core is product even where it looks like shade."""


class NothingFoundError(ValueError):
    """No pixel stands out from the backdrop, or the hints leave nothing."""


def support(mask: Mask, scene: Scene) -> float:
    """Return the share of the mask's outline, frame border apart, that lies within a pixel of a visible edge."""
    outline = cv2.morphologyEx(bits(mask), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    outline[0] = outline[-1] = outline[:, 0] = outline[:, -1] = False
    near = cv2.dilate(scene.slope, np.ones((3, 3), np.uint8))[outline]
    return float(np.mean(near > scene.edge)) if near.size else 0.0


def left_out(mask: Mask, scene: Scene, likely: Floats | None = None) -> float:
    """Return how much is visible outside the mask: pixels on edges, away from its outline, as share of the outline.

    Paper and soft shadows have no edges; a letter, a seam or a rim that was left outside has. What the judge (`likely`)
    calls shadow does not count.
    """
    outline = cv2.morphologyEx(bits(mask), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    reach = max(4, round(CUTOUT.clear_of * max(mask.shape)))
    outside = (cv2.dilate(bits(mask), disc(reach)) == 0) & (scene.slope > scene.edge)
    if likely is not None:
        outside &= likely > _HALF
    return float(outside.sum()) / max(1, int(outline.sum()))


def grabcut(rgb: Rgb, labels: npt.NDArray[np.uint8], iterations: int) -> Mask:
    """Return the product pixels after GrabCut from `labels` (cv2.GC_*); the seed is fixed, so the result is too."""
    product = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if not product.any() or product.all():
        raise NothingFoundError("the marks leave no product, or no backdrop")
    cv2.setRNGSeed(CUTOUT.seed)
    window = _open_window(labels)
    work, seen = labels[window].copy(), np.ascontiguousarray(rgb[window])
    cv2.grabCut(seen, work, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
    found = np.zeros(labels.shape, np.bool_)
    found[window] = (work == cv2.GC_FGD) | (work == cv2.GC_PR_FGD)
    return found


def _open_window(labels: npt.NDArray[np.uint8]) -> tuple[slice, slice]:
    """Return rows and columns around what is not backdrop for certain, with a margin of backdrop to learn from."""
    return around(labels != cv2.GC_BGD, max(8, round(CUTOUT.window_margin * max(labels.shape))))


def _by_flood(scene: Scene, slope: float) -> _Proposal:
    """Return what a flood from the border does not reach.

    The flood runs over backdrop and shade whose slope is under `slope` with a brush of fixed width, and enters
    enclosed patches that are exactly the backdrop.
    """
    likely = scene.shade | (scene.distance < scene.low)
    passable = likely & (scene.slope < max(slope, CUTOUT.slope_noises * scene.noise))
    width = CUTOUT.brush
    room = cv2.erode(bits(np.pad(passable, width, constant_values=True)), disc(width))[width:-width, width:-width]
    count, marks = cv2.connectedComponents(room, connectivity=4)
    keep = np.zeros(count, np.bool_)
    keep[on_border(marks)] = True
    areas = np.bincount(marks.ravel(), minlength=count)
    for patch in np.nonzero(~keep & (areas > CUTOUT.hole / 3 * marks.size))[0]:
        near = float(np.median(scene.distance[marks == patch]))
        keep[patch] = near < max(CUTOUT.same, 1.5 * scene.backdrop.sigma)
    keep[0] = False
    flooded = keep[marks]
    mask = tidy(~((cv2.dilate(bits(flooded), disc(width)) > 0) & likely), scene.distance, scene.high)
    return _Proposal("flood", mask, flooded, solid=slope == CUTOUT.slopes[0])


def _refined(scene: Scene, proposal: _Proposal) -> _Proposal:
    """Return the proposal after GrabCut, with its eroded core and its strongest pixels as certain product.

    What looks like shade is not certain, unless the mask is trusted to be `solid` (white goods on white paper).
    """
    mask = proposal.mask
    if proposal.surely_not is None or not mask.any():
        return proposal
    core = cv2.erode(bits(mask), disc(round(CUTOUT.sure_core * CUTOUT.side))) > 0
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[proposal.surely_not] = cv2.GC_BGD
    certain = (core & (proposal.solid | ~scene.shade)) | (mask & ~scene.shade & (scene.distance > CUTOUT.strong))
    labels[certain] = cv2.GC_FGD
    try:
        found = _coarsely(scene.rgb, labels)
    except NothingFoundError:
        return proposal
    return replace(proposal, mask=tidy(found, scene.distance, scene.high, scene.shade))


def _coarsely(rgb: Rgb, labels: npt.NDArray[np.uint8]) -> Mask:
    """Return what GrabCut finds at `CUTOUT.coarse`, smoothly enlarged; what the labels call certain stays."""
    height, width = labels.shape
    small = shrink(rgb, CUTOUT.coarse)
    size = small.shape[1::-1]
    marks = np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    found = grabcut(small, marks, CUTOUT.grabcut_iterations)
    fine = cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > _HALF
    return np.asarray((fine | (labels == cv2.GC_FGD)) & (labels != cv2.GC_BGD))


def _by_threshold(scene: Scene) -> _Proposal:
    """Return what Otsu's threshold of the undamped distance separates: shadows count in full."""
    eight = np.clip(scene.distance * 3, 0, 255).astype(np.uint8)
    _, over = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return _Proposal("threshold", tidy(over > 0, scene.distance, scene.high, scene.shade), None)


def cut_plain(rgb: Rgb, scene: Scene | None = None) -> Cut:
    """Return the cut-out of a product on a plain backdrop; `scene` is `rgb` at `CUTOUT.side`. Raises NothingFoundError.

    The caller looks at `Cut.scene.backdrop.plain` first: on another backdrop the result means nothing.
    """
    scene = scene or look(shrink(rgb, CUTOUT.side))
    found = [_refined(scene, _by_flood(scene, slope)) for slope in CUTOUT.slopes]
    found = [one for one in (_by_threshold(scene), *found) if one.mask.any()]
    if not found or not (scene.damped > scene.high).any():
        raise NothingFoundError("nothing stands out from the backdrop: the product may have the backdrop's colour")
    likely = _enlarged(judge(rgb, scene.backdrop), scene.distance.shape)
    found = [
        replace(one, mask=tidy(peeled(one.mask, likely, scene), scene.distance, scene.high, scene.shade))
        for one in found
    ]
    found = [one for one in found if one.mask.any()]
    if not found:
        raise NothingFoundError("only a shadow stands out from the backdrop")
    best, *rivals = sorted(found, key=lambda one: -_score(one.mask, scene, likely))
    if all(_thin(one.mask) for one in found):
        return _cut_thin(rgb, scene, tuple(rival.mask for rival in rivals), likely)
    return Cut(best.mask, scene, best.method, rivals=tuple(rival.mask for rival in rivals), likely=likely)


def _enlarged(plane: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _score(mask: Mask, scene: Scene, likely: Floats) -> float:
    """Return how good a proposal is: edges under its outline, and its rim not as pale as the paper.

    What is left outside counts against it: what is visible, what has other colours, what the judge calls product; the
    last only as far as there are edges, for a deep shadow has none.
    """
    area = max(1, int(mask.sum()))
    rim = mask & (cv2.erode(bits(mask), disc(CUTOUT.rim)) == 0)
    outside = cv2.dilate(bits(mask), disc(CUTOUT.rim)) == 0
    missed = float((outside & (likely > CONFIDENCE.product)).sum()) / area
    far = float((outside & (scene.distance > 2 * scene.high)).sum()) / area
    pale = float((scene.distance[rim] < scene.high).mean())
    left = left_out(mask, scene, likely)
    against = left, missed * min(1, left / CUTOUT.edgeless), pale, far
    edges, *weights = CUTOUT.weights
    return edges * support(mask, scene) - sum(weight * sign for weight, sign in zip(weights, against, strict=True))


def _thin(mask: Mask) -> bool:
    """Return whether erosion leaves next to nothing of the mask."""
    core = cv2.erode(bits(mask), disc(round(CUTOUT.sure_core * CUTOUT.side)))
    return bool(core.sum() < CUTOUT.thin_core * mask.sum())


def _cut_thin(rgb: Rgb, coarse: Scene, rivals: tuple[Mask, ...], likely: Floats) -> Cut:
    """Return the cut-out of a chain or wire: half of the local maximum of the distance, link by link."""
    scene = look(shrink(rgb, CUTOUT.thin_side), coarse.backdrop)
    height, width = scene.distance.shape
    window = round(CUTOUT.thin_window * max(height, width)) | 1
    shaded = scene.shade & (scene.distance < PEEL.paler)
    seen = np.where(shaded, CUTOUT.shadow_damping * scene.distance, scene.damped)
    peak = cv2.dilate(seen, np.ones((window, window), np.uint8))
    mask = (seen > scene.low) & (seen > CUTOUT.thin_share * peak)
    count, marks = cv2.connectedComponents(bits(mask), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[np.unique(marks[scene.damped > scene.high])] = True
    keep[0] = False
    mask = tidy(keep[marks], scene.distance, scene.high, scene.shade)
    larger = tuple(cv2.resize(bits(rival), (width, height), interpolation=cv2.INTER_LINEAR) > 0 for rival in rivals)
    return Cut(mask=mask, scene=scene, method="thin", rivals=larger, likely=_enlarged(likely, mask.shape))
