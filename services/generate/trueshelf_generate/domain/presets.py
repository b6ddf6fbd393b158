"""All presets in force: which compete for main, which shot serves which slot, how each slot is made, per category."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from trueshelf_contracts.refs import Mode, Shot, Slot
from trueshelf_generate.domain.preset import PLAIN, Preset, read_preset

MAIN: Slot = "main"
DRAFTS = 2, 3
"""Drafts that compete for main (R-22)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a category's slots are made: presets by name; slots that are not named are kept as shot."""

    main: tuple[str, ...]
    slots: Mapping[Slot, str]

    def body(self) -> dict[str, Any]:
        return {"main": list(self.main), "slots": dict(self.slots)}


@dataclass(frozen=True, slots=True)
class Presets:
    """Everything that planning needs; `version` names it as a whole."""

    version: str
    presets: Mapping[str, Preset]
    pairs: Mapping[Mode, tuple[str, ...]]
    slots: Mapping[str, Mapping[Slot, tuple[Shot, ...]]]
    rules: Mapping[str, Rule]
    pieces: tuple[Slot, ...]
    """Slots that take the pieces of a set, one each, where nothing else fills them (R-13)."""

    def shots(self, category: str) -> Mapping[Slot, tuple[Shot, ...]]:
        """Return slot → shots in order of preference."""
        return self.slots.get(category, self.slots["default"])

    def rule(self, category: str) -> Rule:
        return self.rules.get(category, self.rules["default"])

    def pair(self, mode: Mode, first: str | None = None) -> tuple[str, ...]:
        """Return the presets that compete for main in `mode`, `first` ahead (R-22); one name for an unknown mode."""
        pair = self.pairs.get(mode, (first or mode,))
        if first is None:
            return pair
        return (first, *(name for name in pair if name != first))[: max(1, len(pair))]

    def mode_of(self, name: str | None) -> Mode | None:
        preset = self.presets.get(name or "")
        return preset.mode if preset else None

    def document(self) -> dict[str, Any]:
        """Return everything as JSON; `read_presets` reads it back, and its hash names it."""
        return {
            "version": self.version,
            "presets": {name: {**preset.body(), "version": preset.version} for name, preset in self.presets.items()},
            "pairs": {mode: list(names) for mode, names in self.pairs.items()},
            "main": {category: list(rule.main) for category, rule in self.rules.items()},
            "slot_presets": {category: dict(rule.slots) for category, rule in self.rules.items()},
            "pieces": list(self.pieces),
            "slots": {
                category: {slot: list(shots) for slot, shots in by.items()} for category, by in self.slots.items()
            },
        }

    def joined(self, version: str, presets: Mapping[str, Preset], rules: Mapping[str, Rule]) -> "Presets":
        """Return these with what people confirmed besides; a preset or rule of the same name takes the place."""
        return replace(self, version=version, presets={**self.presets, **presets}, rules={**self.rules, **rules})


def read_presets(data: Mapping[str, Any]) -> Presets:
    """Return the presets in `data`. Raises ValueError naming the preset, slot or rule that is wrong."""
    presets = {
        name: read_preset(name, entry, str(entry.get("version", data["version"])))
        for name, entry in data["presets"].items()
    }
    for mode, names in data["pairs"].items():
        for name in names:
            if presets[name].mode != mode:
                raise ValueError(f"pairs.{mode}: preset {name!r} belongs to mode {presets[name].mode!r}")
    slots = {category: {slot: tuple(shots) for slot, shots in rule.items()} for category, rule in data["slots"].items()}
    for category, rule in slots.items():
        unknown = [slot for slot in rule if slot not in get_args(Slot)]
        unknown += [shot for shots in rule.values() for shot in shots if shot not in get_args(Shot)]
        if unknown or MAIN not in rule:
            raise ValueError(f"slots.{category}: unknown {', '.join(unknown) or 'nothing'}; main must be there")
    rules = {
        category: Rule(tuple(main), data.get("slot_presets", {}).get(category, {}))
        for category, main in data.get("main", {"default": data["pairs"].get("white_background", ())}).items()
    }
    for category, made in rules.items():
        for fault in rule_faults(made, presets):
            raise ValueError(f"main.{category}: {fault}")
    pairs = {mode: tuple(names) for mode, names in data["pairs"].items()}
    return Presets(data["version"], presets, pairs, slots, rules, tuple(data.get("pieces", ())))


def rule_faults(rule: Rule, presets: Mapping[str, Preset]) -> tuple[str, ...]:
    """Return why a category cannot be made that way: R-21 and R-22 hold whoever writes the rule."""
    faults = []
    if not DRAFTS[0] <= len(set(rule.main)) == len(rule.main) <= DRAFTS[1]:
        faults.append(f"main is {list(rule.main)}; allowed: {DRAFTS[0]} or {DRAFTS[1]} different presets (R-22)")
    for slot, name in [*((MAIN, name) for name in rule.main), *rule.slots.items()]:
        if name not in presets:
            faults.append(f"{slot} is {name!r}; allowed: a confirmed preset: {', '.join(sorted(presets))}")
        elif slot == MAIN and presets[name].mode not in PLAIN:
            faults.append(f"main is {name!r} of mode {presets[name].mode}; allowed: {', '.join(PLAIN)} (R-21)")
    if MAIN in rule.slots:
        faults.append("slots.main is set; allowed: main's own list")
    faults += [
        f"slots.{slot} is set; allowed: {', '.join(get_args(Slot))}"
        for slot in rule.slots
        if slot not in get_args(Slot)
    ]
    return tuple(faults)
