"""What a change of a SKU does to its photos (R-16)."""

from collections.abc import Collection

TEXT_ONLY = frozenset({"text"})


def photos_stay_valid(changed: Collection[str]) -> bool:
    """Return True when the article on the shelf is the same and only words changed.

    Supplier, stones, colour, hardware, kit: the photos no longer show what is shipped, so every shot is taken again.
    """
    return bool(changed) and set(changed) <= TEXT_ONLY
