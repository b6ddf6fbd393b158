"""A part that stands twice: the draft shows at a changed place what the product has elsewhere only once (R-40)."""

from dataclasses import dataclass

import cv2
import numpy as np

from trueshelf_imaging.colour import lab_distance
from trueshelf_imaging.difference import Blob, blobs, grown, opened, rescaled
from trueshelf_imaging.pixels import Floats, Mask
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, measured
from trueshelf_qa.domain.standing import HALF
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "duplicated_part", "1", "kit_unchanged"
CHANGED, CHANGED_GENERATIVE = 6.0, 14.0
"""Lab units from the source: a copy stands only where something changed."""
BESIDE, DEEP = 3, 5.0
"""Pixels (of half size) beside the product, and pixels inside of it, from which a change is no matter of its edge."""
SMALLEST, SHARE, MOST = 20, 0.003, 4
"""Pixels of half size, and share of the product, from which a place is looked at; the most places."""
OTHER = 12.0
"""Lab units by which the source must differ from the copy where the copy stands."""
STILL = 10.0
"""Lab units up to which the original must stand in the draft: what left its place moved, and is no copy."""
REFINED = 3
"""Pixels (of full size) around a position found at half size."""
FLAT = 2.5
"""Lab units of a place's own structure below which everything is like it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A changed place, the place that it is like, and how much more than the next best and its own mean: 0 to 1."""

    place: Blob
    original: Blob
    likeness: float


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Look for what came to the draft elsewhere in the source; what the source repeats is like many places."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    copies = sorted(_copies(pair), key=lambda copy: -copy.likeness)
    likeness = measured(limits, "likeness", copies[0].likeness if copies else 0.0)
    confidence = 0.5 if pair.generative else 0.75
    if likeness.verdict == "clear":
        return CheckResult(NAME, VERSION, "clear", say(NAME, "clear"), confidence, CHECKLIST_ITEM, (likeness,))
    seen = [copy for copy in copies if measured(limits, "likeness", copy.likeness).verdict != "clear"]
    new, old = (tuple(pair.place(getattr(copy, where)) for copy in seen) for where in ("place", "original"))
    said = say(NAME, "twice", new=new, old=old)
    return CheckResult(NAME, VERSION, likeness.verdict, said, confidence, CHECKLIST_ITEM, (likeness,), (*new, *old)[:8])


def _copies(pair: Comparison) -> list[Copy]:
    """Return what came and is found elsewhere in the source."""
    came = _came(pair)
    places = blobs(came, max(SMALLEST, int(SHARE * pair.area / 4)))[:MOST]
    return [copy for copy in (_copy(pair, came, place) for place in places) if copy is not None]


def _came(pair: Comparison) -> Mask:
    """Return the product's pixels in the draft, at half size, that the source does not show there."""
    beside = ~grown((pair.product | (pair.outer & ~pair.source_shadow))[HALF], BESIDE)
    goods = (pair.candidate.sure & ~pair.candidate.shadow)[HALF] & (beside | (pair.depth[HALF] > DEEP))
    changed = pair.residual[HALF] > (CHANGED_GENERATIVE if pair.generative else CHANGED)
    return opened(np.asarray(goods & changed, np.bool_), 3)


def _copy(pair: Comparison, came: Mask, place: Blob) -> Copy | None:
    """Return where else the source shows what came to `place`, its rim aside; None where nothing is like it."""
    at = np.s_[place.y : place.y + place.height, place.x : place.x + place.width]
    narrow = grown(np.pad(came[at], 1), -1)[1:-1, 1:-1]
    inside = narrow if narrow.sum() > came[at].sum() / 2 else came[at]
    lab, source = np.ascontiguousarray(pair.candidate_lab[HALF][at]), pair.source_lab[HALF]
    own = float(np.sqrt(lab[inside].var(axis=0).sum()))
    if own < FLAT or lab_distance(lab, np.ascontiguousarray(source[at]))[inside].mean() < OTHER:
        return None
    found = _two_best(source, pair.product[HALF], lab, inside, place)
    if found is None:
        return None
    (x, y), (next_x, next_y) = found
    there = np.s_[y : y + place.height, x : x + place.width]
    if lab_distance(source[there], pair.candidate_lab[HALF][there])[inside].mean() > STILL:
        return None
    least, next_best = (_off(pair, inside, place, position) for position in ((x, y), (next_x, next_y)))
    middle = place.centre[0] + x - place.x, place.centre[1] + y - place.y
    original = Blob(x, y, place.width, place.height, place.area, middle)
    likeness = max(0.0, 1 - least / max(min(own, next_best), 0.1))
    return Copy(rescaled(place, (2.0, 2.0)), rescaled(original, (2.0, 2.0)), likeness)


def _two_best(
    source: Floats, product: Mask, lab: Floats, inside: Mask, place: Blob
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return the two positions (x, y) of the source's product that `lab` is most like, `place` itself left out."""
    x, y, width, height = cv2.boundingRect(product.astype(np.uint8))
    if height <= place.height or width <= place.width:
        return None
    goods = np.ascontiguousarray(source[y : y + height, x : x + width])
    off = np.asarray(cv2.matchTemplate(goods, lab, cv2.TM_SQDIFF, mask=_weight(inside)), np.float32)
    taken, found = (place.x - x, place.y - y), list[tuple[int, int]]()
    for _ in range(2):
        across, down = taken
        top, left = max(0, down - place.height // 2), max(0, across - place.width // 2)
        off[top : max(0, down + place.height // 2 + 1), left : max(0, across + place.width // 2 + 1)] = np.inf
        best = np.unravel_index(int(off.argmin()), off.shape)
        taken = int(best[1]), int(best[0])
        found.append((x + taken[0], y + taken[1]))
    return (found[0], found[1]) if np.isfinite(off).any() else None


def _off(pair: Comparison, inside: Mask, place: Blob, there: tuple[int, int]) -> float:
    """Return the root mean square Lab distance of `place` to the source about `there` (half size), at full size.

    Every second pixel is too coarse for a texture: the nearest pixels around are tried.
    """
    lab = pair.candidate_lab[2 * place.y :, 2 * place.x :][: 2 * place.height, : 2 * place.width]
    weight = np.kron(inside, np.ones((2, 2), np.bool_))[: lab.shape[0], : lab.shape[1]]
    left, top = max(0, 2 * there[0] - REFINED), max(0, 2 * there[1] - REFINED)
    area = pair.source_lab[top : top + lab.shape[0] + 2 * REFINED, left : left + lab.shape[1] + 2 * REFINED]
    if area.shape[0] < lab.shape[0] or area.shape[1] < lab.shape[1]:
        return float("inf")
    around, template = np.ascontiguousarray(area), np.ascontiguousarray(lab)
    off = cv2.matchTemplate(around, template, cv2.TM_SQDIFF, mask=_weight(weight))
    return float(np.sqrt(max(0.0, float(off.min())) / weight.sum()))


def _weight(inside: Mask) -> Floats:
    """Return a mask as cv2.matchTemplate wants it: a number per channel."""
    return np.repeat(inside[..., None], 3, axis=2).astype(np.float32)
