"""The checks, one module each, in the order in which reports list them.

A check is a pure function from the aligned pair and its limits to a result. A new one is a module with `NAME`,
`VERSION`, `CHECKLIST_ITEM` and `check`, listed here, with limits in `data/thresholds.toml`.
"""

from typing import Protocol

from trueshelf_qa.checks import (
    background,
    colour_shift,
    extra_part,
    halo,
    missing_part,
    proportions,
    surface,
)
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits


class Check(Protocol):
    """What a module of this package offers."""

    NAME: str
    VERSION: str
    CHECKLIST_ITEM: str

    def check(self, pair: Comparison, limits: Limits) -> CheckResult: ...


CHECKS: tuple[Check, ...] = (colour_shift, proportions, missing_part, extra_part, surface, halo, background)
