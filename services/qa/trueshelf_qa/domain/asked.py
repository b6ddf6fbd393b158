"""What is known of a draft beside its pixels: what it was asked to be, and where its source is said to lie."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a draft beside its pixels, for the checks that hold it against that; empty: not known."""

    shadow: Literal["none", "natural", "contact"] | None = None
    """The shadow that the preset asked for."""
    category: str = "default"
    marketplace: str | None = None
    """Of a rendition."""
    slot: str | None = None
    title: str = ""
    description: str = ""
    kit: tuple[str, ...] = ()
    """What the seller says lies in the box."""


NOT_KNOWN = Asked()


@dataclass(frozen=True, slots=True)
class Placed:
    """What a generator or renderer declared: candidate = scale · source + offset, pixels. A hint, never trusted."""

    scale: float
    offset_x: float
    offset_y: float
