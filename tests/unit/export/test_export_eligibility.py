"""Only approved, unheld, spot-checked SKUs leave, and every refusal says what to do (R-70, R-82, R-89)."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import pytest

from trueshelf_export.adapters.shipped import load_profiles
from trueshelf_export.domain.eligibility import Approval, Exportable, SkuState, SpotCheck, judge
from trueshelf_export.domain.packs import next_state, warnings

PROFILES = load_profiles()
OZON = PROFILES["ozon"]
ROOT = UUID(int=7)
Size = tuple[int, int]


def approval(slot: str, mode: str = "white_background", master: Size = (3000, 3000), name: str = "") -> Approval:
    ident = uuid5(ROOT, slot + name)
    return Approval(ident, uuid5(ident, "variant"), slot, mode, generative=False, master=master, drill=False)


def state(*approvals: Approval, **changes: Any) -> SkuState:
    check = SpotCheck(ROOT, {entry.slot: entry.approval_id for entry in approvals}, drill=False)
    return replace(SkuState("RING-1", 2, approvals, (), (check,)), **changes)


GOOD = state(approval("detail"), approval("social"), approval("main"), approval("macro"))


def codes(outcome: Any) -> list[str]:
    assert not isinstance(outcome, Exportable)
    assert all(len(reason.message) > 40 for reason in outcome)
    return [reason.code for reason in outcome]


def test_an_approved_spot_checked_sku_leaves_with_main_first_in_the_marketplaces_order():
    outcome = judge(GOOD, OZON, None)
    assert isinstance(outcome, Exportable)
    assert [(place.position, place.approval.slot) for place in outcome.places] == [
        (1, "main"),
        (2, "macro"),
        (3, "detail"),
    ]
    assert outcome.left_out == ("social",)


def test_a_social_frame_comes_along_when_it_is_asked_for_r84_r87():
    outcome = judge(GOOD, OZON, ["main", "social"])
    assert isinstance(outcome, Exportable)
    assert [place.approval.slot for place in outcome.places] == ["main", "social"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (replace(GOOD, version=None, approvals=()), "not_approved"),
        (replace(GOOD, approvals=()), "not_approved"),
        (replace(GOOD, holds=("spot check failed",)), "held"),
        (replace(GOOD, spot_checks=()), "not_spot_checked"),
        (state(approval("detail")), "no_main"),
        (state(approval("main"), approval("main", name="b")), "slot_ambiguous"),
        (state(approval("main", mode="lifestyle")), "main_mode"),
        (state(approval("main", master=(800, 800))), "master_too_small"),
    ],
)
def test_each_reason_against_is_told_r89(changed: SkuState, code: str):
    assert code in codes(judge(changed, OZON, None))


def test_all_reasons_are_told_at_once_r89():
    bad = replace(state(approval("main", mode="lifestyle", master=(10, 10))), holds=("quarantine",), spot_checks=())
    assert codes(judge(bad, OZON, ["main", "chart"])) == [
        "held",
        "not_spot_checked",
        "slot_not_approved",
        "main_mode",
        "master_too_small",
    ]


def test_a_spot_check_stands_only_for_the_approvals_that_it_saw_r70():
    later = replace(GOOD, approvals=(*GOOD.approvals, approval("bundle")))
    assert codes(judge(later, OZON, None)) == ["not_spot_checked"]
    swapped = replace(GOOD, approvals=(*GOOD.approvals[:2], approval("main", name="other"), GOOD.approvals[3]))
    assert codes(judge(swapped, OZON, None)) == ["not_spot_checked"]


def test_while_a_profiles_numbers_are_unknown_only_the_sku_is_judged_r88():
    assert isinstance(judge(GOOD, None, None), Exportable)
    assert codes(judge(replace(GOOD, holds=("x",)), None, None)) == ["held"]


def test_an_order_names_main_r84():
    assert codes(judge(GOOD, OZON, ["detail"])) == ["no_main"]


def test_a_pack_goes_on_only_when_every_file_is_well_and_every_item_answered_r51_r71():
    assert next_state(["ok", "rendered"], answered=True) == "rendering"
    assert next_state(["ok", "in_review"], answered=True) == "rendering"
    assert next_state([], answered=True) == "rendering"
    assert next_state(["ok", "ok"], answered=False) == "awaiting_answers"
    assert next_state(["ok", "ok"], answered=True) == "packing"


def test_warnings_tell_what_uploading_does_and_which_numbers_are_unsure():
    wildberries = warnings(PROFILES["wildberries"], generative=False, uneven_main=False, left_out=("social",))
    assert any("replaces ALL existing pictures" in text for text in wildberries)
    assert any("max_bytes" in text for text in wildberries)
    assert wildberries[-1] == "Approved, but not in this pack: social."
    assert not any("ground of the main" in text for text in wildberries)
    uneven = warnings(PROFILES["wildberries"], generative=False, uneven_main=True, left_out=())
    assert any("ground of the main" in text for text in uneven)
    shown = warnings(PROFILES["ozon"], generative=False, uneven_main=False, left_out=(), margins=("2_profile.jpg",))
    assert any("margin that was added shows" in text and "2_profile.jpg" in text for text in shown)
    etsy = warnings(PROFILES["etsy"], generative=True, uneven_main=False, left_out=())
    assert any("bars renderings" in text for text in etsy)


def test_a_spot_check_that_practice_has_touched_goes_before_one_that_it_has_not():
    """Otherwise a pack could leave without its stamp, by the luck of an id."""
    (real,) = GOOD.spot_checks
    drill = replace(real, event_id=uuid5(ROOT, "release"), drill=True)
    for checks in ((real, drill), (drill, real)):
        outcome = judge(replace(GOOD, spot_checks=checks), OZON, None)
        assert isinstance(outcome, Exportable)
        assert outcome.spot_check.drill
