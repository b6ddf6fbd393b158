"""Which drafts are made: slots from captures for the first round, one slot again for the later ones.

Conservative by rule (R-21): only main is put on another ground, because its ground is what marketplaces ask for; a
macro, a bundle or a scale shot shows what it shows on its own ground and is kept as it was shot. Main gets two drafts
that compete (R-22); of a studio photo the second is the photo itself (R-19).
"""

from dataclasses import dataclass
from uuid import UUID

from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Mode, Slot
from trueshelf_generate.domain.presets import Presets

MAIN: Slot = "main"
GENERATED: tuple[Mode, ...] = ("white_background", "as_shot")
"""Modes that this release has a generator for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item is not made, as code, sentence and advice; a number where there is one."""

    code: str
    message: str
    advice: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One item to be: `refusal` when it is known from the start that it will not be made."""

    slot: Slot
    mode: Mode
    preset: str
    capture: Capture
    index: int
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants different in the next round; None and empty mean: as before."""

    mode: Mode | None = None
    preset: str | None = None
    capture_ids: tuple[UUID, ...] = ()
    hinted: bool = False
    """A box or strokes were drawn."""


def rank(capture: Capture) -> tuple[int, int, str]:
    """Return the key by which the best exposure of a shot comes first (R-12): fewest warnings, most pixels."""
    warnings = sum(finding.severity != "note" for finding in capture.gate)
    return warnings, -capture.source.width * capture.source.height, str(capture.capture_id)


def _captures_of(shots: tuple[str, ...], captures: tuple[Capture, ...]) -> list[Capture]:
    """Return the captures of `shots`, in the order of `shots`, best first within each."""
    return [capture for shot in shots for capture in sorted((c for c in captures if c.shot == shot), key=rank)]


def first_round(category: str, captures: tuple[Capture, ...], presets: Presets) -> tuple[Draft, ...]:
    """Return the drafts of a SKU that became ready: main twice, each further slot that has a capture once."""
    rule = presets.of_category(category)
    drafts: list[Draft] = []
    used: set[UUID] = set()
    for slot, shots in rule.items():
        found = [capture for capture in _captures_of(shots, captures) if capture.capture_id not in used]
        if slot == MAIN:
            found = found or sorted(captures, key=rank)
            drafts += _main(found[0], "white_background", None, presets)
        elif found:
            drafts.append(Draft(slot, "as_shot", "as_shot", found[0], 0))
        if found:
            used.add(found[0].capture_id)
    return tuple(drafts)


def _main(capture: Capture, mode: Mode, preset: str | None, presets: Presets) -> list[Draft]:
    """Return the drafts that compete for main: two of `mode`, or, of a studio photo, one and the photo itself."""
    names = presets.for_main(mode, preset)
    drafts = [Draft(MAIN, mode, name, capture, index) for index, name in enumerate(names)]
    if capture.source_type == "studio" and mode == "white_background" and preset is None:
        drafts[1:] = [Draft(MAIN, "as_shot", "as_shot", capture, 1)]
    return drafts


def next_round(
    slot: Slot, captures: tuple[Capture, ...], previous: tuple[Draft, ...], wish: Wish, presets: Presets
) -> tuple[Draft, ...]:
    """Return the drafts of one slot made again: what `wish` leaves open stays as it was in `previous` (not empty).

    A box or strokes say what to cut out, so they imply white_background when no mode is wished. A wish that cannot be
    granted gives one draft with its refusal, never something else than was wished.
    """
    before = previous[0]
    known = {capture.capture_id: capture for capture in captures}
    chosen = [known[wanted] for wanted in wish.capture_ids if wanted in known]
    capture = chosen[0] if chosen else known.get(before.capture.capture_id, before.capture)
    mode = wish.mode or (_mode_of(wish, presets) if wish.preset else None)
    mode = mode or ("white_background" if wish.hinted else before.mode)
    preset = wish.preset or (before.preset if mode == before.mode else None)
    refusal = _impossible(wish, chosen, mode, presets)
    if refusal or mode not in GENERATED:
        name = preset or presets.for_main(mode, None)[0]
        return (Draft(slot, mode, name, capture, 0, refusal or no_generator(mode)),)
    if slot == MAIN:
        # A studio photo's second draft may have been the photo itself; asked again without a wish, both come again.
        return tuple(_main(capture, mode, wish.preset, presets))
    return (Draft(slot, mode, preset or presets.for_main(mode, None)[0], capture, 0),)


def _mode_of(wish: Wish, presets: Presets) -> Mode | None:
    preset = presets.presets.get(wish.preset or "")
    return preset.mode if preset else None


def _impossible(wish: Wish, chosen: list[Capture], mode: Mode, presets: Presets) -> Refusal | None:
    """Return why a wish cannot be granted, if it cannot."""
    if wish.capture_ids and not chosen:
        return Refusal(
            "capture_unknown",
            f"capture {wish.capture_ids[0]} does not belong to this version of the SKU",
            "Choose one of the captures shown, or send the photo as a capture first.",
        )
    preset = presets.presets.get(wish.preset or "")
    if wish.preset and mode in GENERATED and preset is None:
        names = ", ".join(sorted(presets.presets))
        return Refusal("preset_unknown", f"there is no preset {wish.preset!r}", f"Choose one of: {names}.")
    if preset and preset.mode != mode:
        said = f"preset {preset.name!r} belongs to mode {preset.mode}, not to {mode}"
        return Refusal("preset_unknown", said, "Choose a preset of the mode, or leave the mode open.")
    return None


def no_generator(mode: Mode) -> Refusal:
    """Return the refusal of a mode that nothing here can make."""
    return Refusal(
        "no_generator",
        f"no generator configured for this mode: {mode}",
        "Choose white_background, or keep the original (as_shot).",
    )
