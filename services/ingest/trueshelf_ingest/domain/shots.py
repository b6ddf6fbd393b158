"""Shot lists: which photos a SKU of a category needs before drafts may be made (R-11, R-13, R-14)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.refs import Shot


@dataclass(frozen=True, slots=True)
class ShotList:
    """What one category asks for."""

    required: tuple[Shot, ...]
    unwaivable: frozenset[Shot]
    bundle_for_kits: bool
    piece_per_kit_part: bool

    def needed(self, kit: tuple[str, ...], waived: Iterable[str]) -> Counter[str]:
        """Return how many accepted photos of each shot a SKU with this kit needs.

        A kit of two or more parts needs a bundle photo; where the category says so also one `piece` photo per part.
        Waived shots fall away unless the category does not allow it.
        """
        counts: Counter[str] = Counter(self.required)
        if len(kit) > 1 and self.bundle_for_kits:
            counts["bundle"] = 1
        if len(kit) > 1 and self.piece_per_kit_part:
            counts["piece"] = len(kit)
        for shot in waived:
            if shot not in self.unwaivable:
                counts.pop(shot, None)
        return counts


@dataclass(frozen=True, slots=True)
class ShotLists:
    """The policy: a shot list per category."""

    version: str
    categories: Mapping[str, ShotList]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ShotLists":
        """Read the policy file. Raises KeyError when a field or the `default` category is missing."""
        lists = {
            name: ShotList(
                tuple(entry["required"]),
                frozenset(entry["unwaivable"]),
                entry["bundle_for_kits"],
                entry["piece_per_kit_part"],
            )
            for name, entry in data["categories"].items()
        }
        lists["default"]
        return cls(data["version"], lists)

    def of(self, category: str) -> ShotList:
        """Return the category's list, or the default's."""
        return self.categories.get(category, self.categories["default"])


def missing_shots(needed: Counter[str], accepted: Iterable[str]) -> tuple[str, ...]:
    """Return the shots still missing, each as often as it is missing, in a stable order."""
    missing = needed - Counter(accepted)
    return tuple(sorted(missing.elements()))
