"""Which drafts are planned: R-12, R-19, R-20, R-21, R-22, R-26, R-29."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from trueshelf_contracts.ingest import Capture
from trueshelf_generate.domain.plan import Wish, first_round, next_round
from trueshelf_generate.domain.presets import read_presets
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


def slots(drafts: Any) -> list[tuple[str, str, str]]:
    return [(draft.slot, draft.mode, draft.preset) for draft in drafts]


def test_main_gets_two_drafts_and_every_other_slot_its_own_photo_as_it_was_shot_r21_r22() -> None:
    captures = tuple(capture(shot) for shot in ("front", "profile", "macro", "clasp", "bundle", "scale"))
    drafts = first_round("jewelry", captures, PRESETS)
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
    assert {draft.slot for draft in first_round("default", (capture("front"),), PRESETS)} == {"main"}


def test_the_macro_of_apparel_is_its_texture_detail_r84() -> None:
    drafts = first_round("apparel", (capture("front"), capture("macro")), PRESETS)
    assert [draft.slot for draft in drafts] == ["main", "main", "detail"]


def test_of_a_studio_photo_the_second_draft_is_the_photo_itself_r19() -> None:
    drafts = first_round("default", (capture("front", source_type="studio"),), PRESETS)
    assert slots(drafts) == [("main", "white_background", "white"), ("main", "as_shot", "as_shot")]


def test_the_best_exposure_is_picked_r12() -> None:
    worse, best = capture("front", side=3000, warnings=1), capture("front", side=2000)
    drafts = first_round("default", (capture("front", side=1000), worse, best), PRESETS)
    assert {draft.capture.capture_id for draft in drafts} == {best.capture_id}


def again(slot: str, wish: Wish, shots: tuple[str, ...] = ("front", "macro")) -> Any:
    captures = tuple(capture(shot) for shot in shots)
    first = [draft for draft in first_round("default", captures, PRESETS) if draft.slot == slot]
    return captures, next_round(slot, captures, tuple(first), wish, PRESETS)  # type: ignore[arg-type]


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
    first = first_round("default", captures, PRESETS)[:2]
    drafts = next_round("main", captures, first, Wish(capture_ids=(captures[1].capture_id,)), PRESETS)
    assert {draft.capture.capture_id for draft in drafts} == {captures[1].capture_id}
    assert all(draft.refusal is None for draft in drafts)


def test_a_box_implies_removal() -> None:
    _, drafts = again("macro", Wish(hinted=True))
    assert slots(drafts) == [("macro", "white_background", "white")]


@pytest.mark.parametrize("mode", ["exact_card", "jewelry", "clothing_on_model", "lifestyle"])
def test_a_mode_without_a_generator_is_refused_r20(mode: Any) -> None:
    _, (draft,) = again("main", Wish(mode=mode))
    assert draft.refusal.code == "no_generator"
    assert "no generator configured for this mode" in draft.refusal.message
    assert draft.mode == mode


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(capture_ids=(UUID(int=7),)), "capture_unknown"),
        (Wish(preset="sunset"), "preset_unknown"),
        (Wish(mode="as_shot", preset="white"), "preset_unknown"),
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
