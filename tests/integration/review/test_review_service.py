"""Review on real Kafka and PostgreSQL, through its HTTP API."""

import asyncio
import base64
import random
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from integration.review.conftest import SCREEN, Rig
from support.bus import until
from support.review_facts import opened, sealed
from support.review_office import commitment
from trueshelf_contracts.ids import draw_sample
from trueshelf_contracts.signing import signable

pytestmark = pytest.mark.integration


async def test_from_facts_to_a_signed_approval_that_anybody_can_verify(rig: Rig):
    """R-60, R-71, R-100: also with the facts shuffled and doubled."""
    sku = rig.sku()
    facts = [opened(sku.batch), sku.planned(), *sku.drafts()]
    facts += facts[1:]
    random.Random(3).shuffle(facts)
    await rig.send(facts)
    event = await rig.approved(sku)
    assert event["drill"] is True, "a practice account decided it"
    assert event["binding"]["master_sha256"] == sku.master().sha256
    async with httpx.AsyncClient(base_url=rig.service.url) as anyone:
        (key,) = (await anyone.get("/keys")).json()["keys"]
    assert key["kid"] == event["signature"]["key_id"]
    assert "d" not in key
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(base64.b64decode(event["signature"]["value"]), signable(event))
    committed = await rig.all_stated("SpotCheckCommitted", str(sku.batch), 1)
    assert len(committed) == 1


async def test_undo_within_the_time_leaves_no_trace_on_the_bus(rig: Rig, patient: str):
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    body = await rig.approval(case) | {"viewport": SCREEN, "case_version": case["version"]}
    async with rig.person("anna") as anna, rig.person("boris") as boris:
        anna.base_url = boris.base_url = patient
        sent = {"url": f"/cases/{case['case_id']}/decisions", "json": body, "headers": {"Idempotency-Key": "k"}}
        answer = await anna.post(**sent)
        assert answer.status_code == 201, answer.text
        decision = answer.json()["decision_id"]
        assert (await anna.post(**sent)).json()["decision_id"] == decision, "the same key is the same decision"
        assert (await boris.post(f"/decisions/{decision}/undo")).status_code == 404
        undone = await anna.post(f"/decisions/{decision}/undo")
        assert undone.json()["state"] == "undone"
    event = await rig.approved(sku)
    assert event["decision_id"] != decision
    assert len(await rig.all_stated("VariantApproved", sku.sku, 1)) == 1


async def test_what_is_incomplete_is_refused_with_what_to_do(rig: Rig):
    """R-22, R-62, R-71."""
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts(verdict="flag")])
    case = await rig.case(sku.sku)
    body = await rig.approval(case)
    for change, status, code in (
        ({"viewport": {"width": 390, "height": 800}}, 422, "screen_too_small"),
        ({"answers": body["answers"][1:]}, 422, "items_unanswered"),
        ({"acknowledged": []}, 422, "findings_open"),
        ({"master_sha256": "0" * 64}, 409, "other_picture"),
        ({"case_version": case["version"] + 1}, 409, "case_changed"),
        ({"kind": "spot_good"}, 422, "request_invalid"),
    ):
        answer = await rig.decide(case, "anna", body | change)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["advice"]
    async with rig.person("anna") as anna:
        answer = await anna.post(
            f"/cases/{case['case_id']}/decisions", json=body | {"viewport": SCREEN, "case_version": 1}
        )
        assert answer.json()["errors"][0]["field"].lower() == "header.idempotency-key"


async def test_who_may_not_decide_is_refused_and_it_is_on_record(rig: Rig):
    """R-60, R-66."""
    sku = rig.sku("jewelry")
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    path = f"/cases/{case['case_id']}/lease"
    async with rig.person("olga", role="uploader") as uploader:
        assert (await uploader.post(path)).status_code == 403
    async with rig.service.client("reviewer", "ivan", levels={"apparel": "senior"}) as other_category:
        answer = await other_category.post(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "no_right")
        assert (await other_category.post("/cases/next", json={"categories": ["jewelry"]})).status_code == 204
        assert (await other_category.get("/queue")).json()["total"] == 0
    acts = [a for a in await rig.service.stated("ActRecorded") if a["outcome"] == "refused"]
    assert any(a["actor"] and a["actor"]["id"] == "ivan" and "no_right" in a["reason"] for a in acts)


async def test_two_people_never_get_the_same_case(rig: Rig):
    category = f"c{uuid4().hex[:8]}"
    skus = [rig.sku(category) for _ in range(12)]
    await rig.send([fact for sku in skus for fact in (sku.planned(), *sku.drafts())])
    for sku in skus:
        await rig.case(sku.sku)

    async def take(name: str) -> list[str]:
        taken = []
        async with rig.person(name) as client:
            while (answer := await client.post("/cases/next", json={"categories": [category]})).status_code == 200:
                taken.append(answer.json()["case_id"])
        return taken

    hands = await asyncio.gather(*(take(f"reviewer-{n}") for n in range(4)))
    taken = [case for hand in hands for case in hand]
    assert len(taken) == len(set(taken)) == 12
    async with rig.person("reviewer-9") as late:
        assert (await late.post(f"/cases/{taken[0]}/lease")).json()["code"] == "leased"
    for name, hand in enumerate(hands):
        async with rig.person(f"reviewer-{name}") as client:
            for case in hand:
                assert (await client.delete(f"/cases/{case}/lease")).status_code == 204


async def test_rejection_regeneration_and_the_next_round_goes_first(rig: Rig):
    """R-26, R-64, R-103."""
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    view = await rig.lease(case["case_id"], "anna")
    body = {
        "kind": "reject",
        "variants": [
            {"variant_id": v["variant_id"], "reasons": [{"code": "shape_changed", "checklist_item": "shape_unchanged"}]}
            for v in view["variants"]
        ],
        "then": {"kind": "regenerate", "change": {"preset": "grey"}},
    }
    assert (await rig.decide(case, "anna", body)).status_code == 201
    asked = await rig.stated("RegenerationAsked", sku.sku)
    assert (asked["round"], asked["change"]["preset"]) == (2, "grey")
    await rig.send([sku.planned(round_=2), *sku.drafts(round_=2)])
    again = await rig.case(sku.sku)
    assert (again["round"], again["asked_for"]) == (2, True)
    async with rig.person("auditor-1", role="auditor") as auditor:
        log = (await auditor.get("/rejections", params={"sku": sku.sku})).json()
    assert {(line["code"], line["reviewer"], line["generator"]) for line in log} == {
        ("shape_changed", "anna", "cutout")
    }
    assert len(log) == 2


async def test_dispute_is_decided_by_another_senior(rig: Rig):
    """R-67."""
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    view = await rig.lease(case["case_id"], "vera", level="junior")
    body = {"kind": "dispute", "variant_id": view["variants"][0]["variant_id"], "reasons": [{"code": "colour_changed"}]}
    assert (await rig.decide(case, "vera", body, level="junior")).status_code == 201
    disputed = await rig.stated("VariantDisputed", sku.sku)
    second = await rig.case(sku.sku, "second")
    assert second["case_id"] == disputed["second_case_id"]
    async with rig.person("vera") as vera:
        assert (await vera.post(f"/cases/{second['case_id']}/lease")).json()["code"] == "second_person_needed"
    assert (await rig.decide(second, "boris", await rig.approval(second, "boris"))).status_code == 201
    approved = await rig.stated("VariantApproved", sku.sku)
    assert approved["second_opinion"] == second["case_id"]


async def test_a_batch_from_commitment_to_a_passed_spot_check(rig: Rig):
    """R-69: what was drawn is what the commitment and everybody's arithmetic say."""
    batch = uuid4()
    skus = [rig.sku(batch=batch) for _ in range(6)]
    await rig.send([sealed(batch, skus), *(fact for sku in skus for fact in (sku.planned(), *sku.drafts()))])
    for sku in skus:
        await rig.approved(sku)
    drawn = await rig.stated("SpotCheckDrawn", str(batch))
    committed = await rig.stated("SpotCheckCommitted", str(batch))
    assert commitment(drawn["seed"]) == committed["commitment"]
    expected = draw_sample(bytes.fromhex(drawn["seed"]), [sku.sku for sku in skus], 5)
    assert [m["sku"] for m in drawn["sample"]] == expected
    for name in expected:
        case = await rig.case(name, "spot")
        async with rig.person("anna") as approver:
            assert (await approver.post(f"/cases/{case['case_id']}/lease")).json()["code"] == "second_person_needed"
        assert (await rig.decide(case, "vera", {"kind": "spot_good"}, level="junior")).status_code == 201
    passed = await rig.stated("SpotCheckPassed", str(batch))
    assert (passed["basis"], len(passed["members"]), passed["drill"]) == ("sample", 6, True)
    async with rig.person("boris") as boris:
        view = (await boris.get(f"/batches/{batch}")).json()
        assert (view["state"], view["seed"]) == ("passed", drawn["seed"])
        sample = (await boris.post(f"/batches/{batch}/audit")).json()["sample"]
        assert len(sample) == 1, "every tenth of six (R-69, after the run)"


async def test_a_bad_one_quarantines_and_a_senior_releases(rig: Rig):
    """R-70."""
    category, batch = f"c{uuid4().hex[:8]}", uuid4()
    skus = [rig.sku(category, batch) for _ in range(2)]
    facts = [fact for sku in skus for fact in (sku.planned(), *sku.drafts())]
    await rig.send([opened(batch, category), *facts, sealed(batch, skus, category)])
    events = [await rig.approved(sku) for sku in skus]
    drawn = await rig.stated("SpotCheckDrawn", str(batch))
    case = await rig.case(drawn["sample"][0]["sku"], "spot")
    reasons = [{"code": "colour_changed"}]
    async with rig.person("boris") as boris, rig.person("anna") as anna:
        bad_approval = next(e for e in events if e["sku"] == case["sku"])["event_id"]
        path = f"/approvals/{bad_approval}/withdraw"
        assert (await boris.post(path, json={"reasons": reasons})).json()["code"] == "spot_waits"
        assert (await rig.decide(case, "boris", {"kind": "spot_bad", "reasons": reasons})).status_code == 201
        assert (await rig.stated("BatchQuarantined", str(batch)))["next_rate"] == 2
        assert len(await rig.all_stated("SkuHeld", str(batch), 2)) == 2
        assert (await boris.post(path, json={"reasons": reasons, "cause": "spot_check"})).status_code == 200
        release = f"/batches/{batch}/release"
        assert (await anna.post(release, json={"reason": "fine"})).json()["code"] == "second_person_needed"
        answer = await boris.post(release, json={"reason": "the other one was looked at"})
        assert answer.json()["state"] == "released", answer.text
    passed = await rig.stated("SpotCheckPassed", str(batch))
    assert (passed["basis"], len(passed["members"])) == ("release", 1)


async def test_a_changed_sku_withdraws_and_ends_what_waits(rig: Rig):
    """R-16."""
    sku = rig.sku()
    await rig.send([sku.planned([("main", 2), ("detail", 1)]), *sku.drafts(), *sku.drafts("detail", 1)])
    await until(lambda: _two_cases(rig, sku.sku), 30, "both cases")
    async with rig.person("auditor-1", role="auditor") as auditor:
        cases = (await auditor.get("/cases", params={"sku": sku.sku})).json()
    main = next(case for case in cases if case["slot"] == "main")
    assert (await rig.decide(main, "anna", await rig.approval(main))).status_code == 201
    approved = await rig.stated("VariantApproved", sku.sku)
    await rig.send([sku.changed()])
    withdrawn = await rig.stated("ApprovalWithdrawn", sku.sku)
    assert (withdrawn["approval_id"], withdrawn["cause"]) == (approved["event_id"], "sku_changed")
    closed = await rig.case(sku.sku, state="closed")
    assert closed["slot"] == "detail"


async def _two_cases(rig: Rig, sku: str) -> bool:
    async with rig.person("auditor-1", role="auditor") as auditor:
        return len((await auditor.get("/cases", params={"sku": sku})).json()) == 2


async def test_generation_case_rendition_case_and_outcome(rig: Rig):
    """R-17, R-51, R-103."""
    sku = rig.sku()
    await rig.send([sku.planned(), sku.refused(index=0), sku.refused(index=1)])
    case = await rig.case(sku.sku, "generation")
    answer = await rig.decide(case, "anna", {"kind": "keep_original"})
    assert answer.status_code == 201, answer.text
    assert (await rig.stated("RegenerationAsked", sku.sku))["change"]["mode"] == "as_shot"
    kept = [sku.generated(round_=2, mode="as_shot"), sku.checked(round_=2)]
    await rig.send([sku.planned([("main", 1)], 2, "as_shot"), *kept])
    await rig.approved(sku)
    await rig.send([sku.rendition("flag"), sku.outcome()])
    rendition = await rig.case(sku.sku, "rendition")
    view = await rig.lease(rendition["case_id"], "boris")
    body = {
        "kind": "rendition_accept",
        "rendition_sha256": view["rendition"]["rendition_sha256"],
        "acknowledged": [{"check": "colour_shift", "note": "invisible"}],
    }
    assert (await rig.decide(rendition, "boris", body)).status_code == 201
    await rig.stated("RenditionAccepted", sku.sku)
    async with rig.person("auditor-1", role="auditor") as auditor:

        async def joined() -> bool:
            log = (await auditor.get("/rejections", params={"sku": sku.sku})).json()
            return [(line["code"], line["origin"]) for line in log] == [("return_wrong_colour", "ozon")]

        await until(joined, 20, "the outcome in the rejection log")
        minutes = (await auditor.get("/minutes")).json()
        assert any(line["kind"] == "rendition" for line in minutes), "R-74"
        queue = (await auditor.get("/queue")).json()
        assert queue["total"] == sum(line["waiting"] for line in queue["lines"])


async def test_a_reason_that_nobody_published_is_refused(rig: Rig):
    """R-64, R-103: the rejection log counts codes; a word of somebody's own would be lost in it."""
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    view = await rig.lease(case["case_id"], "anna")
    assert "colour_changed" in {reason["code"] for reason in view["reasons"]["reasons"]}
    body = {"kind": "dispute", "variant_id": view["variants"][0]["variant_id"]}
    answer = await rig.decide(case, "anna", body | {"reasons": [{"code": "ugly"}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reason")
    assert "colour_changed" in answer.json()["advice"]
    approval = await rig.approved(sku)
    async with rig.person("anna") as anna:
        path = f"/approvals/{approval['event_id']}/withdraw"
        refused = await anna.post(path, json={"reasons": [{"code": "ugly"}]})
        assert refused.json()["code"] == "unknown_reason"


async def test_policies_are_published_once_and_checklists_can_be_read(rig: Rig):
    """R-50."""
    published = [e["policy"] for e in await rig.service.stated("PolicyPublished")]
    names = [(p["kind"], p["name"], p["version"]) for p in published]
    assert len(names) == len(set(names))
    assert ("checklist", "jewelry", "2026.3") in names
    assert ("review", "default") in {name[:2] for name in names}
    assert ("review", "reasons", "2026.1") in names
    async with rig.person("auditor-1", role="auditor") as auditor:
        jewelry = (await auditor.get("/checklists/jewelry")).json()
        fallback = (await auditor.get("/checklists/lamps", params={"version": "2026.3"})).json()
        assert (await auditor.get("/checklists/lamps", params={"version": "1999.1"})).status_code == 404
        reasons = (await auditor.get("/reasons")).json()
        assert (await auditor.get("/reasons", params={"version": "2026.1"})).json() == reasons
        assert (await auditor.get("/reasons", params={"version": "1999.1"})).status_code == 404
    assert reasons["sha256"] == next(p["sha256"] for p in published if p["name"] == "reasons")
    assert {"stones_match", "chain_unbroken"} <= {item["code"] for item in jewelry["items"]}
    assert fallback["name"] == "default"
    assert {item["scope"] for item in fallback["items"]} == {"variant", "capture", "pack", "marketplace", "team"}
