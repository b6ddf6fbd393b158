"""Which of several exposures of a shot the drafts are made from (R-12): measured, ordered, on record."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from trueshelf_contracts.generate import CaptureChoice, Measured
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Shot

SEVERAL: tuple[Shot, ...] = ("front", "profile", "macro", "clasp", "bundle", "scale")
"""Shots whose photos are exposures of one thing. Pieces of a set are different things: none is chosen from them."""
CLIPPED_WEIGHT = 10.0
"""A tenth of the product without detail outweighs any sharpness."""


def contested(captures: Iterable[Capture]) -> dict[Shot, tuple[Capture, ...]]:
    """Return the shots of which there is more than one photo."""
    by_shot: dict[Shot, tuple[Capture, ...]] = {}
    for capture in captures:
        by_shot[capture.shot] = (*by_shot.get(capture.shot, ()), capture)
    return {shot: found for shot, found in by_shot.items() if shot in SEVERAL and len(found) > 1}


def score(measured: Measured) -> float:
    """Return one number, higher is better: sharp, no burnt-out places, the product large in the frame."""
    kept = 1 - min(1.0, CLIPPED_WEIGHT * measured.clipped)
    return float(measured.sharpness * measured.fill**0.5 * kept)


def choose(shot: Shot, measured: Iterable[Measured]) -> CaptureChoice:
    """Return the choice for one shot, best first; equal ones stay in the order of their ids."""
    ranked = sorted(measured, key=lambda one: (-score(one), str(one.capture_id)))
    return CaptureChoice(shot=shot, chosen=ranked[0].capture_id, measured=tuple(ranked))


def order_of(choices: Iterable[CaptureChoice]) -> Mapping[UUID, int]:
    """Return each measured capture's place among the exposures of its shot, 0 best."""
    return {one.capture_id: place for choice in choices for place, one in enumerate(choice.measured)}
