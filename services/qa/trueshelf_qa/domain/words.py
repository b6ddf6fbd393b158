"""Places in words a seller uses."""

from trueshelf_qa.domain.results import Place

THIRD = 1 / 3


def where(x: float, y: float) -> str:
    """Return the place of a point in coordinates 0–1, such as "upper left", "centre" or "lower right"."""
    row = "upper" if y < THIRD else "lower" if y > 2 * THIRD else ""
    column = "left" if x < THIRD else "right" if x > 2 * THIRD else ""
    if not row and not column:
        return "centre"
    return (
        {"upper": "top centre", "lower": "bottom centre"}.get(row, "") if not column else f"{row or 'middle'} {column}"
    )


def percent(share: float) -> str:
    """Return a share as people read it: 2.1 %, below one per mille as 0.05 %."""
    value = 100 * share
    return f"{value:.2f} %" if value < 0.1 else f"{value:.1f} %"  # noqa: PLR2004  # one more digit for tiny shares


def listed(places: tuple[Place, ...], most: int = 3) -> str:
    """Return "upper left 2.1 %, centre 0.4 % and 2 more places" for a sentence."""
    named = ", ".join(f"{place.note} {percent(place.area)}" for place in places[:most])
    rest = len(places) - most
    return named if rest <= 0 else f"{named} and {rest} more {'place' if rest == 1 else 'places'}"
