"""Metal tone: gold, rose, silver, steel. One that turns into another is another article (R-47, R-51).

Light on polished metal runs from black to white within a few pixels, so that is what metal is told by; its tone is the
mean colour of what is neither clipped nor among the brightest reflections, which show the lamp and not the metal.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.difference import grown
from trueshelf_imaging.metrics import sample
from trueshelf_imaging.pixels import Floats
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Words, gravest, measured
from trueshelf_qa.domain.words import say

NAME, VERSION, CHECKLIST_ITEM = "metal_tone", "1", "colour_matches"
DARK, BRIGHT, TOP = 12.0, 97.0, 0.03
"""L* below and above which a pixel has no tone, and the share of brightest pixels that are the lamp's."""
WINDOW, SHINE = 9, 7.0
"""Pixels, and the standard deviation of L* within them from which a surface shines. Wood and leather stay below 5."""
COLOURED, NEUTRAL = 14.0, 8.0
"""C* from which a pixel may be gold or rose, and below which it may be silver or steel. Between: cream, pearl, wood."""
WARM = (15.0, 105.0)
"""Hue angles, degrees, that gold alloys have; wood and leather share them, but do not shine."""
ROSE = 66.0
"""Hue angle below which a gold alloy is called rose: yellow gold lies at 75–95, copper and rose gold at 40–62."""
STEEL = -1.5
"""b* below which a neutral metal is called steel."""
MIN_SHARE, MIN_PIXELS = 0.03, 60
THIN, SPREAD = 7.0, 5
"""Pixels of depth below which goods are wire, and pixels that their colour may spread beside them."""
HUED = 10.0
"""C* from which the mean's hue angle means anything."""


@dataclass(frozen=True, slots=True)
class Tone:
    """The mean a*, b* of a metal and what jewellers call it."""

    a: float
    b: float

    @property
    def chroma(self) -> float:
        return math.hypot(self.a, self.b)

    @property
    def hue(self) -> float:
        """Degrees, 0 red, 90 yellow."""
        return math.degrees(math.atan2(self.b, self.a))

    @property
    def name(self) -> str:
        if self.chroma < NEUTRAL + 1:
            return "steel" if self.b < STEEL else "silver"
        return "gold" if ROSE <= self.hue <= WARM[1] else "rose" if -ROSE < self.hue < ROSE else "coloured"


@dataclass(frozen=True, slots=True)
class Change:
    """One metal in the source and in the draft."""

    was: Tone
    now: Tone
    share: float

    @property
    def shift(self) -> float:
        """Length of the change in a*, b*."""
        return math.hypot(self.now.a - self.was.a, self.now.b - self.was.b)

    @property
    def turn(self) -> float:
        """Degrees of hue; 0 where one of the two has hardly any."""
        if min(self.was.chroma, self.now.chroma) < HUED:
            return 0.0
        return abs((self.now.hue - self.was.hue + 180) % 360 - 180)

    @property
    def crossed(self) -> float:
        """The shift, where it makes another metal of it; otherwise 0."""
        return 0.0 if self.was.name == self.now.name else self.shift


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Compare the mean tone of warm and of neutral metal; the one that changed more decides."""
    metals = _metals(pair)
    if not metals:
        return CheckResult(NAME, VERSION, "clear", say(NAME, "none"), 0.5, CHECKLIST_ITEM)
    worst = max(metals, key=lambda metal: (metal.crossed, metal.shift))
    metrics = (
        measured(limits, "crossed", worst.crossed, "Lab"),
        measured(limits, "tone_shift", max(metal.shift for metal in metals), "Lab"),
        measured(limits, "hue_turn", max(metal.turn for metal in metals), "°"),
        measured(limits, "metal_share", sum(metal.share for metal in metals)),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = _said(worst, crossed=metrics[0].verdict != "clear", shifted=verdict != "clear")
    confidence = round(min(0.9, 0.4 + 2 * metrics[-1].value), 2)
    return CheckResult(NAME, VERSION, verdict, said, confidence, CHECKLIST_ITEM, metrics)


def _metals(pair: Comparison) -> tuple[Change, ...]:
    """Return the warm and the neutral metal that the source shows, each if there is enough of it."""
    light, drawn = pair.source_lab[..., 0], pair.candidate_lab[..., 0]
    usable = pair.core & (light > DARK) & (light < BRIGHT) & (drawn < BRIGHT)
    if usable.sum() < MIN_PIXELS:
        return ()
    usable &= light <= np.quantile(sample(light[usable]), 1 - TOP)
    shine = sample(_deviation(light, usable.astype(np.float32))[usable])
    source, candidate = sample(pair.source_relaid[usable]), sample(pair.candidate_lab[usable])
    chroma = np.hypot(source[:, 1], source[:, 2])
    hue = np.degrees(np.arctan2(source[:, 2], source[:, 1]))
    warm = (chroma > COLOURED) & (hue > WARM[0]) & (hue < WARM[1])
    if pair.depth.max() < THIN:
        return _thin(pair, float((warm & (shine > SHINE)).mean()))
    metals = (_change(source, candidate, kind & (shine > SHINE)) for kind in (warm, chroma < NEUTRAL))
    return tuple(metal for metal in metals if metal is not None)


def _thin(pair: Comparison, share: float) -> tuple[Change, ...]:
    """Return the change of a chain or wire as a whole: all colour on and around it, over its area.

    Its few pixels are mixed with the ground and their chroma is spread by a file's half resolution, but the sum stays.
    """
    if share < MIN_SHARE:
        return ()
    around = grown(pair.product, SPREAD) & pair.covered
    beside = grown(pair.product, 3 * SPREAD) & ~around & pair.covered
    if not beside.any():
        return ()
    tones = []
    for lab in (pair.source_relaid, pair.candidate_lab):
        colour = lab[around][:, 1:] - np.median(sample(lab[beside]), axis=0)[1:]
        a, b = (colour.sum(axis=0) / pair.area).tolist()
        tones.append(Tone(a, b))
    return (Change(tones[0], tones[1], share),)


def _change(
    source: npt.NDArray[np.float32], candidate: npt.NDArray[np.float32], metal: npt.NDArray[np.bool_]
) -> Change | None:
    share = float(metal.mean())
    if share < MIN_SHARE or metal.sum() < MIN_PIXELS:
        return None
    (_, a0, b0), (_, a1, b1) = (pixels[metal].mean(axis=0).tolist() for pixels in (source, candidate))
    return Change(Tone(a0, b0), Tone(a1, b1), share)


def _deviation(light: Floats, weight: Floats) -> Floats:
    """Return the standard deviation of `light` around each pixel, over pixels that `weight` counts."""
    count = np.maximum(cv2.boxFilter(weight, -1, (WINDOW, WINDOW)), 1e-3)
    mean = cv2.boxFilter(weight * light, -1, (WINDOW, WINDOW)) / count
    square = cv2.boxFilter(weight * light * light, -1, (WINDOW, WINDOW)) / count
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)


def _said(metal: Change, *, crossed: bool, shifted: bool) -> Words:
    was, now = say(NAME, metal.was.name), say(NAME, metal.now.name)
    if crossed:
        return say(NAME, "crossed", was=was, now=now, shift=metal.shift)
    if shifted:
        return say(NAME, "shifted", was=was, shift=metal.shift, turn=metal.turn)
    return say(NAME, "clear", was=was)
