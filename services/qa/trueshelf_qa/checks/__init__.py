"""The checks, one module each, in the order in which reports list them.

A check is a pure function from the aligned pair and its limits to a result. To add one:

1. a module with `NAME`, `VERSION`, `CHECKLIST_ITEM` (the item of review's checklist that it bears on) and
   `check(pair: Comparison, limits: Limits) -> CheckResult`. `measured(limits, "metric", value, unit)` holds a number
   against its limits; larger is always worse, and a metric without a limit is reported and never decides.
   What it cannot judge it calls "unjudged", with the sentence why. It raises nothing and draws no random numbers.
2. its words in `data/sentences/NAME.toml`, each key in en, ru and kk; `say(NAME, "key", value=…)` fills them in.
   A sentence names the place: `pair.place(blob)` gives one, `{places:places}` lists them.
3. its limits in `data/thresholds.toml`: `[PROFILE.default.NAME]` for composited, generative and rendition. A profile
   without a table for it measures and never decides.
4. its module below, one line; one that asks of the product's inside only is named in `OF_THE_INSIDE`, too.
5. tests in `tests/unit/qa/`: on its defect, and that honest pairs stay clear.

What several checks need is a lazy property of `Comparison`, computed once per pair and only when asked for.
"""

from typing import Protocol

from trueshelf_qa.checks import (
    background,
    chain,
    colour_shift,
    cut_edge,
    duplicated_part,
    extra_part,
    framing,
    glare,
    halo,
    hardware,
    label,
    legibility,
    local_warp,
    metal_tone,
    mirrored,
    missing_part,
    overlay,
    own_pixels,
    pattern,
    pieces,
    proportions,
    recoloured_part,
    residue,
    retouched,
    shadow,
    surface,
    texture,
)
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits


class Check(Protocol):
    """What a module of this package offers."""

    NAME: str
    VERSION: str
    CHECKLIST_ITEM: str

    def check(self, pair: Comparison, limits: Limits) -> CheckResult: ...


CHECKS: tuple[Check, ...] = (
    own_pixels,
    colour_shift,
    recoloured_part,
    metal_tone,
    mirrored,
    proportions,
    local_warp,
    pattern,
    texture,
    missing_part,
    extra_part,
    duplicated_part,
    pieces,
    surface,
    label,
    legibility,
    hardware,
    retouched,
    glare,
    halo,
    residue,
    cut_edge,
    chain,
    overlay,
    shadow,
    framing,
    background,
)

OF_THE_INSIDE: tuple[Check, ...] = (
    colour_shift,
    recoloured_part,
    metal_tone,
    local_warp,
    pattern,
    texture,
    retouched,
    surface,
    hardware,
    glare,
    label,
)
"""Checks that the source's own pixels answer (`own_pixels.proves`): where nothing changed they need not look."""
