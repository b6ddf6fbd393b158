"""The reasons that a reviewer chooses from, numbered as the keys are. Codes are facts of the log: never renamed."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A reason, and the checklist item that it fails where the category's checklist has it."""

    code: str
    item: str | None = None


PICTURE: Final = (
    ReasonCode("colour_changed", "colour_matches"),
    ReasonCode("shape_changed", "shape_unchanged"),
    ReasonCode("part_missing", "kit_unchanged"),
    ReasonCode("part_added", "kit_unchanged"),
    ReasonCode("details_changed", "details_unchanged"),
    ReasonCode("edges_doubtful", "edges_clean"),
    ReasonCode("background_wrong", "background_neutral"),
    ReasonCode("foreign_text", "no_foreign_logos"),
    ReasonCode("source_unfit", "source_sharp"),
    ReasonCode("other"),
)
"""Reasons about a draft, in the order of the digit keys 1 to 9 and 0."""
RENDITION: Final = (
    ReasonCode("compression_artefacts"),
    ReasonCode("colour_changed"),
    ReasonCode("wrongly_cropped"),
    ReasonCode("too_small"),
    ReasonCode("other"),
)
"""Reasons about a marketplace file."""


def progress_rate(decided: int, span_seconds: float) -> float | None:
    """Return decisions per hour between the day's first and last one; None while there is no span to speak of."""
    return None if decided < 2 or span_seconds <= 0 else (decided - 1) * 3600 / span_seconds  # noqa: PLR2004
