"""Which pixels are product: from a plain backdrop alone, or from a person's box and strokes.

No one method is right for every lamp, so `cut_plain` lets several propose and takes the one whose outline lies on
visible edges and leaves nothing conspicuous outside (a shadow's outline is soft, a leak's has no edge at all):
distance to the fitted backdrop with shadows damped, a flood from the border that crosses penumbras but no edges, and a
plain threshold; the first two refined by GrabCut. Masks are bool at the size of their scene; alpha comes later.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.pixels import Floats, Mask, Rgb, shrink
from trueshelf_imaging.scene import Scene, bits, disc, look
from trueshelf_imaging.thresholds import CUTOUT

_HALF = 0.5
Method = Literal["distance", "flood", "threshold", "thin", "hinted"]


@dataclass(frozen=True, slots=True)
class HintBox:
    """A person's rectangle around the product, image coordinates 0–1."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class HintStroke:
    """A person's stroke: points (x, y) 0–1, brush radius as a share of the longer side."""

    product: bool
    points: tuple[tuple[float, float], ...]
    radius: float


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut-out at working size and what it rests on."""

    mask: Mask
    scene: Scene
    method: Method
    rivals: tuple[Mask, ...] = ()
    """What the other methods proposed, best first, at the mask's size."""


class NothingFoundError(ValueError):
    """No pixel stands out from the backdrop, or the hints leave nothing."""


def support(mask: Mask, scene: Scene) -> float:
    """Return the share of the mask's outline, frame border apart, that lies within a pixel of a visible edge."""
    outline = cv2.morphologyEx(bits(mask), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    outline[0] = outline[-1] = outline[:, 0] = outline[:, -1] = False
    near = cv2.dilate(scene.slope, np.ones((3, 3), np.uint8))[outline]
    return float(np.mean(near > scene.edge)) if near.size else 0.0


def left_out(mask: Mask, scene: Scene) -> float:
    """Return how much is visible outside the mask: pixels on edges, away from its outline, as share of the outline.

    Paper and soft shadows have no edges; a letter, a seam or a rim that was left outside has.
    """
    outline = cv2.morphologyEx(bits(mask), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    reach = max(4, round(CUTOUT.clear_of * max(mask.shape)))
    outside = (cv2.dilate(bits(mask), disc(reach)) == 0) & (scene.slope > scene.edge)
    return float(outside.sum()) / max(1, int(outline.sum()))


def tidy(mask: Mask, distance: Floats, high: float) -> Mask:
    """Return `mask` without dust, holes filled that are small or that differ from the backdrop (rings stay open)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits(mask), connectivity=8)
    if count > 1:
        areas = stats[:, cv2.CC_STAT_AREA].copy()
        areas[0] = 0
        mask = (areas >= CUTOUT.component * areas.max())[labels] & (labels > 0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits(~mask), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    far = np.bincount(labels.ravel(), weights=(distance > high).ravel(), minlength=count)
    fill = (areas < CUTOUT.hole * mask.size) | (far > _HALF * areas)
    fill[_on_border(labels)] = False
    return np.asarray(mask | (fill[labels] & ~mask))


def _on_border(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the labels that touch the frame."""
    return np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))


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
    margin = max(8, round(CUTOUT.window_margin * max(labels.shape)))
    is_open = labels != cv2.GC_BGD
    rows, columns = np.nonzero(is_open.any(axis=1))[0], np.nonzero(is_open.any(axis=0))[0]
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _by_distance(scene: Scene) -> Mask:
    """Return the regions over the low threshold that contain a pixel over the high one, refined by GrabCut."""
    count, marks = cv2.connectedComponents(bits(scene.damped > scene.low), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[np.unique(marks[scene.damped > scene.high])] = True
    keep[0] = False
    mask = tidy(keep[marks], scene.damped, scene.high)
    away = cv2.dilate(bits(mask), disc(round(CUTOUT.sure_backdrop * CUTOUT.side))) == 0
    return _refined(scene, mask, away | (scene.smooth_shadow & ~mask), scene.damped)


def _by_flood(scene: Scene, slope: float) -> Mask:
    """Return what a flood from the border does not reach, refined by GrabCut.

    The flood runs over backdrop and shade whose slope is under `slope` with a brush of fixed width, and enters
    enclosed patches that are exactly the backdrop.
    """
    likely = scene.shade | (scene.distance < scene.low)
    passable = likely & (scene.slope < max(slope, CUTOUT.slope_noises * scene.noise))
    width = CUTOUT.brush
    room = cv2.erode(bits(np.pad(passable, width, constant_values=True)), disc(width))[width:-width, width:-width]
    count, marks = cv2.connectedComponents(room, connectivity=4)
    keep = np.zeros(count, np.bool_)
    keep[_on_border(marks)] = True
    areas = np.bincount(marks.ravel(), minlength=count)
    for patch in np.nonzero(~keep & (areas > CUTOUT.hole / 3 * marks.size))[0]:
        near = float(np.median(scene.distance[marks == patch]))
        keep[patch] = near < max(CUTOUT.same, 1.5 * scene.backdrop.sigma)
    keep[0] = False
    flooded = keep[marks]
    mask = tidy(~((cv2.dilate(bits(flooded), disc(width)) > 0) & likely), scene.distance, scene.high)
    return _refined(scene, mask, flooded, scene.distance, solid=slope == CUTOUT.slopes[0])


def _refined(scene: Scene, mask: Mask, surely_not: Mask, distance: Floats, *, solid: bool = False) -> Mask:
    """Return `mask` after GrabCut, with its eroded core and its strongest pixels as certain product.

    What looks like shade is not certain, unless the mask is trusted to be `solid` (white goods on white paper).
    """
    core = cv2.erode(bits(mask), disc(round(CUTOUT.sure_core * CUTOUT.side))) > 0
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[surely_not] = cv2.GC_BGD
    labels[(core & (solid | ~scene.shade)) | (mask & ~scene.shade & (scene.distance > CUTOUT.strong))] = cv2.GC_FGD
    try:
        return tidy(grabcut(scene.rgb, labels, CUTOUT.grabcut_iterations), distance, scene.high)
    except NothingFoundError:
        return mask


def _by_threshold(scene: Scene) -> Mask:
    """Return what Otsu's threshold of the undamped distance separates: shadows count in full."""
    eight = np.clip(scene.distance * 3, 0, 255).astype(np.uint8)
    _, over = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return tidy(over > 0, scene.distance, scene.high)


def cut_plain(rgb: Rgb) -> Cut:
    """Return the cut-out of a product on a plain backdrop. Raises NothingFoundError.

    The caller looks at `Cut.scene.backdrop.plain` first: on another backdrop the result means nothing.
    """
    scene = look(shrink(rgb, CUTOUT.side))
    proposals: list[tuple[Method, Mask]] = [("threshold", _by_threshold(scene)), ("distance", _by_distance(scene))]
    proposals += [("flood", _by_flood(scene, slope)) for slope in CUTOUT.slopes]
    ranked = sorted(
        ((_score(mask, scene), method, mask) for method, mask in proposals if mask.any()),
        key=lambda proposal: -proposal[0],
    )
    if not ranked or not (scene.damped > scene.high).any():
        raise NothingFoundError("nothing stands out from the backdrop: the product may have the backdrop's colour")
    _, method, mask = ranked[0]
    rivals = tuple(proposal[2] for proposal in ranked[1:])
    if all(_thin(proposal) for _, proposal in proposals):
        return _cut_thin(rgb, scene, rivals)
    return Cut(mask=mask, scene=scene, method=method, rivals=rivals)


def _score(mask: Mask, scene: Scene) -> float:
    """Return how good a proposal is: edges under its outline, none left outside, rather too much than too little."""
    return support(mask, scene) - left_out(mask, scene) + CUTOUT.keep_more * float(np.log2(mask.sum()))


def _thin(mask: Mask) -> bool:
    """Return whether erosion leaves next to nothing of the mask."""
    core = cv2.erode(bits(mask), disc(round(CUTOUT.sure_core * CUTOUT.side)))
    return bool(core.sum() < CUTOUT.thin_core * mask.sum())


def _cut_thin(rgb: Rgb, coarse: Scene, rivals: tuple[Mask, ...]) -> Cut:
    """Return the cut-out of a chain or wire: half of the local maximum of the distance, link by link."""
    scene = look(shrink(rgb, CUTOUT.thin_side), coarse.backdrop)
    height, width = scene.distance.shape
    window = round(CUTOUT.thin_window * max(height, width)) | 1
    peak = cv2.dilate(scene.damped, np.ones((window, window), np.uint8))
    mask = (scene.damped > scene.low) & (scene.damped > CUTOUT.thin_share * peak)
    count, marks = cv2.connectedComponents(bits(mask), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[np.unique(marks[scene.damped > scene.high])] = True
    keep[0] = False
    mask = tidy(keep[marks], scene.damped, scene.high)
    larger = tuple(cv2.resize(bits(rival), (width, height), interpolation=cv2.INTER_LINEAR) > 0 for rival in rivals)
    return Cut(mask=mask, scene=scene, method="thin", rivals=larger)


def cut_hinted(rgb: Rgb, box: HintBox | None, strokes: tuple[HintStroke, ...] = ()) -> Cut:
    """Return the cut-out that a person's box and strokes ask for, whatever the backdrop. Raises NothingFoundError.

    Outside the box is backdrop for certain; strokes are certain on either side. Without a box the frame less its
    border ring is the box. The rival is the result for a box drawn a little tighter.
    """
    small = shrink(rgb, CUTOUT.side)
    labels = _marked(small, box, strokes, 0)
    outside = labels == cv2.GC_BGD
    scene = look(small, ring=outside if outside.any() else None)

    def found(marks: npt.NDArray[np.uint8]) -> Mask:
        mask = tidy(grabcut(small, marks, CUTOUT.grabcut_iterations + 2), scene.damped, scene.high)
        return np.asarray(mask & (marks != cv2.GC_BGD))

    mask = found(labels)
    if not mask.any():
        raise NothingFoundError("nothing inside the box differs from what is outside it")
    rival = found(_marked(small, box, strokes, max(2, round(0.01 * CUTOUT.side))))
    return Cut(mask=mask, scene=scene, method="hinted", rivals=(rival,))


def _marked(small: Rgb, box: HintBox | None, strokes: tuple[HintStroke, ...], inset: int) -> npt.NDArray[np.uint8]:
    """Return GrabCut's labels for the hints, the box smaller by `inset` pixels on each side."""
    height, width = small.shape[:2]
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    if box is None:
        labels[~backdrops.ring(height, width)] = cv2.GC_PR_FGD
    else:
        left, top = int(box.x * width) + inset, int(box.y * height) + inset
        right, bottom = round((box.x + box.w) * width) - inset, round((box.y + box.h) * height) - inset
        labels[top : max(bottom, top + 1), left : max(right, left + 1)] = cv2.GC_PR_FGD
    for stroke in strokes:
        points = np.array([(round(x * width), round(y * height)) for x, y in stroke.points], np.int32)
        radius = max(1, round(stroke.radius * max(height, width)))
        drawn = np.zeros((height, width), np.uint8)
        cv2.polylines(drawn, [points.reshape(-1, 1, 2)], isClosed=False, color=(1,), thickness=2 * radius)
        for x, y in points:
            cv2.circle(drawn, (int(x), int(y)), radius, (1,), -1)
        labels[drawn > 0] = cv2.GC_FGD if stroke.product else cv2.GC_BGD
    return labels
