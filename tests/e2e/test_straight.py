"""The straight path: photo → drafts → checks → a person's approval → spot check → pack, and what the log says of it."""

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from PIL import Image

from support.live import until
from support.rules import unconfirmed
from support.shelf import FIRST, SECOND, UPLOADER, Shelf
from trueshelf_cli.drill import ApiError, Json
from trueshelf_contracts.export import DISCLAIMERS

pytestmark = pytest.mark.e2e

SLOTS = ("main", "macro", "profile")


@pytest.fixture(scope="module")
def sku(shelf: Shelf) -> str:
    """An article with three shots, approved and spot-checked."""
    name = shelf.name("whole")
    shelf.approve(name, SLOTS)
    assert shelf.spot_check(name)["state"] == "passed"
    return name


@pytest.fixture(scope="module")
def pack(shelf: Shelf, sku: str) -> Json:
    return shelf.packed("wildberries", sku)


@pytest.fixture(scope="module")
def archive(shelf: Shelf, pack: Json) -> zipfile.ZipFile:
    data = shelf.download(pack)
    assert hashlib.sha256(data).hexdigest() == pack["sha256"]
    return zipfile.ZipFile(io.BytesIO(data))


def test_the_pack_holds_what_was_approved_and_nothing_else(
    shelf: Shelf, sku: str, pack: Json, archive: zipfile.ZipFile
):
    """R-82, R-83, R-84, R-89: every file goes back to an approved master, by hash, unstretched."""
    manifest = json.loads(archive.read("manifest.json"))
    ready = shelf.wait_event(sku, "PackReady")
    assert hashlib.sha256(archive.read("manifest.json")).hexdigest() == ready["manifest_sha256"]
    assert ready["pack"]["sha256"] == pack["sha256"]
    approved = {event["event_id"]: event for event in shelf.events(sku, "VariantApproved")}
    assert manifest["files"][0]["slot"] == "main"
    assert {file["slot"] for file in manifest["files"]} == set(SLOTS)
    for file in manifest["files"]:
        data = archive.read(file["name"])
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        binding = approved[file["approval_id"]]["binding"]
        assert file["master_sha256"] == binding["master_sha256"] == approved[file["approval_id"]]["master"]["sha256"]
        assert file["source_sha256"] == binding["source_sha256"]
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("JPEG", (file["width"], file["height"]))
    pictures = {file["name"] for file in manifest["files"]}
    assert {name for name in archive.namelist() if name.endswith(".jpg")} == pictures
    assert manifest["approved_by"] == dict.fromkeys(approved, FIRST)
    assert manifest["spot_check"] in {e["event_id"] for e in _batch_events(shelf, sku, "SpotCheckPassed")}


def test_a_practice_pack_says_so_and_carries_the_disclaimers(archive: zipfile.ZipFile):
    """R-110 to R-114; nothing scripted ever passes for a person."""
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["drill"] is True
    assert manifest["disclaimers"] == list(DISCLAIMERS)
    assert any("DRILL" in name for name in archive.namelist())


def test_the_trail_is_complete_in_causal_order_and_of_one_correlation(shelf: Shelf, sku: str, pack: Json):
    """R-100, R-101: from the photo to the pack; nothing happened before its cause."""
    shelf.wait_event(sku, "PackReady")
    entries = shelf.live.trail(sku)
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry["type"]] = counts.get(entry["type"], 0) + 1
    first_pack = [e for e in entries if e["event"].get("pack_id") in {None, pack["pack_id"]}]
    assert {type_: counts[type_] for type_ in _EXPECTED} == _EXPECTED
    assert sum(e["type"] == "RenditionChecked" for e in first_pack) == len(SLOTS)
    when = {entry["event_id"]: entry["occurred_at"] for entry in entries}
    late = [e["type"] for e in entries if when.get(e["event"]["cause_id"], "") > e["occurred_at"]]
    assert not late, f"happened before their causes: {late}"
    by_topic = {topic: [e["offset"] for e in entries if e["topic"] == topic] for topic in {e["topic"] for e in entries}}
    assert all(offsets == sorted(offsets) for offsets in by_topic.values())
    assert {e["event"]["correlation_id"] for e in first_pack} == {entries[0]["event"]["correlation_id"]}
    assert all(e["signature"] == "valid" for e in entries if e["type"] == "VariantApproved")


_EXPECTED = {
    "CaptureAccepted": 3,
    "SkuReady": 1,
    "GenerationPlanned": 1,
    "VariantGenerated": 4,
    "VariantChecked": 4,
    "VariantApproved": 3,
    "VariantNotChosen": 1,
}


def test_one_trace_leads_from_the_last_photo_to_the_checks(shelf: Shelf, sku: str):
    """Through three services, their outboxes and jobs; a person's decision begins a trace of its own."""
    steps = ("SkuReady", "GenerationPlanned", "VariantGenerated", "VariantChecked")
    traces: dict[str, set[str]] = {}
    for entry in shelf.live.trail(sku, *steps, "VariantApproved"):
        headers = dict(shelf.live.get("audit", f"/entries/{entry['seq']}")["headers"])
        traceparent = base64.b64decode(headers["traceparent"]).decode()
        traces.setdefault(entry["type"], set()).add(traceparent.split("-")[1])
    made = set.union(*(traces[step] for step in steps))
    assert len(made) == 1
    assert not made & traces["VariantApproved"]


def test_an_approval_names_variant_source_generator_date_and_approver(shelf: Shelf, sku: str):
    """R-31, R-66, R-100."""
    shelf.live.wait_trail(sku, "VariantApproved", len(SLOTS))
    approvals = shelf.live.get("audit", "/approvals", sku=sku)["approvals"]
    assert {a["slot"] for a in approvals} == set(SLOTS)
    for approval in approvals:
        assert approval["approver"] == FIRST
        assert approval["role"] == "senior reviewer"
        assert approval["signature"] == "valid"
        assert approval["drill"] is True
        assert approval["source_file"]
        assert approval["ai_version"]
        assert approval["reviewed_at"]
        assert approval["withdrawn"] is None


def test_the_sample_of_the_spot_check_was_committed_before_and_looked_at_by_another(shelf: Shelf, sku: str):
    """R-69, R-70: the seed opens the commitment; who approved does not look again."""
    (committed,) = _batch_events(shelf, sku, "SpotCheckCommitted")
    (drawn,) = _batch_events(shelf, sku, "SpotCheckDrawn")
    (passed,) = _batch_events(shelf, sku, "SpotCheckPassed")
    assert hashlib.sha256(bytes.fromhex(drawn["seed"])).hexdigest() == committed["commitment"]
    assert [member["sku"] for member in drawn["sample"]] == [sku]
    assert [actor["id"] for actor in passed["checked_by"]] == [SECOND]
    lines = shelf.live.get("audit", f"/timeline/{sku}")["entries"]
    when = {entry["type"]: entry["occurred_at"] for entry in lines}
    assert when["SpotCheckCommitted"] < when["VariantApproved"] < when["SpotCheckDrawn"] < when["SpotCheckPassed"]


def test_a_second_marketplace_is_another_order_with_checks_of_its_own(shelf: Shelf, sku: str, pack: Json):
    """R-81, R-91, R-51: no new approval, but new files and a new check of each."""
    other = shelf.packed("ebay", sku)
    assert {f["approval_id"] for f in other["files"]} == {f["approval_id"] for f in pack["files"]}
    assert not {f["rendition_id"] for f in other["files"]} & {f["rendition_id"] for f in pack["files"]}
    shelf.live.wait_trail(sku, "RenditionChecked", 2 * len(SLOTS))
    checked = [e["rendition_id"] for e in shelf.events(sku, "RenditionChecked")]
    assert {f["rendition_id"] for f in other["files"]} <= set(checked)
    assert other["profile"]["name"] == "ebay"


def test_an_unconfirmed_profile_waits_for_a_person_and_then_goes_on(shelf: Shelf, sku: str):
    """R-88: Kaspi publishes no numbers, so somebody reads the cabinet and enters them."""
    profile = unconfirmed(shelf.live, "kaspi")
    order = shelf.order("kaspi", sku)
    waiting = shelf.pack(order, sku)
    assert waiting["state"] == "waiting_rules"
    assert not waiting["files"]
    confirmation = {
        "source": "drill: the cabinet's help page",
        "checked_on": profile["content"]["checked_on"],
        "answers": {item["item"]: "yes" for item in profile["checklist"]},
    }
    path = "/profiles/kaspi/confirmations"
    with pytest.raises(ApiError) as incomplete:
        shelf.live.post("export", path, confirmation, "uploader", UPLOADER)
    assert "canvas_width" in str(incomplete.value)
    numbers = {"canvas_width": 1000, "canvas_height": 1000, "min_width": 500, "min_height": 500}
    confirmation["values"] = numbers | {"max_bytes": 5_000_000, "max_files": 8}
    confirmed = shelf.live.post("export", path, confirmation, "uploader", UPLOADER)
    assert confirmed["standing"] == "current"
    pack = shelf.wait_pack(order, sku)
    assert pack["state"] == "ready", pack["reasons"]
    assert pack["manifest"]["rules_confirmed"] == confirmed["confirmation"]["event_id"]
    ordered = shelf.events(sku, "ExportOrdered")
    assert [e["waits_for_rules"] for e in ordered if e["order_id"] == order["order_id"]] == [True]


def test_an_outcome_is_joined_with_reviewer_generator_and_checklist_item(shelf: Shelf, sku: str, pack: Json):
    """R-103, R-104: what moderation said stands beside who approved what."""
    main = next(f for f in pack["files"] if f["slot"] == "main")
    body = {
        "sku": sku,
        "marketplace": "wildberries",
        "kind": "moderation_rejected",
        "reported_on": pack["ordered_at"][:10],
        "pack_id": pack["pack_id"],
        "variant_id": main["variant_id"],
        "reason": "the colour differs from the article",
        "checklist_item": "colour_matches",
    }
    shelf.live.post("export", "/outcomes", body, "uploader", UPLOADER)
    assert shelf.wait_event(sku, "OutcomeRecorded")["checklist_item"] == "colour_matches"

    def joined() -> Json | None:
        lines = shelf.live.get("review", "/rejections", sku=sku)
        return next((line for line in lines if line["origin"] == "wildberries"), None)

    line = until(joined, "review to know the outcome")
    assert (line["reviewer"], line["checklist_item"]) == (FIRST, "colour_matches")
    assert line["generator"]
    assert line["variant_id"] == main["variant_id"]


def test_the_same_order_again_is_the_same_order(shelf: Shelf, sku: str, pack: Json):
    body = {"marketplace": "wildberries", "skus": [sku], "answers": shelf.pack_answers()}
    key = {"Idempotency-Key": f"again-{shelf.run}"}
    with shelf.live.client("export", "uploader", UPLOADER) as export:
        first, again = (export.post("/orders", json=body, headers=key).json() for _ in range(2))
        other = export.post("/orders", json={**body, "marketplace": "ozon"}, headers=key)
    assert first["order_id"] == again["order_id"]
    assert other.status_code == 409
    assert shelf.wait_pack(first, sku)["state"] == "ready"


def _batch_events(shelf: Shelf, sku: str, event_type: str) -> list[Any]:
    lines = shelf.live.get("audit", f"/timeline/{sku}")["entries"]
    return [entry["event"] for entry in lines if entry["type"] == event_type]
