"""Which drafts are planned: R-12, R-19, R-20, R-21, R-22, R-26, R-29."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from trueshelf_contracts.generate import Measured
from trueshelf_contracts.ingest import Capture
from trueshelf_generate.domain.choice import choose, contested, order_of
from trueshelf_generate.domain.plan import Shelf, Wish, first_round, next_round
from trueshelf_generate.domain.preset import Preset, PresetError, read_preset
from trueshelf_generate.domain.presets import Rule, read_presets, rule_faults
from trueshelf_generate.policy import load_policy

PRESETS = load_policy().presets
HASH = "a" * 64


def capture(shot: str, *, side: int = 1000, source_type: str = "phone", warnings: int = 0) -> Capture:
    stored: dict[str, Any] = {"bucket": "t-sources", "key": "k", "sha256": HASH, "size": 1, "media_type": "image/png"}
    image = stored | {"width": side, "height": side, "pixel_sha256": HASH}
    gate = [{"code": "soft", "severity": "warn", "message": "soft"}] * warnings
    return Capture.model_validate(
        {
            "capture_id": uuid4(),
            "shot": shot,
            "original": stored,
            "source": image,
            "preview": image,
            "source_type": source_type,
            "rights": {"basis": "own"},
            "gate": gate,
        }
    )


def shelf(category: str, captures: tuple[Capture, ...], presets: Any = PRESETS, order: Any = None) -> Shelf:
    return Shelf(category, captures, presets, order or {})


def slots(drafts: Any) -> list[tuple[str, str, str]]:
    return [(draft.slot, draft.mode, draft.preset) for draft in drafts]


def test_main_gets_two_drafts_and_every_other_slot_its_own_photo_as_it_was_shot_r21_r22() -> None:
    captures = tuple(capture(shot) for shot in ("front", "profile", "macro", "clasp", "bundle", "scale"))
    drafts = first_round(shelf("home", captures))
    assert slots(drafts) == [
        ("main", "white_background", "white"),
        ("main", "white_background", "light_grey"),
        ("macro", "as_shot", "as_shot"),
        ("detail", "as_shot", "as_shot"),
        ("profile", "as_shot", "as_shot"),
        ("bundle", "as_shot", "as_shot"),
        ("scale", "as_shot", "as_shot"),
    ]
    shots = {draft.slot: draft.capture.shot for draft in drafts}
    assert (shots["main"], shots["macro"], shots["detail"]) == ("front", "macro", "clasp")
    assert [draft.index for draft in drafts[:2]] == [0, 1]


def test_a_slot_without_a_photo_is_not_planned() -> None:
    assert {draft.slot for draft in first_round(shelf("default", (capture("front"),)))} == {"main"}


def test_the_macro_of_apparel_is_its_texture_detail_r84() -> None:
    drafts = first_round(shelf("apparel", (capture("front"), capture("macro"))))
    assert [draft.slot for draft in drafts] == ["main", "main", "detail"]


def test_of_a_studio_photo_the_second_draft_is_the_photo_itself_r19() -> None:
    drafts = first_round(shelf("default", (capture("front", source_type="studio"),)))
    assert slots(drafts) == [("main", "white_background", "white"), ("main", "as_shot", "as_shot")]


def test_the_best_exposure_is_picked_r12() -> None:
    worse, best = capture("front", side=3000, warnings=1), capture("front", side=2000)
    drafts = first_round(shelf("default", (capture("front", side=1000), worse, best)))
    assert {draft.capture.capture_id for draft in drafts} == {best.capture_id}


def again(slot: str, wish: Wish, shots: tuple[str, ...] = ("front", "macro")) -> Any:
    captures = tuple(capture(shot) for shot in shots)
    first = [draft for draft in first_round(shelf("default", captures)) if draft.slot == slot]
    return captures, next_round(slot, tuple(first), wish, shelf("default", captures))  # type: ignore[arg-type]


def test_main_made_again_is_two_drafts_again_r22_r26() -> None:
    _, drafts = again("main", Wish())
    assert slots(drafts) == [("main", "white_background", "white"), ("main", "white_background", "light_grey")]


def test_the_wished_preset_comes_first() -> None:
    _, drafts = again("main", Wish(preset="light_grey"))
    assert [draft.preset for draft in drafts] == ["light_grey", "white"]


def test_keeping_the_original_is_one_draft_r17() -> None:
    _, drafts = again("main", Wish(mode="as_shot"))
    assert slots(drafts) == [("main", "as_shot", "as_shot")]


def test_another_capture_is_used_when_wished_r26() -> None:
    captures = (capture("front"), capture("profile"))
    first = first_round(shelf("default", captures))[:2]
    drafts = next_round("main", first, Wish(capture_ids=(captures[1].capture_id,)), shelf("default", captures))
    assert {draft.capture.capture_id for draft in drafts} == {captures[1].capture_id}
    assert all(draft.refusal is None for draft in drafts)


def test_two_exposures_compete_for_main_when_wished_r22_r26() -> None:
    captures = (capture("front"), capture("front"))
    ids = tuple(one.capture_id for one in captures)
    first = first_round(shelf("default", captures))
    drafts = next_round("main", first, Wish(capture_ids=ids), shelf("default", captures))
    assert [draft.capture.capture_id for draft in drafts] == list(ids)
    (refused,) = next_round("main", first, Wish(capture_ids=(ids[0], UUID(int=9))), shelf("default", captures))
    assert refused.refusal is not None
    assert refused.refusal.code == "capture_unknown"


def test_a_box_implies_removal() -> None:
    _, drafts = again("macro", Wish(hinted=True))
    assert slots(drafts) == [("macro", "white_background", "white")]


def test_a_box_over_a_draft_that_kept_its_light_asks_for_a_cut_r26() -> None:
    captures = (capture("front"),)
    rules = {"home": Rule(("white_light", "light_grey"), {"profile": "white_light"})}
    glass = shelf("home", (*captures, capture("profile")), PRESETS.joined("2", {}, rules))
    first = first_round(glass)
    main, profile = [tuple(draft for draft in first if draft.slot == slot) for slot in ("main", "profile")]
    assert [draft.preset for draft in next_round("main", main, Wish(), glass)] == ["white_light", "light_grey"]
    assert [draft.preset for draft in next_round("main", main, Wish(hinted=True), glass)] == ["white", "light_grey"]
    assert [draft.preset for draft in next_round("profile", profile, Wish(hinted=True), glass)] == ["white"]


def test_work_that_invents_pixels_is_refused_without_an_external_generator_r20() -> None:
    _, (draft,) = again("main", Wish(mode="clothing_on_model"))
    assert draft.refusal.code == "no_generator"
    assert "no generator configured for this mode" in draft.refusal.message
    assert draft.mode == "clothing_on_model"


@pytest.mark.parametrize("mode", ["exact_card", "jewelry", "white_background"])
def test_an_own_mode_gives_two_drafts_for_main_r20_r22(mode: Any) -> None:
    _, drafts = again("main", Wish(mode=mode))
    assert [draft.refusal for draft in drafts] == [None, None]
    assert {draft.mode for draft in drafts} == {mode}
    assert len({draft.preset for draft in drafts}) == 2


def test_lifestyle_is_for_extra_and_social_slots_and_needs_a_scene_r21() -> None:
    _, (main, *_) = again("main", Wish(mode="lifestyle"))
    assert main.refusal.code == "not_for_main"
    _, (macro,) = again("macro", Wish(mode="lifestyle"))
    assert macro.refusal.code == "scene_missing"
    kitchen = Preset("kitchen", "lifestyle", "Kitchen", shadow="contact", scene=UUID(int=3))
    rules = {"default": Rule(("white", "light_grey"), {"social": "kitchen"})}
    presets = PRESETS.joined("2", {"kitchen": kitchen}, rules)
    drafts = first_round(shelf("default", (capture("front"),), presets))
    assert slots(drafts)[2:] == [("social", "lifestyle", "kitchen")]
    assert drafts[2].capture == drafts[0].capture, "the listing's own photo (R-87)"


def test_jewelry_is_the_default_of_jewelry_and_demands_a_macro_r14_r21() -> None:
    drafts = first_round(shelf("jewelry", (capture("front"), capture("macro"))))
    assert slots(drafts)[:2] == [("main", "jewelry", "jewelry_white"), ("main", "jewelry", "jewelry_grey")]
    assert all(draft.refusal is None for draft in drafts)
    without = first_round(shelf("jewelry", (capture("front"),)))
    assert {draft.refusal.code for draft in without if draft.refusal} == {"macro_missing"}
    assert "macro" in without[0].refusal.message  # type: ignore[union-attr]


def test_a_set_is_made_as_a_whole_and_piece_by_piece_r13() -> None:
    captures = (capture("bundle"), capture("front"), *(capture("piece") for _ in range(4)))
    drafts = first_round(shelf("home", captures))
    assert {draft.slot for draft in drafts} == {"main", "bundle", "detail", "profile", "macro", "scale"}
    pieces = {draft.capture.capture_id for draft in drafts if draft.capture.shot == "piece"}
    assert pieces == {one.capture_id for one in captures if one.shot == "piece"}, "each piece has a draft of its own"


def measured(one: Capture, sharpness: float, clipped: float = 0.0, fill: float = 0.6) -> Measured:
    return Measured(capture_id=one.capture_id, sharpness=sharpness, clipped=clipped, fill=fill)


def test_of_several_exposures_the_best_measured_one_is_taken_and_recorded_r12() -> None:
    soft, burnt, good, small = (capture("front") for _ in range(4))
    assert contested((soft, burnt, capture("macro"), capture("piece"), capture("piece"))) == {"front": (soft, burnt)}
    numbers = [
        measured(soft, 0.5),
        measured(burnt, 2.0, clipped=0.09),
        measured(good, 1.5),
        measured(small, 1.5, fill=0.2),
    ]
    choice = choose("front", numbers)
    assert choice.chosen == good.capture_id
    assert [one.capture_id for one in choice.measured][:2] == [good.capture_id, small.capture_id]
    drafts = first_round(shelf("home", (soft, burnt, small, good), order=order_of((choice,))))
    assert {draft.capture.capture_id for draft in drafts} == {good.capture_id}


def test_main_made_again_keeps_the_presets_that_competed() -> None:
    rules = {"home": Rule(("white_shadow", "white_contact", "light_grey"), {})}
    three = shelf("home", (capture("front"),), PRESETS.joined("2", {}, rules))
    first = first_round(three)
    assert [draft.preset for draft in first] == ["white_shadow", "white_contact", "light_grey"]
    assert [draft.preset for draft in next_round("main", first, Wish(), three)] == [draft.preset for draft in first]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(capture_ids=(UUID(int=7),)), "capture_unknown"),
        (Wish(preset="sunset"), "preset_unknown"),
        (Wish(mode="as_shot", preset="white"), "preset_unknown"),
        (Wish(mode="as_shot", hinted=True), "hints_without_cut"),
        (Wish(preset="white_light", hinted=True), "hints_without_cut"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_not_bent(wish: Wish, code: str) -> None:
    _, (draft,) = again("main", wish)
    assert draft.refusal.code == code
    assert draft.refusal.advice


def test_the_shipped_presets_have_a_version_and_a_hash_r29() -> None:
    ref = load_policy().ref
    assert ref.kind == "presets"
    assert ref.version
    assert len(ref.sha256) == 64


def test_a_wrong_preset_file_names_its_fault() -> None:
    grey = {"mode": "white_background", "background": [300, 0, 0], "fill": 0.8, "aspect": 1, "title": "x"}
    with pytest.raises(ValueError, match="grey"):
        read_presets(
            {"version": "1", "presets": {"grey": grey}, "pairs": {}, "slots": {"default": {"main": ["front"]}}}
        )


GOOD = {"mode": "white_background", "title": "x", "background": [255, 255, 255]}


@pytest.mark.parametrize(
    ("entry", "field", "allowed"),
    [
        (GOOD | {"fill": 1.5}, "fill", "0.4 to 0.98"),
        (GOOD | {"aspect": "wide"}, "aspect", "0.5 to 2.0"),
        (GOOD | {"exposure": 1.0}, "exposure", "-0.3 to 0.3"),
        (GOOD | {"background": [255, 200, 255]}, "background", "230 to 255"),
        (GOOD | {"background": [255, 255, 230]}, "background", "4 apart"),
        (GOOD | {"background": [255.5, 255, 255]}, "background", "whole"),
        (GOOD | {"shadow": "long"}, "shadow", "none, natural, contact"),
        (GOOD | {"title": " "}, "title", "80"),
        (GOOD | {"mode": "video"}, "mode", "exact_card"),
        ({"mode": "clothing_on_model", "title": "x"}, "mode", "lifestyle"),
        (GOOD | {"mode": "exact_card", "exposure": 0.1}, "exposure", "own colours"),
        (GOOD | {"mode": "exact_card", "shadow": "contact"}, "shadow", "none"),
        (GOOD | {"mode": "jewelry", "neutralise": True}, "neutralise", "own colours"),
        (GOOD | {"keep_light": True, "shadow": "natural"}, "keep_light", "without"),
        (GOOD | {"scene": str(UUID(int=1))}, "scene", "lifestyle"),
        ({"mode": "lifestyle", "title": "x"}, "scene", "scenes"),
    ],
)
def test_an_impossible_value_is_refused_with_field_value_and_what_is_allowed_r29(
    entry: Any, field: str, allowed: str
) -> None:
    with pytest.raises(PresetError) as refused:
        read_preset("mine", entry)
    (fault,) = refused.value.faults
    assert fault.field == field
    assert allowed in fault.allowed
    assert fault.value == repr(entry.get(field)).replace("True", "true" if field == "keep_light" else "True")


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(PresetError) as refused:
        read_preset("Mine!", GOOD | {"fill": 2, "aspect": 0})
    assert [fault.field for fault in refused.value.faults] == ["name", "fill", "aspect"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(("white",), {}), "R-22"),
        (Rule(("white", "white"), {}), "R-22"),
        (Rule(("white", "as_shot"), {}), "R-21"),
        (Rule(("white", "sunset"), {}), "sunset"),
        (Rule(("white", "light_grey"), {"main": "white"}), "own list"),
        (Rule(("white", "light_grey"), {"video": "white"}), "video"),  # type: ignore[dict-item]
    ],
)
def test_a_rule_that_breaks_the_rules_is_refused(rule: Rule, said: str) -> None:
    assert any(said in fault for fault in rule_faults(rule, PRESETS.presets))


def test_the_document_is_read_back_as_it_was() -> None:
    again = read_presets(PRESETS.document())
    assert again.document() == PRESETS.document()
    assert again.presets["white"].sha256 == PRESETS.presets["white"].sha256 != PRESETS.presets["light_grey"].sha256
