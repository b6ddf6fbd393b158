"""Pixels in, judgement out: what workers, the `compare` verb and the benchmark all call."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trueshelf_imaging.pixels import Rgb
from trueshelf_imaging.reading import Reader
from trueshelf_qa.checks import CHECKS, OF_THE_INSIDE, own_pixels
from trueshelf_qa.domain import alike
from trueshelf_qa.domain.aligning import NotComparable, compare
from trueshelf_qa.domain.asked import NOT_KNOWN, Asked, Placed
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, Verdict, Words, gravest
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.domain.words import say
from trueshelf_qa.pictures import Shown, show


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one pair, each check's result, and pictures that show it (none without alignment)."""

    verdict: Verdict
    aligned: bool
    checks: tuple[CheckResult, ...]
    pictures: tuple[Shown, ...] = ()


def judge(
    source: Rgb | Scene,
    candidate: Rgb,
    limits: Mapping[str, Limits],
    *,
    placed: Placed | None,
    wanted: tuple[int, int, int] | None,
    generative: bool,
    scene: Rgb | None = None,
    asked: Asked = NOT_KNOWN,
    model: alike.Model | None = None,
    reader: Reader | None = None,
) -> Judgement:
    """Register, then compare. The same pixels and limits give the same judgement, however often a source is used.

    `placed` is what the generator declared: a starting point that has to prove itself. `wanted` is the ground that was
    asked for, `scene` the picture that the product was set into, `asked` what else checks hold the draft against.
    Pictures that cannot be aligned are unjudged. `model` gives one more signal, `reader` reads print; without them all
    else stands.
    """
    photo, draft = source if isinstance(source, Scene) else Scene(source), Scene(candidate, scene)
    asked_as_shot = wanted is None and scene is None
    if asked_as_shot and photo.full.shape == candidate.shape and np.array_equal(photo.full, candidate):
        return _identical()
    pair = compare(photo, draft, placed=placed, wanted=wanted, generative=generative, asked=asked, reader=reader)
    if isinstance(pair, NotComparable):
        return unjudged(pair.reason)
    results = _checked(pair, limits)
    if model is not None:
        results += (alike.check(pair, limits.get(alike.NAME, {}), model),)
    return Judgement(gravest(result.verdict for result in results), True, results, show(pair, results))


def _checked(pair: Comparison, limits: Mapping[str, Limits]) -> tuple[CheckResult, ...]:
    """Return each check's result. The source's own pixels answer for the inside, where the draft keeps them."""
    own = own_pixels.check(pair, limits.get(own_pixels.NAME, {}))
    answered = OF_THE_INSIDE if own_pixels.proves(own) else ()
    return (
        own,
        *(
            CheckResult(check.NAME, check.VERSION, "clear", own.said, own.confidence, check.CHECKLIST_ITEM)
            if check in answered
            else check.check(pair, limits.get(check.NAME, {}))
            for check in CHECKS
            if check is not own_pixels
        ),
    )


def unjudged(reason: Words) -> Judgement:
    """Return the judgement that nothing could be judged, with the sentence why."""
    results = tuple(
        CheckResult(check.NAME, check.VERSION, "unjudged", reason, 0.0, check.CHECKLIST_ITEM) for check in CHECKS
    )
    return Judgement("unjudged", False, results)


def _identical() -> Judgement:
    """Return the judgement on a draft that is its source, pixel by pixel (as_shot)."""
    said = say("comparison", "identical")
    results = tuple(
        CheckResult(check.NAME, check.VERSION, "clear", said, 1.0, check.CHECKLIST_ITEM) for check in CHECKS
    )
    return Judgement("clear", True, results)
