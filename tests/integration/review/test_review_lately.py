"""Who signs was there lately, and does not sign faster than anybody looks (security.md: step-up, rate limit)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from integration.review.conftest import PER_MINUTE, SCREEN, Rig

pytestmark = pytest.mark.integration


def person(rig: Rig, **claims: Any) -> Any:
    return rig.service.client("reviewer", "person-1", kind="person", levels={"*": "senior"}, **claims)


async def taken(rig: Rig) -> tuple[str, dict[str, Any]]:
    """Return the path and the body of a complete approval, its case leased by the person."""
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    async with person(rig) as client:
        view = (await client.post(f"/cases/{case['case_id']}/lease")).json()
    variant = view["variants"][0]
    body = {
        "kind": "approve",
        "viewport": SCREEN,
        "case_version": case["version"],
        "variant_id": variant["variant_id"],
        "master_sha256": variant["master_sha256"],
        "answers": [{"item": item["code"], "answer": "yes"} for item in view["checklist"]["items"]],
    }
    return f"/cases/{case['case_id']}/decisions", body


async def test_who_logged_in_too_long_ago_signs_nothing_until_they_do_again(rig: Rig):
    path, body = await taken(rig)
    key = {"Idempotency-Key": str(uuid4())}
    for auth_time in (datetime.now(UTC) - timedelta(hours=13), None):
        async with person(rig, auth_time=auth_time) as late:
            answer = await late.post(path, json=body, headers=key)
            assert (answer.status_code, answer.json()["code"]) == (401, "reauthenticate")
            assert 'error="insufficient_user_authentication", max_age="43200"' in answer.headers["www-authenticate"]
            case = path.removesuffix("/decisions")
            assert (await late.get(case)).json()["state"] == "open", "looking and holding goes on"
            assert (await late.post(f"{case}/lease")).status_code == 200
    async with person(rig) as again:
        assert (await again.post(path, json=body, headers=key)).status_code == 201, "the same decision, nothing lost"
    refusals = [
        act for act in await rig.service.stated("ActRecorded") if act["details"].get("code") == "reauthenticate"
    ]
    assert [(act["outcome"], act["actor"]["id"]) for act in refusals] == [("refused", "person-1")], (
        "sent twice, one act"
    )


async def test_one_person_decides_so_many_in_a_minute_and_no_more(rig: Rig):
    """However many processes and requests at once: the decisions are counted where they are kept."""
    cases = [await taken(rig) for _ in range(PER_MINUTE + 2)]
    already = 1  # of the test above, in this minute

    async def send(path: str, body: dict[str, Any]) -> Any:
        async with person(rig) as client:
            return await client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})

    answers = await asyncio.gather(*(send(*case) for case in cases))
    late = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(late) in (PER_MINUTE - already, PER_MINUTE)
    assert {answer.json()["code"] for answer in late} == {"too_fast"}
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in late)
    async with rig.person("anna") as client:
        case = await client.get(str(late[0].request.url.path).removesuffix("/decisions"))
        assert (case.json()["state"], case.json()["leased_by"]) == ("open", "person-1"), "the case is kept"
    acts = [act for act in await rig.service.stated("ActRecorded") if "too_fast" in act["reason"]]
    assert len(acts) == len(late)
    assert {(act["act"], act["outcome"], act["actor"]["id"]) for act in acts} == {
        ("review.decide", "refused", "person-1")
    }
