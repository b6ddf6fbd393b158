"""The presets of one release: grounds, the pair that competes for main, and which shot serves which slot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from trueshelf_contracts.refs import Mode, Shot, Slot


@dataclass(frozen=True, slots=True)
class Preset:
    """One way to make a draft. `background` is 8-bit sRGB; for as_shot there is none."""

    name: str
    mode: Mode
    title: str
    background: tuple[int, int, int] | None
    fill: float
    aspect: float


@dataclass(frozen=True, slots=True)
class Presets:
    """Everything in the presets file."""

    version: str
    presets: Mapping[str, Preset]
    pairs: Mapping[Mode, tuple[str, ...]]
    slots: Mapping[str, Mapping[Slot, tuple[Shot, ...]]]

    def of_category(self, category: str) -> Mapping[Slot, tuple[Shot, ...]]:
        """Return slot → shots in order of preference."""
        return self.slots.get(category, self.slots["default"])

    def for_main(self, mode: Mode, first: str | None) -> tuple[str, ...]:
        """Return the presets that compete for main in `mode`, `first` ahead (R-22); one name for an unknown mode."""
        pair = self.pairs.get(mode, (first or mode,))
        if first is None:
            return pair
        return (first, *(name for name in pair if name != first))[: max(1, len(pair))]


def read_presets(data: Mapping[str, Any]) -> Presets:
    """Return the presets in `data`. Raises ValueError naming the preset or slot that is wrong."""
    presets = {name: _preset(name, entry) for name, entry in data["presets"].items()}
    for mode, names in data["pairs"].items():
        for name in names:
            if presets[name].mode != mode:
                raise ValueError(f"pairs.{mode}: preset {name!r} belongs to mode {presets[name].mode!r}")
    slots = {category: {slot: tuple(shots) for slot, shots in rule.items()} for category, rule in data["slots"].items()}
    for category, rule in slots.items():
        unknown = [slot for slot in rule if slot not in get_args(Slot)]
        unknown += [shot for shots in rule.values() for shot in shots if shot not in get_args(Shot)]
        if unknown or "main" not in rule:
            raise ValueError(f"slots.{category}: unknown {', '.join(unknown) or 'nothing'}; main must be there")
    return Presets(
        version=data["version"],
        presets=presets,
        pairs={mode: tuple(names) for mode, names in data["pairs"].items()},
        slots=slots,
    )


def _preset(name: str, entry: Mapping[str, Any]) -> Preset:
    if entry["mode"] == "as_shot":
        return Preset(name, "as_shot", entry["title"], None, 1.0, 1.0)
    red, green, blue = (int(value) for value in entry["background"])
    fill, aspect = float(entry["fill"]), float(entry["aspect"])
    if not (all(0 <= value <= 255 for value in (red, green, blue)) and 0.1 < fill <= 1 and aspect > 0):  # noqa: PLR2004 - 8 bits, a tenth
        raise ValueError(f"presets.{name}: background is 0–255, fill over 0.1 to 1, aspect positive")
    return Preset(name, entry["mode"], entry["title"], (red, green, blue), fill, aspect)
