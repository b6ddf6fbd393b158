"""Cut-outs that a person asked for with a box or strokes, whatever the backdrop.

GrabCut alone, with everything in the box as a first guess, keeps the table between the parts of a product: inside the
box it starts from what it shall find. So a second start counts only what differs from the surroundings of the box: far
from their colours, and far from the surface fitted to them. A box is drawn tight, so a result that does not reach the
box's sides has lost something; of the two, the one that fills the box's height and width wins, and the smaller one
where both do.
"""

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.colour import lengths, to_lab
from trueshelf_imaging.cutout import Cut, NothingFoundError, grabcut
from trueshelf_imaging.hints import HintBox, HintStroke, marked
from trueshelf_imaging.pixels import Floats, Mask, Rgb, shrink
from trueshelf_imaging.scene import bits, disc, look
from trueshelf_imaging.thresholds import BOXED, CUTOUT
from trueshelf_imaging.tidying import tidy

Labels = npt.NDArray[np.uint8]


def cut_hinted(rgb: Rgb, box: HintBox | None, strokes: tuple[HintStroke, ...] = ()) -> Cut:
    """Return the cut-out that a person's box and strokes ask for. Raises NothingFoundError.

    Outside the box is backdrop for certain; strokes are certain on either side. Without a box the frame less its
    border ring is the box. The rival is what the other start found.
    """
    small = shrink(rgb, CUTOUT.side)
    labels = marked(small, box, strokes)
    outside = labels == cv2.GC_BGD
    scene = look(small, ring=outside if outside.any() else None)

    def found(marks: Labels) -> Mask:
        try:
            mask = grabcut(small, marks, CUTOUT.grabcut_iterations + 2)
        except NothingFoundError:
            mask = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
        return np.asarray(tidy(mask, scene.damped, scene.high) & (marks != cv2.GC_BGD))

    whole, unlike = found(labels), found(_unlike_around(small, labels))
    if not (whole.any() or unlike.any()):
        raise NothingFoundError("nothing inside the box differs from what is outside it")
    first, second = (
        (unlike, whole) if _reach(unlike, labels) >= _reach(whole, labels) - BOXED.short else (whole, unlike)
    )
    return Cut(mask=first, scene=scene, method="hinted", rivals=(second,))


def _reach(mask: Mask, labels: Labels) -> float:
    """Return the shares of the open region's width and height that the mask spans, multiplied."""
    spans = []
    for axis in (0, 1):
        there, room = (np.nonzero(one.any(axis=axis))[0] for one in (mask, labels != cv2.GC_BGD))
        spans.append((there[-1] + 1 - there[0]) / (room[-1] + 1 - room[0]) if there.size else 0.0)
    return float(spans[0] * spans[1])


def _unlike_around(small: Rgb, labels: Labels) -> Labels:
    """Return `labels` with what looks like the surroundings as probable backdrop; strokes stay certain."""
    inside = labels != cv2.GC_BGD
    around = (cv2.dilate(bits(inside), disc(round(BOXED.around * max(inside.shape)))) > 0) & ~inside
    if int(around.sum()) < BOXED.least:
        return labels
    lab = to_lab(np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.uint8))
    away = np.minimum(_from_colours(lab, around), _from_surface(lab, around))
    eight = np.clip(away[inside] * 12, 0, 255).astype(np.uint8).reshape(-1, 1)
    level, _ = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    limit = float(np.clip(level / 12, BOXED.lowest, BOXED.highest))
    unlike = cv2.morphologyEx(bits(away > limit), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    return np.where((labels == cv2.GC_PR_FGD) & ~unlike, cv2.GC_PR_BGD, labels).astype(np.uint8)


def _from_surface(lab: Floats, around: Mask) -> Floats:
    """Return the Lab distance to the surface fitted to `around`, in units of its spread."""
    model = backdrops.fit(lab, around)
    distance = lengths(lab - model.surface(*lab.shape[:2]))
    return np.asarray(distance / max(BOXED.noise, model.sigma), np.float32)


def _from_colours(lab: Floats, around: Mask) -> Floats:
    """Return the Mahalanobis distance to the nearest of the colours of `around`, clusters with a spread each."""
    samples = lab[around]
    samples = np.ascontiguousarray(samples[:: max(1, len(samples) // BOXED.samples)])
    cv2.setRNGSeed(CUTOUT.seed)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.5)
    _, groups, _ = cv2.kmeans(samples, min(BOXED.colours, len(samples)), None, criteria, 2, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    floor = np.diag([BOXED.noise_light**2, BOXED.noise**2, BOXED.noise**2])
    nearest = np.full(lab.shape[:2], np.inf)
    for group in range(int(groups.max()) + 1):
        mine = samples[groups[:, 0] == group]
        if len(mine) < BOXED.smallest:
            continue
        spread = np.cov(mine.T) + floor
        difference = lab - mine.mean(axis=0)
        square = np.einsum("...i,ij,...j", difference, np.linalg.inv(spread), difference)
        nearest = np.minimum(nearest, square + np.log(np.linalg.det(spread) / np.linalg.det(floor)))
    return np.asarray(np.sqrt(np.maximum(nearest, 0)), np.float32)
