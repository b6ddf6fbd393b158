"""From an order to a pack: approved, spot-checked, rules confirmed, re-checked, answered (R-51, R-70, R-88, R-89)."""

import asyncio
import hashlib
import io
import json
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from trueshelf_contracts.export import DISCLAIMERS, PackManifest
from trueshelf_imaging.jpeg import decode_jpeg
from trueshelf_imaging.pixels import pixel_sha256

from .conftest import ANSWERS, NOW, RULES_READ, Rig, draft, eventually

pytestmark = pytest.mark.integration
KASPI = {
    "canvas_width": 1200,
    "canvas_height": 1200,
    "min_width": 500,
    "min_height": 500,
    "max_bytes": 5_000_000,
    "max_files": 8,
}


async def test_an_order_becomes_a_pack_with_manifest_hashes_and_disclaimers(rig: Rig):
    """R-83, R-84, R-110 to R-114; the pack's facts agree with the files that lie in it."""
    pack = await rig.finished("RC18", "main", "macro", subject="anna", kind="person")
    files = await rig.zip_of(pack["pack_id"])
    assert set(files) == {"READ-ME.txt", "RC18.jpg", "RC18_1.jpg", "manifest.json"}
    manifest = PackManifest.model_validate_json(files["manifest.json"])
    (ready,) = await rig.said("PackReady")
    assert hashlib.sha256(files["manifest.json"]).hexdigest() == ready.manifest_sha256
    assert manifest.disclaimers == DISCLAIMERS
    assert any("replaces ALL existing pictures" in warning for warning in manifest.warnings)
    assert [(file.name, file.slot) for file in manifest.files] == [("RC18.jpg", "main"), ("RC18_1.jpg", "macro")]
    approvals = {str(file.approval_id) for file in manifest.files}
    assert set(manifest.approved_by) == approvals == {str(approval) for approval in ready.approvals}
    assert set(manifest.approved_by.values()) == {"reviewer-1"}
    for file in manifest.files:
        jpeg = files[file.name]
        assert (hashlib.sha256(jpeg).hexdigest(), len(jpeg)) == (file.sha256, file.size)
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert (picture.size, picture.mode) == ((1200, 1600), "RGB")
            assert file.digital_source_type.encode() in picture.info["xmp"]
    assert pack["file_name"].startswith("RC18_ozon_")
    (ordered,) = await rig.said("ExportOrdered")
    assert (ordered.waits_for_rules, ordered.actor.role) == (False, "uploader")


async def test_qa_gets_the_pixels_that_a_buyer_will_see(rig: Rig):
    """R-51: hash and placement in the event are those of the stored JPEG."""
    await rig.ready_sku("RC18")
    placed = await rig.order("RC18")
    async with rig.working():
        (rendered,) = await rig.judge_all(placed["packs"][0]["pack_id"])
    stored = decode_jpeg(await rig.runtime.store.get(rendered.rendition))
    assert pixel_sha256(stored) == rendered.rendition.pixel_sha256
    assert rendered.quality is not None
    assert rendered.quality >= 90
    assert rendered.pad == (245, 245, 245)
    red = np.argwhere(np.abs(stored.astype(int) - (180, 40, 60)).max(axis=2) < 12)
    wide, tall = np.ptp(red, axis=0)
    assert abs(int(wide) - int(tall)) <= 2


async def test_each_sku_goes_its_own_way_and_a_refusal_says_what_to_do(rig: Rig):
    """R-89: one call for many SKUs; those that may not leave are refused with reasons, the others go on."""
    await rig.ready_sku("GOOD")
    await rig.say(await rig.approval("UNCHECKED"))
    await rig.ready_sku("HELD")
    await rig.say(rig.held("HELD"))
    small = await rig.approval("SMALL", picture=draft(640, 640))
    await rig.say(small, rig.spot_check(small))
    placed = await rig.order("GOOD", "UNCHECKED", "HELD", "SMALL", "NEVER-SEEN")
    states = {pack["sku"]: (pack["state"], [reason["code"] for reason in pack["reasons"]]) for pack in placed["packs"]}
    assert states == {
        "GOOD": ("rendering", []),
        "UNCHECKED": ("refused", ["not_spot_checked"]),
        "HELD": ("refused", ["held"]),
        "SMALL": ("refused", ["master_too_small"]),
        "NEVER-SEEN": ("refused", ["not_approved"]),
    }
    assert len(await rig.said("ExportOrdered")) == 5
    refused = await rig.said("PackRefused")
    assert {event.sku for event in refused} == {"UNCHECKED", "HELD", "SMALL", "NEVER-SEEN"}
    assert all(len(reason.message) > 40 for event in refused for reason in event.reasons)


async def test_the_same_key_is_the_same_order_and_another_body_under_it_is_refused(rig: Rig):
    await rig.ready_sku("RC18")
    first = await rig.order("RC18", key="order-1")
    second = await rig.order("RC18", key="order-1")
    assert (first["order_id"], len(await rig.said("ExportOrdered"))) == (second["order_id"], 1)
    other = await rig.post("/orders", {"marketplace": "ebay", "skus": ["RC18"], "answers": ANSWERS}, key="order-1")
    assert (other.status_code, other.json()["code"]) == (409, "key_used")
    missing = await rig.client.post("/orders", json={"marketplace": "ozon", "skus": ["RC18"]}, headers=rig.token())
    assert missing.status_code == 422


@pytest.mark.parametrize("role", ["capturer", "operator", "reviewer", "auditor", "admin"])
async def test_only_an_uploader_orders_and_downloads(rig: Rig, role: str):
    """R-66, R-89: and the refusal goes on record."""
    order = {"marketplace": "ozon", "skus": ["RC18"]}
    assert (await rig.post("/orders", order, role=role)).status_code == 403
    path = f"/packs/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    assert (await rig.get(f"{path}/download", role=role)).status_code == 403
    refused = [event for event in await rig.said("ActRecorded") if event.outcome == "refused"]
    assert {event.actor.role for event in refused if event.actor} == {role}


async def test_a_machine_never_orders(rig: Rig):
    """R-66: only named people."""
    answered = await rig.post("/orders", {"marketplace": "ozon", "skus": ["RC18"]}, kind="machine", subject="pim")
    assert (answered.status_code, answered.json()["code"]) == (403, "machine_orders")


async def test_kaspi_waits_for_its_rules_and_goes_on_by_itself(rig: Rig):
    """R-88: unconfirmed; the operator reads the cabinet, answers each item and enters the values."""
    await rig.ready_sku("RC18")
    placed = await rig.order("RC18", marketplace="kaspi")
    pack_id = placed["packs"][0]["pack_id"]
    assert placed["packs"][0]["state"] == "waiting_rules"
    (ordered,) = await rig.said("ExportOrdered")
    assert ordered.waits_for_rules
    body = {"source": "the cabinet, Goods > Pictures", "checked_on": "2026-11-21", "answers": RULES_READ}
    path = "/profiles/kaspi/confirmations"
    without = await rig.post(path, body, role="operator")
    assert (without.status_code, without.json()["code"]) == (422, "invalid_confirmation")
    assert "lacks canvas_width" in without.json()["detail"]
    given = await rig.post(path, body | {"values": KASPI}, role="operator", key="kaspi-1")
    assert given.status_code == 201, given.text
    assert given.json()["standing"] == "current"
    again = await rig.post(path, body | {"values": KASPI}, role="operator", key="kaspi-1")
    assert again.json()["ref"] == given.json()["ref"]
    (confirmed,) = await rig.said("RulesConfirmed")
    assert confirmed.values == KASPI
    async with rig.working():
        await rig.judge_all(pack_id)
        pack = await rig.until(pack_id, "ready")
    assert pack["manifest"]["rules_confirmed"] == str(confirmed.event_id)
    assert pack["profile"] == given.json()["ref"]
    assert {(file["width"], file["height"]) for file in pack["manifest"]["files"]} == {(1200, 1200)}
    versions = [event.policy.version for event in await rig.said("PolicyPublished") if event.policy.name == "kaspi"]
    assert confirmed.profile.version in versions


async def test_a_stale_profile_waits_and_an_expired_confirmation_does_not_count(rig: Rig):
    """R-88."""
    await rig.ready_sku("RC18")
    rig.clock.set(NOW + timedelta(days=120))
    assert (await rig.order("RC18"))["packs"][0]["state"] == "waiting_rules"
    today = rig.clock.now().date()
    body = {
        "source": "docs.ozon.com, read today",
        "checked_on": str(today),
        "valid_until": str(today + timedelta(days=10)),
        "answers": RULES_READ,
    }
    assert (await rig.post("/profiles/ozon/confirmations", body)).status_code == 201
    assert (await rig.order("RC18"))["packs"][0]["state"] == "rendering"
    rig.clock.advance(timedelta(days=11))
    assert (await rig.get("/profiles/ozon")).json()["standing"] == "stale"
    assert (await rig.order("RC18"))["packs"][0]["state"] == "waiting_rules"


async def test_a_confirmation_answers_each_item(rig: Rig):
    """R-71, R-88."""
    body = {"source": "x", "checked_on": "2026-11-21", "answers": {"rules_read": "yes"}}
    answered = await rig.post("/profiles/ozon/confirmations", body)
    assert answered.status_code == 422
    for item in ("sizes_and_formats", "main_picture_rules", "category_rules"):
        assert item in answered.json()["detail"]
    assert (await rig.post("/profiles/ozon/confirmations", body, role="reviewer")).status_code == 403


async def test_a_pack_waits_for_its_answers_and_they_go_on_record(rig: Rig):
    """R-71: items of scope pack are answered one by one before PackReady."""
    await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18", answers={"platform_rules_checked": "yes"}))["packs"][0]["pack_id"]
    async with rig.working():
        await rig.judge_all(pack_id)
        pack = await rig.until(pack_id, "awaiting_answers")
        missing = {item["item"] for item in pack["unanswered"]}
        assert missing == set(ANSWERS) - {"platform_rules_checked"}
        strange = await rig.post(f"/packs/{pack_id}/answers", {"answers": {"looks_nice": "yes"}})
        assert (strange.status_code, strange.json()["code"]) == (422, "invalid_item")
        wrong = await rig.post(
            f"/packs/{pack_id}/answers", {"answers": ANSWERS | {"one_sku_colour_kit": "not_applicable"}}
        )
        assert wrong.json()["state"] == "awaiting_answers"
        assert not await rig.said("PackReady")
        await rig.post(f"/packs/{pack_id}/answers", {"answers": {"one_sku_colour_kit": "yes"}})
        await rig.until(pack_id, "ready")
    acts = [event for event in await rig.said("ActRecorded") if event.act == "export.pack_answered"]
    assert acts[-1].details == {"one_sku_colour_kit": "yes"}
    assert acts[-1].actor is not None
    closed = await rig.post(f"/packs/{pack_id}/answers", {"answers": ANSWERS})
    assert (closed.status_code, closed.json()["code"]) == (409, "pack_closed")


async def test_a_file_that_qa_did_not_clear_waits_for_a_person(rig: Rig):
    """R-51: flagged after compression; accepted by a reviewer, the pack goes on."""
    await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    async with rig.working():
        (rendered,) = await rig.judge_all(pack_id, "flag")
        pack = await rig.pack(pack_id)
        assert (pack["state"], pack["files"][0]["state"]) == ("rendering", "in_review")
        await rig.say(rig.decided(rendered, good=True))
        pack = await rig.until(pack_id, "ready")
    assert pack["manifest"]["files"][0]["report_sha256"] == "ef" * 32


async def test_a_rejected_file_ends_the_pack_with_the_reviewers_words(rig: Rig):
    await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    async with rig.working():
        (rendered,) = await rig.judge_all(pack_id, "stop")
    await rig.say(rig.decided(rendered, good=False))
    pack = await rig.pack(pack_id)
    assert (pack["state"], pack["reasons"][0]["code"]) == ("refused", "rendition_rejected")
    assert "halo at the clasp" in pack["reasons"][0]["message"]


async def test_an_acceptance_may_be_read_before_the_verdict(rig: Rig):
    """They come by two topics; a verdict read later changes nothing."""
    await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    async with rig.working():

        async def rendering_done() -> bool:
            return bool(await rig.said("RenditionRendered"))

        await eventually(rendering_done, 40, "the rendition")
        rendered = await rig.said("RenditionRendered")
        await rig.say(rig.decided(rendered[0], good=True), rig.checked(rendered[0], "stop"))
        await rig.until(pack_id, "ready")


async def test_a_second_marketplace_is_another_order_with_its_own_check(rig: Rig):
    """R-91: no approval again, but new renditions, new rule check, new QA."""
    first = await rig.finished("RC18")
    second = await rig.order("RC18", marketplace="ebay")
    async with rig.working():
        await rig.judge_all(second["packs"][0]["pack_id"])
        pack = await rig.until(second["packs"][0]["pack_id"], "ready")
    assert pack["manifest"]["files"][0]["sha256"] != first["manifest"]["files"][0]["sha256"]
    assert pack["manifest"]["files"][0]["approval_id"] == first["manifest"]["files"][0]["approval_id"]
    rendered = await rig.said("RenditionRendered")
    assert len(rendered) == 2
    shapes = {
        event.marketplace: event.rules and (event.rules.canvas_width, event.rules.max_bytes) for event in rendered
    }
    assert shapes["ebay"] == (1600, 12_000_000), "qa measures the file by the numbers of the order's own profile"


async def test_a_damaged_master_refuses_the_pack_and_disturbs_no_other(rig: Rig):
    """A master whose bytes are not a picture: the reason is told, the other pack is made."""
    await rig.ready_sku("GOOD")
    bad = await rig.approval("BAD")
    junk = await rig.runtime.store.put(
        "drafts", b"\x89PNG\r\n\x1a\nnot a picture", "image/png", width=1600, height=1200
    )
    master = bad.master.model_copy(update=junk.model_dump(include={"bucket", "key", "sha256", "size"}))
    bad = bad.model_copy(update={"master": master})
    await rig.say(bad, rig.spot_check(bad))
    packs = {pack["sku"]: pack["pack_id"] for pack in (await rig.order("GOOD", "BAD"))["packs"]}
    async with rig.working():
        await rig.judge_all(packs["GOOD"])
        await rig.until(packs["GOOD"], "ready")
        refused = await rig.until(packs["BAD"], "refused", seconds=60)
    assert "slot main" in refused["reasons"][0]["message"]


async def test_a_drill_stamps_file_name_manifest_and_pack(rig: Rig):
    """A practice account ordered, or decided what the pack rests on: the pack says so for ever."""
    pack = await rig.finished("RC18")
    assert pack["file_name"].startswith("DRILL_RC18_ozon_")
    assert pack["drill"]
    answered = await rig.get(f"/packs/{pack['pack_id']}/download")
    assert "DRILL_" in answered.headers["content-disposition"]
    files = await rig.zip_of(pack["pack_id"])
    assert b"Do not upload" in files["DRILL.txt"]
    assert json.loads(files["manifest.json"])["drill"] is True
    (ready,) = await rig.said("PackReady")
    assert ready.drill


@pytest.mark.parametrize("drilled", [False, True])
async def test_a_persons_pack_is_a_drill_only_when_a_drill_approval_is_in_it(rig: Rig, drilled: bool):
    await rig.ready_sku("RC18", drill=drilled)
    pack_id = (await rig.order("RC18", subject="anna", kind="person"))["packs"][0]["pack_id"]
    async with rig.working():
        await rig.judge_all(pack_id)
        pack = await rig.until(pack_id, "ready")
    assert pack["drill"] is drilled
    assert ("DRILL.txt" in await rig.zip_of(pack_id)) is drilled


@pytest.mark.parametrize("act", ["accepted", "answered"])
async def test_a_practice_accounts_act_on_a_persons_order_makes_its_pack_a_drill(rig: Rig, act: str):
    """Whoever accepts a file or answers the checklist decides what the pack rests on."""
    await rig.ready_sku("RC18")
    answers = {} if act == "answered" else ANSWERS
    placed = await rig.order("RC18", answers=answers, subject="anna", kind="person")
    pack_id = placed["packs"][0]["pack_id"]
    async with rig.working():
        (rendered,) = await rig.judge_all(pack_id, "flag" if act == "accepted" else "clear")
        assert not (await rig.pack(pack_id))["drill"]
        if act == "accepted":
            await rig.say(rig.decided(rendered, good=True).model_copy(update={"drill": True}))
        else:
            assert (await rig.post(f"/packs/{pack_id}/answers", {"answers": ANSWERS})).status_code == 200
        pack = await rig.until(pack_id, "ready")
    assert (pack["drill"], pack["manifest"]["drill"]) == (True, True)
    assert "DRILL.txt" in await rig.zip_of(pack_id)


async def test_a_drill_confirmation_never_counts_for_a_real_order(rig: Rig):
    await rig.ready_sku("RC18")
    body = {"source": "practice", "checked_on": "2026-11-21", "answers": RULES_READ, "values": KASPI}
    assert (await rig.post("/profiles/kaspi/confirmations", body)).status_code == 201
    real = await rig.order("RC18", marketplace="kaspi", subject="anna", kind="person")
    assert real["packs"][0]["state"] == "waiting_rules"
    practice = await rig.order("RC18", marketplace="kaspi")
    assert practice["packs"][0]["state"] == "rendering"


async def test_one_correlation_id_leads_to_the_pack(rig: Rig):
    approvals = await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    async with rig.working():
        await rig.judge_all(pack_id)
        await rig.until(pack_id, "ready")
    kinds = ("ExportOrdered", "RenditionRendered", "PackReady")
    found = {event.correlation_id for kind in kinds for event in await rig.said(kind)}
    assert found == {approvals[0].correlation_id}


async def test_shipped_profiles_are_published_once_per_version(rig: Rig):
    rules = rig.parts.background[0]
    for _ in range(2):
        task = asyncio.create_task(rules.run())

        async def all_five() -> bool:
            return len(await rig.said("PolicyPublished")) == 5

        await eventually(all_five, 20, "five profiles")
        task.cancel()
    names = sorted(event.policy.name for event in await rig.said("PolicyPublished"))
    assert names == ["ebay", "etsy", "kaspi", "ozon", "wildberries"]


async def test_outcomes_are_recorded_once_and_belong_to_what_export_knows(rig: Rig):
    """R-103, R-104."""
    pack = await rig.finished("RC18")
    body = {
        "sku": "RC18",
        "marketplace": "ozon",
        "kind": "return_wrong_colour",
        "reported_on": "2026-11-20",
        "pack_id": pack["pack_id"],
        "reason": "looks pink",
    }
    first = await rig.post("/outcomes", body, key="r-1")
    again = await rig.post("/outcomes", body, key="r-1")
    assert (first.status_code, first.json()) == (201, again.json())
    (recorded,) = await rig.said("OutcomeRecorded")
    assert (recorded.kind, recorded.sku_version) == ("return_wrong_colour", 1)
    wrong = await rig.post("/outcomes", body | {"marketplace": "ebay"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_pack")
    unknown = await rig.post("/outcomes", body | {"sku": "NEVER", "pack_id": None})
    assert unknown.status_code == 404
    listed = (await rig.get("/outcomes", {"sku": "RC18"}, role="auditor")).json()
    assert [entry["outcome_id"] for entry in listed] == [first.json()["outcome_id"]]


async def test_exportable_tells_for_each_marketplace_why_and_what_to_do(rig: Rig):
    """R-81, R-89."""
    await rig.ready_sku("RC18", "main", "detail")
    found = {entry["marketplace"]: entry for entry in (await rig.get("/exportable", {"sku": "RC18"})).json()}
    assert found["ozon"]["exportable"]
    assert [place["slot"] for place in found["ozon"]["places"]] == ["main", "detail"]
    assert found["kaspi"]["standing"] == "unconfirmed"
    assert [reason["code"] for reason in found["etsy"]["reasons"]] == ["master_too_small"] * 2
