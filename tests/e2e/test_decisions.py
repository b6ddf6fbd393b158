"""What people may decide: take back, dispute, reject, ask for another round or photo, keep the original, do without."""

import pytest

from support.live import until
from support.photos import product_photo
from support.shelf import FIRST, JUNIOR, SECOND, Shelf
from trueshelf_cli.drill import ApiError, DrillReviewer, Json, asked

pytestmark = pytest.mark.e2e

GENTLY = {"kind": "regenerate", "change": {"note": "the shade looks off"}}


def test_a_decision_taken_back_in_time_leaves_no_event(shelf: Shelf):
    """It is pending for the window; taken back, the case is open again and the person's own (R-60)."""
    sku = shelf.name("undo")
    reviewer = shelf.reviewer()
    case = reviewer.lease(shelf.wait_case(sku)["case_id"])
    taken = reviewer.approve(case)
    assert taken["state"] == "pending"
    undone = reviewer.client.post(f"/decisions/{taken['decision_id']}/undo")
    assert undone.json()["state"] == "undone", undone.text
    again = reviewer.lease(case["case_id"])
    assert (again["state"], again["leased_by"]) == ("open", FIRST)
    second = reviewer.approve(again)
    shelf.wait_decided([case["case_id"]])
    shelf.wait_event(sku, "VariantApproved")
    assert [e["decision_id"] for e in shelf.events(sku, "VariantApproved")] == [second["decision_id"]]
    late = reviewer.client.post(f"/decisions/{second['decision_id']}/undo")
    assert (late.status_code, late.json()["code"]) == (409, "too_late")


def test_a_disputed_frame_is_decided_by_a_senior_who_is_another_person(shelf: Shelf):
    """R-67: neither the junior nor the same person as a senior may decide the second case."""
    sku = shelf.name("dispute")
    junior = shelf.reviewer(JUNIOR, "junior")
    first = junior.lease(shelf.wait_case(sku)["case_id"])
    junior.dispute(first)
    shelf.wait_decided([first["case_id"]])
    assert shelf.wait_event(sku, "VariantDisputed")["actor"]["id"] == JUNIOR
    second = shelf.wait_case(sku, "second")
    assert second["senior_only"] is True
    for level in ("junior", "senior"):
        with pytest.raises(ApiError) as refused:
            shelf.reviewer(JUNIOR, level).lease(second["case_id"])
        assert refused.value.status == 403
    shelf.decide(sku, lambda who, case: who.approve(case), by=SECOND, kind="second")
    approved = shelf.wait_event(sku, "VariantApproved")
    assert approved["actor"]["id"] == SECOND
    assert approved["second_opinion"] == second["case_id"]


def test_a_rejected_slot_is_made_again_ahead_of_the_backlog_three_times_at_most(shelf: Shelf):
    """R-26, R-64: round 2 and 3 have variants of their own; after that only reshoot, original or nothing is left."""
    sku = shelf.name("rounds")
    seen: list[set[str]] = []
    for round_ in (1, 2):
        case = shelf.wait_case(sku, round_=round_)
        assert case["asked_for"] is (round_ > 1)
        seen.append({v["variant_id"] for v in _show(shelf, case)["variants"]})
        shelf.decide(sku, lambda who, c: who.reject(c, GENTLY), round_=round_)
    shelf.wait_case(sku, round_=3)
    first = shelf.reviewer(SECOND).next_case()
    assert first is not None
    assert first["asked_for"] is True, "what somebody asked for goes first"
    shelf.reviewer(SECOND).client.delete(f"/cases/{first['case_id']}/lease")
    case = shelf.reviewer().lease(shelf.wait_case(sku, round_=3)["case_id"])
    seen.append({v["variant_id"] for v in case["variants"]})
    assert len(set.union(*seen)) == 6
    assert [o["kind"] for o in case["then_open"] if o["open"]] == ["reshoot", "keep_original", "abandon"]
    with pytest.raises(ApiError) as spent:
        shelf.reviewer().reject(case, GENTLY)
    assert spent.value.code == "rounds_spent"
    shelf.reviewer().reject(case, {"kind": "abandon"})
    shelf.wait_event(sku, "SlotAbandoned")
    rejected = shelf.events(sku, "VariantRejected")
    assert {e["variant_id"] for e in rejected} == set.union(*seen)
    assert all(e["reasons"][0]["checklist_item"] == "colour_matches" for e in rejected)
    assert [e["round"] for e in shelf.events(sku, "RegenerationAsked")] == [2, 3]


def _show(shelf: Shelf, case: Json) -> Json:
    return dict(shelf.live.get("review", f"/cases/{case['case_id']}"))


def test_a_reshoot_starts_the_next_version_with_the_new_photo(shelf: Shelf):
    """R-16, R-17: the old version's cases are over; the shots that were good carry over."""
    sku = shelf.name("retake")
    shelf.decide(sku, lambda who, case: who.reject(case, {"kind": "reshoot", "shots": ["front"]}))
    assert shelf.wait_event(sku, "ReshootAsked")["shots"] == ["front"]

    def wished() -> bool:
        return bool(shelf.live.get("ingest", f"/skus/{sku}")["reshoot_asked"])

    until(wished, "ingest to know the wish")
    article = shelf.articles[sku]
    again = type(article)(sku, article.category, {"front": product_photo(4711)})
    shelf.deliver("retake", [again])
    case = shelf.wait_case(sku, slot="main", round_=1)
    assert case["sku_version"] == 2
    assert shelf.wait_event(sku, "SkuChanged")["changed"] == ["captures"]
    shelf.approve(sku)
    approved = shelf.wait_event(sku, "VariantApproved")
    assert approved["sku_version"] == 2
    captures = [e["capture"]["original"]["sha256"] for e in shelf.events(sku, "CaptureAccepted")]
    assert approved["binding"]["original_sha256"] == captures[-1] != captures[0]


def test_the_original_may_be_kept(shelf: Shelf):
    """R-17, R-22: no two drafts compete where the photo itself was chosen."""
    sku = shelf.name("keep")
    shelf.decide(sku, lambda who, case: who.reject(case, {"kind": "keep_original"}))
    shelf.wait_case(sku, round_=2)
    shelf.approve(sku)
    approved = shelf.wait_event(sku, "VariantApproved")
    assert (approved["mode"], approved["generative"]) == ("as_shot", False)
    assert approved["binding"]["master_pixel_sha256"] == approved["binding"]["source_pixel_sha256"]


def test_a_slot_may_be_done_without_and_then_nothing_of_it_leaves(shelf: Shelf):
    """R-89: an order for what was never approved is refused with the reason."""
    sku = shelf.name("abandon")
    shelf.decide(sku, lambda who, case: who.reject(case, {"kind": "abandon"}))
    shelf.wait_event(sku, "SlotAbandoned")
    batch = shelf.wait_batch(shelf.batch_of(sku), "passed")
    assert batch["looks"] == {}, "nothing was approved, so there is nothing to look at again"
    order = shelf.order("wildberries", sku)
    pack = shelf.pack(order, sku)
    assert (pack["state"], [r["code"] for r in pack["reasons"]]) == ("refused", ["not_approved"])
    assert shelf.wait_event(sku, "PackRefused")["reasons"][0]["message"]


def test_a_refused_item_goes_on_with_a_box_or_with_the_original(shelf: Shelf):
    """R-10, R-24, R-26: a cluttered photo is not cut out by guess; a person helps, or keeps it as it is."""
    boxed, asis = shelf.name("boxed"), shelf.name("asis")
    for sku, then in ((boxed, _box()), (asis, {"kind": "keep_original"})):
        case = shelf.wait_case(sku, "generation")
        refusals = _show(shelf, case)["refusals"]
        assert {r["code"] for r in refusals} == {"backdrop_not_plain"}
        assert all(r["advice"] for r in refusals)
        shelf.decide(sku, lambda who, c, then=then: who.redirect(c, then), kind="generation")
    shelf.wait_case(boxed, round_=2)
    shelf.approve(boxed)
    assert shelf.wait_event(boxed, "VariantApproved")["mode"] == "white_background"
    shelf.approve(asis)
    assert shelf.wait_event(asis, "VariantApproved")["mode"] == "as_shot"


def _box() -> Json:
    return {"kind": "regenerate", "change": {"box": {"x": 0.17, "y": 0.17, "w": 0.66, "h": 0.66}}}


def test_a_studio_photo_competes_with_its_own_draft(shelf: Shelf):
    """R-19: both pass the same checklist, and the source type is on record."""
    sku = shelf.name("studio")
    shown = _show(shelf, shelf.wait_case(sku))
    assert {v["mode"] for v in shown["variants"]} == {"white_background", "as_shot"}
    assert {c["source_type"] for c in shown["captures"]} == {"studio"}


def test_what_was_not_looked_at_properly_cannot_be_approved(shelf: Shelf):
    """R-62 screen, R-71 every item, R-61 this very picture, and the case as it is now."""
    sku = shelf.name("studio")
    reviewer = shelf.reviewer(SECOND)
    case = reviewer.lease(shelf.wait_case(sku)["case_id"])
    variant = case["variants"][0]
    good = {
        "kind": "approve",
        "variant_id": variant["variant_id"],
        "master_sha256": variant["master_sha256"],
        "answers": [{"item": item["code"], "answer": "yes"} for item in asked(case, "variant")],
    }
    phone = {"width": 390, "height": 844, "device_pixel_ratio": 3.0}
    assert _why_not(reviewer, case, {**good, "viewport": phone}) == "screen_too_small"
    assert _why_not(reviewer, case, {**good, "master_sha256": "0" * 64}) == "other_picture"
    assert _why_not(reviewer, case, {**good, "case_version": case["version"] + 1}) == "case_changed"
    assert _why_not(reviewer, case, {**good, "answers": good["answers"][:-1]}) is not None
    no = [*good["answers"][:-1], {"item": good["answers"][-1]["item"], "answer": "no"}]
    assert _why_not(reviewer, case, {**good, "answers": no}) is not None
    assert not shelf.events(sku, "VariantApproved")
    reviewer.client.delete(f"/cases/{case['case_id']}/lease")


def _why_not(reviewer: DrillReviewer, case: Json, body: Json) -> str:
    with pytest.raises(ApiError) as refused:
        reviewer.decide(case, body)
    return refused.value.code
