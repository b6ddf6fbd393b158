"""Where a SKU version stands, since when and why (R-101), one situation each."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from support.progress_facts import START, Life
from trueshelf_console.domain.progress import Standing, standing
from trueshelf_console.domain.progress_facts import Facts, facts_of, merged


def place(life: Life, events: Iterable[Any], version: int | None = None) -> Standing:
    """Return where the SKU version stands after the events."""
    known: Facts = {}
    for event in events:
        mine = [f for f in facts_of(event) if (f.sku, f.version) == (life.sku, version or life.version)]
        known, _ = merged(known, mine)
    return standing(known)


def codes(found: Standing) -> list[str]:
    return [why.code for why in found.why]


def test_a_photo_alone_waits_for_its_missing_shots():
    life = Life()
    found = place(life, [life.captured(), life.captured("profile")])
    assert (found.stage, codes(found), found.stuck) == ("source", ["shots_missing"], False)
    assert found.since == START + timedelta(minutes=1)
    assert found.why[0].about["there"] == ["front", "profile"]


def test_a_refused_photo_says_its_code_until_a_good_one_of_that_shot_came():
    life = Life()
    events = [life.captured(), life.capture_refused("macro")]
    found = place(life, events)
    assert found.stuck
    assert found.why[0].as_json() == {
        "code": "photo_refused",
        "stuck": True,
        "shot": "macro",
        "finding": "sharpness.blurred",
        "message": "the <b>photo</b> is blurred",
    }
    assert not place(life, [*events, life.captured("macro")]).stuck


def test_ready_drafts_and_checks_follow_each_other():
    life = Life()
    events: list[Any] = [life.captured(), life.ready("Кольцо «Заря»")]
    assert place(life, events).stage == "ready"
    events.append(life.later(life.planned()))
    assert place(life, events).stage == "drafts"
    events.append(life.later(life.generated(index=0)))
    assert place(life, events).stage == "drafts"
    events.append(life.later(life.generated(index=1)))
    assert place(life, events).stage == "qa"
    events += [life.later(life.checked(index=0)), life.later(life.checked(index=1))]
    found = place(life, events)
    assert (found.stage, codes(found), found.stuck) == ("review", ["decision"], False)
    assert found.counts == {"planned": 2, "made": 2, "unmade": 0, "checked": 2, "slots": 1, "decided": 0}
    assert found.since == events[-1].occurred_at


def test_an_item_that_was_refused_is_stuck_with_its_code_and_too_few_drafts_say_so_r22():
    life = Life()
    events = [life.captured(), life.ready(), life.later(life.planned()), life.later(life.generated())]
    events += [life.later(life.checked()), life.later(life.refused(index=1))]
    found = place(life, events)
    assert found.stage == "review"
    assert codes(found) == ["item_refused", "too_few"]
    assert found.why[0].about["finding"] == "backdrop.not_plain"


def test_stops_and_disputes_wait_for_a_senior_r67():
    life = Life()
    assert codes(place(life, life.drafted(verdict="stop"))) == ["qa_stop"]
    events = [*life.drafted(), life.disputed()]
    assert codes(place(life, events)) == ["second"]
    assert place(life, [*events, life.approved()]).stage == "spot"


def test_a_rejected_round_waits_for_what_comes_next_and_goes_back_to_drafts_r26():
    life = Life()
    events = [*life.drafted(), life.rejected(index=0), life.rejected(index=1)]
    assert codes(place(life, events)) == ["all_rejected"]
    events.append(life.again())
    assert place(life, events).stage == "drafts"
    events += [life.later(life.planned(round_=2)), *(life.later(f) for f in life.drafts(round_=2))]
    assert place(life, events).stage == "review"


def test_a_reshoot_waits_for_photos_by_name_r17():
    life = Life()
    found = place(life, [*life.drafted(), life.rejected(), life.reshoot(shots=("macro", "clasp"))])
    assert (found.stage, found.stuck, found.why[0].about["shots"]) == ("source", True, ["clasp", "macro"])


def test_the_least_advanced_slot_decides_the_stage():
    life = Life()
    events = [life.captured(), life.ready(), life.later(life.planned((("main", 2), ("detail", 1))))]
    events += [life.later(fact) for fact in life.drafts()]
    assert place(life, events).stage == "drafts"
    events += [life.later(fact) for fact in life.drafts("detail", 1)]
    events.append(life.approved())
    found = place(life, events)
    assert (found.stage, found.counts["decided"], found.counts["slots"]) == ("review", 1, 2)
    events.append(life.abandoned("detail"))
    assert place(life, events).stage == "spot"


def test_the_spot_check_says_what_it_waits_for_and_covers_only_what_it_named_r70():
    life = Life()
    approval = life.approved()
    events = [*life.drafted(), approval]
    assert codes(place(life, events)) == ["batch_open"]
    events.append(life.sealed())
    assert codes(place(life, events)) == ["batch_undecided"]
    assert codes(place(life, [*events, life.drawn(sampled=False)])) == ["spot_others"]
    assert codes(place(life, [*events, life.drawn()])) == ["spot_look"]
    assert codes(place(life, [*events, life.passed()])) == ["spot_again"]
    assert place(life, [*events, life.passed(approval)]).stage == "export"


@pytest.fixture
def exported() -> tuple[Life, list[Any]]:
    life = Life()
    approval = life.approved()
    return life, [*life.drafted(), approval, life.sealed(), life.drawn(), life.passed(approval)]


def test_an_order_waits_for_confirmed_rules_until_its_files_are_made_r88(exported: tuple[Life, list[Any]]):
    life, events = exported
    events.append(life.ordered(waits=True))
    found = place(life, events)
    assert (found.stage, codes(found), found.packs) == ("packing", ["rules_waiting"], {"ozon": "ordered"})
    events += [life.rendered(), life.weighed()]
    assert codes(place(life, events)) == ["rendition_doubt"]
    events.append(life.accepted())
    assert not place(life, events).stuck
    assert place(life, [*events, life.packed()]).stage == "packed"


def test_a_refused_or_withdrawn_pack_leaves_the_sku_ready_for_export(exported: tuple[Life, list[Any]]):
    life, events = exported
    refused = place(life, [*events, life.ordered(), life.pack_refused()])
    assert (refused.stage, codes(refused)) == ("export", ["pack_refused"])
    withdrawn = place(life, [*events, life.ordered(number=2), life.packed(number=2), life.recalled(number=2)])
    assert (withdrawn.stage, codes(withdrawn)) == ("export", ["pack_recalled"])


def test_after_moderation_a_rejection_and_returns_stand_out_r104(exported: tuple[Life, list[Any]]):
    life, events = exported
    events += [life.ordered(), life.packed()]
    good = place(life, [*events, life.outcome()])
    assert (good.stage, good.stuck) == ("after", False)
    bad = [*events, life.outcome("moderation_rejected"), life.outcome("return_wrong_colour")]
    assert codes(place(life, bad)) == ["moderation_rejected", "returned"]
    bad += [life.ordered(number=2), life.packed(number=2)]
    assert codes(place(life, bad)) == ["returned"], "a newer pack answers the rejection"


def test_a_quarantine_holds_whatever_was_reached_until_the_sku_is_freed_r70(exported: tuple[Life, list[Any]]):
    life, events = exported
    events += [life.quarantined(), life.held()]
    found = place(life, events)
    assert (found.stage, codes(found)) == ("held", ["quarantined"])
    assert place(life, [*events, life.freed()]).stage == "export"


def test_a_withdrawn_main_picture_ends_the_way(exported: tuple[Life, list[Any]]):
    life, events = exported
    approval = next(event for event in events if event.type == "VariantApproved")
    found = place(life, [*events, life.withdrawn(approval)])
    assert (found.stage, found.stuck) == ("withdrawn", True)


def test_a_changed_sku_leaves_its_old_version_and_begins_anew_r16():
    life = Life()
    changed = life.next_version()
    assert place(life, [*life.drafted(), changed]).stage == "superseded"
    assert place(life, [changed], version=2).stage == "source"
