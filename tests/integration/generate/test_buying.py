"""Drafts from external generators on real PostgreSQL, Kafka and S3, with servers that behave like them.

R-20, R-26, R-31, R-32; the servers count what was paid for, so that no charge is silent.
"""

import asyncio
import contextlib
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from support.generators import KEY, KEY_NAME, SIZE, Reply, file_of, serving
from trueshelf_imaging.pixels import decode_png

from .markets import Market

pytestmark = pytest.mark.integration
KINDS: dict[str, Any] = {
    "openai": "openai_images",
    "photoroom": "photoroom",
    "keyed": "openai_images",
    "pair": "openai_images",
    "refusing": "openai_images",
    "frail": "openai_images",
}
SETTINGS = {
    "keyed": {"idempotency_header": "Idempotency-Key"},
    "pair": {"in_flight": 2},
    "frail": {"attempts": 2, "patience_seconds": 3},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(worlds: Any, photo: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    folder: Path = tmp_path_factory.mktemp("market")
    os.environ[KEY_NAME] = KEY
    async with AsyncExitStack() as stack:
        servers = {name: await stack.enter_async_context(serving(kind)) for name, kind in KINDS.items()}
        file = file_of(folder, servers, settings=SETTINGS, caps={"batch": 12})
        world = await stack.enter_async_context(worlds.one(generators_file=file))
        yield Market(world, photo, servers)
    del os.environ[KEY_NAME]


async def test_a_bought_draft_is_generative_and_says_what_made_it_and_what_it_cost_r20_r31(
    market: Market, caplog: pytest.LogCaptureFixture
):
    """A standing order of the category buys it in the first round, beside our own drafts, which cost nothing."""
    ready = await market.ready(category="apparel")
    made = await market.world.outcomes(ready.sku, 3)
    (bought,) = [event for event in made if event["slot"] == "social"]
    assert (bought["type"], bought["mode"], bought["preset"]) == (
        "VariantGenerated",
        "clothing_on_model",
        "openai_model",
    )
    generator, parameters = bought["generator"], bought["generator"]["parameters"]
    assert generator["generative"] is True, "qa judges it by its generative profile"
    assert (generator["name"], generator["version"]) == ("openai", "openai-images-edits/1")
    assert generator["model"] == "gpt-image-2-2026-04-21"
    assert (parameters["prompt"], parameters["size"]) == ("worn by a person", "128x192")
    assert bought["credits"] == 5
    assert all(event["credits"] == 0 for event in made if event["slot"] == "main"), "own modes cost nothing"
    assert (bought["cutout"], bought["pixel_proof"], bought["transforms"]) == (None, None, [])
    master = decode_png(await market.world.picture(bought["master"]))
    assert (master.shape[1], master.shape[0]) == SIZE
    (call,) = await market.calls(ready.sku)
    assert (call["state"], call["credits"], str(call["call_id"])) == ("charged", 5, parameters["call_id"])
    stored = json.loads(call["answer"])
    assert stored["bucket"].endswith("-originals"), "what they sent lies in quarantine, never shown"
    assert stored["sha256"] == parameters["answer_sha256"]
    (sent,) = market.servers["openai"].calls[-1].pictures.values()
    assert decode_png(sent).shape == (480, 640, 3), "the photo's pixels, encoded anew: no metadata leaves"
    said = json.dumps(await market.world.service.stated()) + caplog.text
    assert KEY not in said
    published = await market.world.service.stated("PolicyPublished")
    assert {event["policy"]["name"] for event in published} == {"generate", "generators"}


async def test_photoroom_is_asked_when_its_offer_is_chosen(market: Market):
    bought = await market.wish(await market.ready(), preset="photoroom_model")
    assert (bought["generator"]["version"], bought["generator"]["model"]) == ("photoroom-edit/2", "unversioned")
    assert bought["generator"]["generative"] is True
    (call,) = market.servers["photoroom"].calls
    assert call.fields["virtualModel.mode"] == "ai.auto"


@pytest.mark.parametrize(
    ("replies", "calls", "code"),
    [
        ([Reply(429, {"Retry-After": "1"}), Reply(500)], 3, None),
        ([Reply(500)] * 3, 3, "generator_failed"),
        ([Reply(400, body=b'{"error": {"code": "moderation_blocked"}}')], 1, "content_policy"),
    ],
)
async def test_what_was_not_charged_is_tried_again_as_the_server_says(
    market: Market, replies: list[Reply], calls: int, code: str | None
):
    server = market.servers["openai"]
    before = len(server.calls)
    server.replies.extend(replies)
    ready = await market.ready()
    outcome = await market.wish(ready)
    assert len(server.calls) - before == calls
    rows = await market.calls(ready.sku)
    if code is None:
        assert (outcome["type"], outcome["credits"]) == ("VariantGenerated", 5)
        assert [row["state"] for row in rows] == ["not_charged", "not_charged", "charged"]
        waited = rows[1]["intended_at"] - rows[0]["ended_at"]
        assert waited.total_seconds() >= 1, "Retry-After is obeyed"
    else:
        assert (outcome["reason"]["code"], outcome["credits"]) == (code, 0)
        assert outcome["advice"]
        assert {row["state"] for row in rows} == {"not_charged"}


@pytest.mark.parametrize(
    ("reply", "code", "state"),
    [
        pytest.param(Reply(size=(192, 128)), "answer_wrong_size", "charged", id="another size"),
        pytest.param(Reply(body=b"<html>"), "answer_not_an_image", "charged", id="no image"),
        pytest.param(Reply(tail=50), "outcome_unknown", "unknown", id="truncated"),
        pytest.param(Reply(hang=True), "outcome_unknown", "unknown", id="silence"),
        pytest.param(Reply(502), "outcome_unknown", "unknown", id="gateway"),
    ],
)
async def test_what_was_or_may_have_been_charged_is_said_counted_and_not_repeated(
    market: Market, reply: Reply, code: str, state: str
):
    server = market.servers["openai"]
    before = len(server.calls)
    server.replies.append(reply)
    ready = await market.ready()
    outcome = await market.wish(ready)
    assert (outcome["type"], outcome["reason"]["code"]) == ("GenerationRefused", code)
    assert outcome["credits"] == 5, "what it cost in vain stands in the fact"
    (call,) = await market.calls(ready.sku)
    assert (call["state"], call["credits"]) == (state, 5)
    assert len(server.calls) - before == 1
    again = await market.wish(ready, 3)
    assert again["type"] == "VariantGenerated", "a person may pay for another call"
    assert len(server.calls) - before == 2


async def test_damaged_pictures_are_decoded_in_a_throw_away_child_and_refused(market: Market):
    rubbish = b"\x89PNG\r\n\x1a\n" + b"\0" * 500
    market.servers["photoroom"].replies.append(Reply(headers={"Content-Type": "image/png"}, body=rubbish))
    outcome = await market.wish(await market.ready(), preset="photoroom_model")
    assert (outcome["reason"]["code"], outcome["credits"]) == ("answer_undecodable", 5)


async def test_a_batch_has_a_cap_of_its_own_r32(market: Market):
    first, other = await market.ready(), await market.ready()
    assert (await market.wish(first))["type"] == "VariantGenerated"
    assert (await market.wish(first, 3))["type"] == "VariantGenerated"
    refused = await market.wish(first, 4)
    assert refused["reason"]["code"] == "cap_batch"
    assert (refused["reason"]["value"], refused["reason"]["threshold"]) == (15, 12)
    assert "the cap is 12" in refused["reason"]["message"]
    assert (await market.wish(other))["type"] == "VariantGenerated"


async def test_as_many_calls_as_allowed_are_in_flight_and_no_more(market: Market):
    server = market.servers["pair"]
    most, under_way, together = 0, 0, asyncio.Event()
    usual = server._answer

    async def counted(*arguments: Any) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        if under_way > 1:
            together.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(together.wait(), 3)
        await usual(*arguments)
        under_way -= 1

    server._answer = counted  # type: ignore[method-assign]
    all_ready = [await market.ready() for _ in range(5)]
    outcomes = await asyncio.gather(*(market.wish(ready, preset="pair_model") for ready in all_ready))
    assert {outcome["type"] for outcome in outcomes} == {"VariantGenerated"}
    assert most == 2


async def test_a_refused_key_stops_further_calls_for_a_while(market: Market):
    server = market.servers["refusing"]
    server.replies.append(Reply(401))
    codes = [(await market.wish(await market.ready(), preset="refusing_model"))["reason"]["code"] for _ in range(3)]
    assert codes == ["generator_key_refused"] * 3
    assert len(server.calls) == 1, "what is asked next would end the same"


async def test_a_broken_server_is_left_alone_by_everybody(market: Market):
    """Five failures in a row open the breaker; what waits then is refused when its patience ends, without a call."""
    server = market.servers["frail"]
    server.replies.extend([Reply(500)] * 100)
    all_ready = [await market.ready() for _ in range(8)]
    outcomes = await asyncio.gather(*(market.wish(ready, preset="frail_model") for ready in all_ready))
    assert {outcome["reason"]["code"] for outcome in outcomes} <= {"generator_failed", "generator_away"}
    assert 5 <= len(server.calls) <= 5 + 2, "the two that were under way when it opened"
    (gate,) = await market.world.rows("SELECT * FROM generate.generator_gate WHERE generator = 'frail'")
    assert gate["failures"] >= 5
    assert gate["not_before"] is not None


async def test_a_server_that_knows_the_key_is_asked_again_under_the_same_one(market: Market):
    """With an idempotency key the end of a cut-off call can be had without a second charge."""
    server = market.servers["keyed"]
    server.replies.append(Reply(cut=True))
    ready = await market.ready()
    outcome = await market.wish(ready, preset="keyed_model")
    assert outcome["type"] == "VariantGenerated"
    first, second = server.calls
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    (call,) = await market.calls(ready.sku)
    assert (call["state"], outcome["credits"]) == ("charged", 5)


async def test_the_same_bytes_become_the_same_master(market: Market):
    first, second = [await market.wish(await market.ready()) for _ in range(2)]
    assert first["master"]["sha256"] == second["master"]["sha256"]
    stored = await market.world.picture(first["master"])
    assert hashlib.sha256(stored).hexdigest() == first["master"]["sha256"]
