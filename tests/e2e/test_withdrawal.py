"""What ends an approval afterwards, and what becomes of packs that rest on it."""

import hashlib

import pytest

from support.live import until
from support.shelf import FIRST, SECOND, THIRD, UPLOADER, Shelf
from trueshelf_cli.drill import ApiError, Json, answered
from trueshelf_contracts.ids import draw_sample

pytestmark = pytest.mark.e2e

BATCH_SIZE = 6
REASON = {"code": "colour_changed", "checklist_item": "colour_matches", "note": "drill: a buyer complained"}


def _sold(shelf: Shelf, short: str) -> tuple[str, Json]:
    """Return an article whose pack was made and downloaded."""
    sku = shelf.name(short)
    shelf.approve(sku)
    assert shelf.spot_check(sku)["state"] == "passed"
    pack = shelf.packed("wildberries", sku)
    assert shelf.download(pack)
    return sku, pack


def _gone(shelf: Shelf, pack: Json) -> Json:
    """Return the withdrawn pack; its download answers 410 with a sentence."""

    def look() -> Json | None:
        view = shelf.live.get("export", f"/packs/{pack['pack_id']}")
        return view if view["state"] == "withdrawn" else None

    view = until(look, "the pack to be withdrawn")
    with pytest.raises(ApiError) as gone:
        shelf.download(pack)
    assert gone.value.status == 410
    assert "may no longer be used" in str(gone.value)
    return view


def test_an_approval_withdrawn_afterwards_takes_its_pack_along(shelf: Shelf):
    """R-89: who had downloaded it is named; a new order is refused."""
    sku, pack = _sold(shelf, "recalled")
    (approval,) = shelf.live.get("review", "/approvals", sku=sku)
    with shelf.live.client("review", "reviewer", THIRD) as review:
        path = f"/approvals/{approval['approval_id']}/withdraw"
        ended = answered(review.post(path, json={"reasons": [REASON], "cause": "outcome"}))
        twice = review.post(path, json={"reasons": [REASON]})
    assert ended["withdrawn_cause"] == "outcome"
    assert twice.status_code == 409
    assert _gone(shelf, pack)["withdrawn_reason"] == "approval_withdrawn"
    event = shelf.wait_event(sku, "PackWithdrawn")
    assert event["downloaded_by"] == [UPLOADER]
    order = shelf.order("wildberries", sku)
    assert [r["code"] for r in shelf.pack(order, sku)["reasons"]] == ["not_approved"]
    (entry,) = shelf.live.wait_trail(sku, "ApprovalWithdrawn")
    assert (entry["signature"], entry["event"]["actor"]["id"]) == ("valid", THIRD)
    (approved,) = shelf.live.get("audit", "/approvals", sku=sku)["approvals"]
    assert approved["withdrawn"]["cause"] == "outcome"


def test_a_changed_article_ends_cases_approvals_and_packs(shelf: Shelf):
    """R-16: another supplier is another article; nothing approved before stands for it."""
    sku, pack = _sold(shelf, "changed")
    undecided = shelf.name("moved")
    case = shelf.wait_case(undecided)
    intake = shelf.live.post("ingest", "/intakes", {"reference": f"change-{shelf.run}"}, "capturer")
    body = {"intake_id": intake["intake_id"], "reason": "another supplier", "changed": ["supplier", "colour"]}
    for name in (sku, undecided):
        assert shelf.live.post("ingest", f"/skus/{name}/changes", body, "capturer")["version"] == 2
    assert _gone(shelf, pack)["withdrawn_reason"] == "sku_changed"
    assert shelf.wait_event(sku, "PackWithdrawn")["downloaded_by"] == [UPLOADER]
    withdrawn = shelf.wait_event(sku, "ApprovalWithdrawn")
    assert (withdrawn["cause"], withdrawn["actor"]) == ("sku_changed", None)

    def closed() -> Json | None:
        found = shelf.live.get("review", f"/cases/{case['case_id']}")
        return found if found["state"] == "closed" else None

    assert "another supplier" in until(closed, "the open case to close")["closed_because"]
    with pytest.raises(ApiError) as refused:
        shelf.reviewer().lease(case["case_id"])
    assert refused.value.status == 409
    order = shelf.order("wildberries", sku)
    assert [r["code"] for r in shelf.pack(order, sku)["reasons"]] == ["not_approved"]


def test_a_bad_spot_check_holds_the_whole_batch_until_another_senior_releases_it(shelf: Shelf):
    """R-27, R-68, R-69, R-70: approval is per SKU; one bad look stops all members; the next rate is tighter."""
    members = [shelf.name(f"held-{number}") for number in range(1, BATCH_SIZE + 1)]
    for sku in members:
        shelf.approve(sku)
    batch_id = shelf.batch_of(members[0])
    batch = shelf.spot_check(members[0], by=SECOND, good=False)
    assert batch["state"] == "quarantined"
    assert {m["sku"] for m in batch["members"]} == set(members), "a full batch is sealed; the seventh is in another"
    assert hashlib.sha256(bytes.fromhex(batch["seed"])).hexdigest() == batch["commitment"]
    assert sorted(batch["looks"]) == draw_sample(bytes.fromhex(batch["seed"]), members, 5)
    for sku in members:
        shelf.wait_event(sku, "SkuHeld")
    order = shelf.order("wildberries", members[0])
    reasons = {r["code"] for r in shelf.pack(order, members[0])["reasons"]}
    assert "held" in reasons
    assert any("senior" in r["message"] for r in shelf.wait_event(members[0], "PackRefused")["reasons"])
    with pytest.raises(ApiError) as own:
        _release(shelf, batch_id, FIRST)
    assert own.value.code == "second_person_needed"
    with pytest.raises(ApiError) as junior:
        _release(shelf, batch_id, "drill-timur", "junior")
    assert junior.value.code == "senior_only"
    assert _release(shelf, batch_id, THIRD)["state"] == "released"
    for sku in members:
        shelf.wait_event(sku, "SkuFreed")
    assert shelf.packed("wildberries", members[0])["state"] == "ready"
    lines = shelf.live.get("audit", f"/timeline/{members[0]}")["entries"]
    quarantined = next(e["event"] for e in lines if e["type"] == "BatchQuarantined")
    assert quarantined["next_rate"] == 2, "every second instead of every fifth"


def _release(shelf: Shelf, batch_id: str, account: str, level: str = "senior") -> Json:
    reviewer = shelf.reviewer(account, level)  # type: ignore[arg-type]  # a level, kept as text
    return answered(reviewer.client.post(f"/batches/{batch_id}/release", json={"reason": "looked at every one"}))
