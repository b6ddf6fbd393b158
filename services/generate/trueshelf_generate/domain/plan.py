"""Which drafts are made: slots from captures for the first round, one slot again for the later ones.

Conservative by rule (R-21): only main is put on another ground unless a category's rule says more, because its ground
is what marketplaces ask for; a macro, a bundle or a scale shot shows what it shows on its own ground and is kept as it
was shot. Main gets two or three drafts that compete (R-22); of a studio photo the last is the photo itself (R-19).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Mode, Slot
from trueshelf_generate.domain.presets import MAIN, Presets, Rule

GENERATED: tuple[Mode, ...] = ("exact_card", "white_background", "jewelry", "lifestyle", "as_shot")
"""Modes that this service makes itself."""
MACROS = ("macro", "clasp")


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
    """Return the key by which captures are told apart without measuring: fewest warnings, most pixels."""
    warnings = sum(finding.severity != "note" for finding in capture.gate)
    return warnings, -capture.source.width * capture.source.height, str(capture.capture_id)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to plan with: the captures of one SKU version, the presets, the exposures as they were measured."""

    category: str
    captures: tuple[Capture, ...]
    presets: Presets
    order: Mapping[UUID, int]
    """Place among the exposures of its shot, 0 best; empty where nothing was measured."""

    def rank(self, capture: Capture) -> tuple[int, int, int, str]:
        """Return the key by which the best exposure of a shot comes first (R-12)."""
        return self.order.get(capture.capture_id, 0), *rank(capture)

    def of(self, shots: Iterable[str]) -> list[Capture]:
        """Return the captures of `shots`, in the order of `shots`, best first within each."""
        return [one for shot in shots for one in sorted((c for c in self.captures if c.shot == shot), key=self.rank)]


def first_round(shelf: Shelf) -> tuple[Draft, ...]:
    """Return the drafts of a SKU that became ready: main twice or more, each further slot that has a capture once."""
    rule = shelf.presets.rule(shelf.category)
    drafts: list[Draft] = []
    used: set[UUID] = set()
    for slot, shots in shelf.presets.shots(shelf.category).items():
        name = rule.slots.get(slot, "as_shot")
        found = shelf.of(shots)
        fresh = [capture for capture in found if capture.capture_id not in used]
        chosen = _chosen(slot, name, found, fresh)
        if slot == MAIN:
            chosen = chosen or min(shelf.captures, key=shelf.rank)
            drafts += _for_main(chosen, rule.main, shelf.presets)
        elif chosen is not None:
            drafts.append(Draft(slot, shelf.presets.presets[name].mode, name, chosen, 0))
        used |= {chosen.capture_id} if chosen else set()
    drafts += _pieces(shelf, rule, {draft.slot for draft in drafts}, used)
    return tuple(_refused(draft, shelf) for draft in drafts)


def _chosen(slot: Slot, preset: str, found: list[Capture], fresh: list[Capture]) -> Capture | None:
    """Return the capture of a slot: one of its own; a social frame shows main's photo again, or there is none."""
    if slot == "social":
        return found[0] if found and preset != "as_shot" else None
    return fresh[0] if fresh else None


def _pieces(shelf: Shelf, rule: Rule, taken: set[Slot], used: set[UUID]) -> list[Draft]:
    """Return a draft for each further piece of a set in a slot that nothing else fills (R-13)."""
    pieces = [capture for capture in shelf.of(("piece",)) if capture.capture_id not in used]
    free = [slot for slot in shelf.presets.pieces if slot not in taken]
    named = [(slot, rule.slots.get(slot, "as_shot"), piece) for slot, piece in zip(free, pieces, strict=False)]
    return [Draft(slot, shelf.presets.presets[name].mode, name, piece, 0) for slot, name, piece in named]


def _for_main(capture: Capture, names: tuple[str, ...], presets: Presets) -> list[Draft]:
    """Return the drafts that compete for main; of a studio photo the last is the photo itself."""
    drafts = [Draft(MAIN, presets.presets[name].mode, name, capture, index) for index, name in enumerate(names)]
    if capture.source_type == "studio":
        drafts[-1:] = [Draft(MAIN, "as_shot", "as_shot", capture, len(drafts) - 1)]
    return drafts


def next_round(slot: Slot, previous: tuple[Draft, ...], wish: Wish, shelf: Shelf) -> tuple[Draft, ...]:
    """Return the drafts of one slot made again: what `wish` leaves open stays as it was in `previous` (not empty).

    A box or strokes say what to cut out, so they imply white_background where nothing was cut and no mode is wished,
    and a preset that cuts in place of one that keeps the light.
    Several captures compete for main, one for each draft in turn. A wish that cannot be granted gives one draft with
    its refusal, never something else than was wished.
    """
    before, presets = previous[0], shelf.presets
    known = {capture.capture_id: capture for capture in shelf.captures}
    chosen = [known[wanted] for wanted in wish.capture_ids if wanted in known]
    capture = chosen[0] if chosen else known.get(before.capture.capture_id, before.capture)
    mode = wish.mode or presets.mode_of(wish.preset) or _kept(before, hinted=wish.hinted)
    preset = wish.preset or (before.preset if mode == before.mode and _serves(before.preset, wish, presets) else None)
    refusal = _impossible(wish, known, mode, presets)
    if refusal or mode not in GENERATED:
        name = preset or presets.pair(mode)[0]
        return (Draft(slot, mode, name, capture, 0, refusal or no_generator(mode)),)
    if slot != MAIN:
        return (_refused(Draft(slot, mode, preset or presets.pair(mode)[0], capture, 0), shelf),)
    names = _again(previous, mode, wish, presets)
    exposures = chosen or [capture]
    drafts = [Draft(slot, mode, name, exposures[i % len(exposures)], i) for i, name in enumerate(names)]
    if capture.source_type == "studio" and mode != "as_shot" and wish.preset is None:
        # A studio photo's last draft was the photo itself; asked again without a wish, both come again.
        drafts[-1:] = [Draft(slot, "as_shot", "as_shot", capture, len(drafts) - 1)]
    return tuple(_refused(draft, shelf) for draft in drafts)


def _kept(before: Draft, *, hinted: bool) -> Mode:
    return "white_background" if hinted and before.mode == "as_shot" else before.mode


def _serves(name: str, wish: Wish, presets: Presets) -> bool:
    """Say whether the preset of the round before may make the next one: it is there, and cuts where hints say what."""
    preset = presets.presets.get(name)
    return preset is not None and (preset.needs_cutout or not wish.hinted)


def _again(previous: tuple[Draft, ...], mode: Mode, wish: Wish, presets: Presets) -> tuple[str, ...]:
    """Return main's presets for the next round: those of before where mode and preset are left open."""
    before = tuple(draft.preset for draft in previous if draft.mode == mode and _serves(draft.preset, wish, presets))
    if wish.preset is None and len(before) > 1:
        return before
    return presets.pair(mode, wish.preset)


def _refused(draft: Draft, shelf: Shelf) -> Draft:
    """Return the draft, refused where its mode may not serve its slot or lacks what it needs."""
    if draft.mode == "lifestyle" and draft.slot == MAIN:
        return replace(draft, refusal=NOT_FOR_MAIN)
    if draft.mode == "lifestyle" and draft.preset not in shelf.presets.presets:
        return replace(draft, refusal=SCENE_MISSING)
    if draft.mode == "jewelry" and not any(capture.shot in MACROS for capture in shelf.captures):
        return replace(draft, refusal=MACRO_MISSING)
    return draft


def strange_capture(wish: Wish, known: Mapping[UUID, Capture]) -> Refusal | None:
    """Return the refusal of a wish that names a capture of another version or SKU."""
    strange = [wanted for wanted in wish.capture_ids if wanted not in known]
    if not strange:
        return None
    return Refusal(
        "capture_unknown",
        f"capture {strange[0]} does not belong to this version of the SKU",
        "Choose one of the captures shown, or send the photo as a capture first.",
    )


def _impossible(wish: Wish, known: Mapping[UUID, Capture], mode: Mode, presets: Presets) -> Refusal | None:
    """Return why a wish cannot be granted, if it cannot."""
    strange = strange_capture(wish, known)
    if strange is not None:
        return strange
    preset = presets.presets.get(wish.preset or "")
    if wish.preset and mode in GENERATED and preset is None:
        names = ", ".join(sorted(presets.presets))
        said = f"there is no confirmed preset {wish.preset!r}"
        return Refusal("preset_unknown", said, f"Choose one of: {names}. A copied preset has to be confirmed first.")
    if preset and preset.mode != mode:
        said = f"preset {preset.name!r} belongs to mode {preset.mode}, not to {mode}"
        return Refusal("preset_unknown", said, "Choose a preset of the mode, or leave the mode open.")
    if wish.hinted and (mode == "as_shot" or (preset and preset.keep_light)):
        return NOTHING_IS_CUT
    return None


NOTHING_IS_CUT = Refusal(
    "hints_without_cut",
    "a box or strokes say what to cut out, and this mode or preset cuts nothing",
    "Leave the box and strokes out, or choose a preset that cuts out.",
)
NOT_FOR_MAIN = Refusal(
    "not_for_main",
    "lifestyle is for extra and social slots: main shows the product on a plain ground (R-21)",
    "Choose exact_card, white_background or jewelry for main.",
)
SCENE_MISSING = Refusal(
    "scene_missing",
    "lifestyle needs a scene of your own, and no confirmed preset names one",
    "Upload a scene with its rights, write a preset for it and confirm it; then choose that preset.",
)
MACRO_MISSING = Refusal(
    "macro_missing",
    "jewelry needs a macro photo of stones, links or clasp, and this version of the SKU has none (R-14)",
    "Photograph stone and clasp close up and send them as macro and clasp, or choose exact_card.",
)


def no_generator(mode: Mode) -> Refusal:
    """Return the refusal of a mode that nothing here can make."""
    return Refusal(
        "no_generator",
        f"no generator configured for this mode: {mode}",
        "Choose white_background, keep the original (as_shot), or have the operator add an offer (docs/generators.md).",
    )
