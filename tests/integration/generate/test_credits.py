"""Credits over HTTP: plans, a month's spending per approved picture, calls of unknown end, refused items (R-32)."""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from support.bus import until
from support.generators import KEY, KEY_NAME, Reply, file_of, serving
from trueshelf_contracts import schema
from trueshelf_contracts.review import ApprovalWithdrawn, VariantApproved

from .conftest import stamped
from .markets import Market

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(worlds: Any, photo: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    folder: Path = tmp_path_factory.mktemp("market")
    os.environ[KEY_NAME] = KEY
    async with serving("openai_images") as fake:
        file = file_of(folder, {"there": fake}, caps={"batch": 100, "month": 1000})
        async with worlds.one(generators_file=file) as world:
            yield Market(world, photo, {"there": fake})
    del os.environ[KEY_NAME]


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((schema.FOLDER / "examples" / f"{name}.full.json").read_text(encoding="utf-8"))
    return found


async def decide(market: Market, draft: dict[str, Any], *, approved: bool) -> None:
    about = {name: draft[name] for name in ("sku", "sku_version", "variant_id")}
    if approved:
        now = datetime.now(UTC).isoformat()
        event: Any = VariantApproved.model_validate(
            example("VariantApproved") | about | stamped() | {"decided_at": now}
        )
    else:
        event = ApprovalWithdrawn.model_validate(example("ApprovalWithdrawn") | about | stamped())
    await market.world.say("review", event)


async def spending(market: Market) -> dict[str, Any]:
    async with market.world.service.client("operator") as client:
        return (await client.get("/credits")).json()  # type: ignore[no-any-return]


async def test_what_an_approved_picture_costs_counts_what_was_made_in_vain_too(market: Market):
    good, bad, unknown = [await market.ready() for _ in range(3)]
    draft = await market.wish(good)
    market.servers["there"].replies.append(Reply(size=(10, 10)))
    await market.wish(bad)
    market.servers["there"].replies.append(Reply(502))
    await market.wish(unknown)
    await decide(market, draft, approved=True)
    own = next(event for event in await market.world.outcomes(good.sku, 3) if event["slot"] == "main")
    await decide(market, own, approved=True)
    shown: dict[str, Any] = {}

    async def counted() -> bool:
        shown.update(await spending(market))
        return shown["approved_own"] == 1 and shown["generators"][0]["approved"] == 1

    await until(counted, 30, "two counted approvals")
    (line,) = shown["generators"]
    assert (line["calls"], line["charged"], line["unknown"], line["credits"]) == (3, 2, 1, 15)
    assert (line["credits_unknown"], line["per_approved"]) == (5, 15.0)
    assert (shown["credits"], shown["caps"]) == (15, {"batch": 100, "month": 1000})
    assert {batch["credits"] for batch in shown["batches"]} == {5}
    (open_call,) = shown["unknown"]
    assert (open_call["sku"], open_call["credits"]) == (unknown.sku, 5)

    async with market.world.service.client("operator") as client:
        body = {"charged": False, "reason": "the bill of November does not have it"}
        path = f"/credits/calls/{open_call['call_id']}/settle"
        settled_call = await client.post(path, json=body)
        assert (settled_call.status_code, settled_call.json()["state"]) == (200, "not_charged")
        assert (await client.post(path, json=body)).status_code == 404, "once"
    settled = await spending(market)
    assert (settled["credits"], settled["unknown"]) == (10, [])
    (act,) = [event for event in await market.world.service.stated("ActRecorded") if event["outcome"] == "done"]
    assert (act["act"], act["reason"], act["details"]) == (
        "generate.call_settled",
        body["reason"],
        {"credits": "5", "charged": "no"},
    )

    await decide(market, draft, approved=False)

    async def withdrawn() -> bool:
        return (await spending(market))["generators"][0]["approved"] == 0

    await until(withdrawn, 30, "a withdrawn approval")


async def test_a_picture_counts_in_the_month_in_which_it_was_paid(market: Market):
    """What is made at a month's end is approved in the next: calls and pictures of one figure are the same ones."""
    draft = await market.wish(await market.ready())
    before = (await spending(market))["generators"][0]["approved"]
    await decide(market, draft, approved=True)

    async def counted() -> bool:
        return (await spending(market))["generators"][0]["approved"] == before + 1

    await until(counted, 30, "a counted approval")
    later = (
        "UPDATE generate.approval SET approved_at = approved_at + interval '40 days' WHERE variant_id = $1 RETURNING 1"
    )
    assert await market.world.rows(later, draft["variant_id"])
    assert await counted()


async def test_a_plan_is_shown_before_anything_runs(market: Market):
    batch = str(uuid4())
    async with market.world.service.client("capturer") as client:
        body: dict[str, Any] = {"skus": [{"category": "apparel", "count": 21}, {"category": "home", "count": 9}]}
        plan = (await client.post("/credits/plan", json=body | {"batch_id": batch})).json()
        assert (plan["credits"], plan["crossed"]) == (105, ["batch"])
        (line,) = plan["lines"]
        assert (line["category"], line["calls"], line["credits"]) == ("apparel", 21, 105)
        chosen = (await client.post("/credits/plan", json=body | {"preset": "there_model"})).json()
        assert chosen["credits"] == 105 + 30 * 5
        refused = await client.post("/credits/plan", json=body | {"preset": "nothing"})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_offer")


async def test_what_was_made_again_is_no_part_of_a_batchs_first_drafts(market: Market):
    """One of two SKUs is bought and bought again: the other's draft is still to be paid."""
    ready = await market.ready(category="apparel")
    await market.world.outcomes(ready.sku, 3)
    await market.wish(ready)
    body = {"skus": [{"category": "apparel", "count": 2}], "batch_id": str(ready.batch_id)}
    async with market.world.service.client("operator") as client:
        plan = (await client.post("/credits/plan", json=body)).json()
    assert (plan["credits"], plan["spent_batch"], plan["left"]) == (10, 10, 5)


async def test_the_generators_are_shown_without_their_keys(market: Market):
    async with market.world.service.client("auditor") as client:
        answer = await client.get("/generators")
    assert KEY not in answer.text
    assert KEY_NAME not in answer.text
    (generator,) = answer.json()["generators"]
    assert (generator["name"], generator["host"]) == ("there", "127.0.0.1")
    assert generator["offers"][0]["credits"] == 5
    assert answer.json()["policy"]["name"] == "generators"


async def test_refused_items_are_listed_until_somebody_asks_again(market: Market):
    ready = await market.ready()
    market.servers["there"].replies.append(Reply(400, body=b'{"error": {"code": "moderation_blocked"}}'))
    await market.wish(ready)

    async def listed() -> list[dict[str, Any]]:
        async with market.world.service.client("reviewer") as client:
            items = (await client.get("/refusals")).json()["items"]
        return [item for item in items if item["sku"] == ready.sku]

    (item,) = await listed()
    assert (item["code"], item["slot"], item["credits"]) == ("content_policy", "social", 0)
    assert item["message"]
    assert item["advice"]
    assert item["capture"]["capture_id"] == str(ready.captures[0].capture_id)
    await market.wish(ready, 3)
    assert await listed() == []


async def test_a_month_that_is_none_is_refused(market: Market):
    async with market.world.service.client("operator") as client:
        assert (await client.get("/credits", params={"month": "2026-13"})).status_code == 422
        empty = (await client.get("/credits", params={"month": "2025-01"})).json()
    assert (empty["credits"], empty["generators"]) == (0, [])
