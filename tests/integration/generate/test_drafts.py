"""generate on real PostgreSQL, Kafka and S3: from SkuReady to drafts and refusals."""

import hashlib
from typing import Any

import pytest

from support.bus import until
from trueshelf_contracts.refs import ObjectRef
from trueshelf_imaging.pixels import decode_alpha, decode_png, pixel_sha256

pytestmark = pytest.mark.integration
BOX = {"x": 0.2, "y": 0.2, "w": 0.6, "h": 0.6}


async def test_a_ready_sku_becomes_drafts_that_keep_the_sources_pixels_r22_r24_r31(world: Any, photo: Any) -> None:
    sku = world.names()
    front, macro = await world.capture("front", photo()), await world.capture("macro", photo(seed=2))
    ready = await world.ready(sku, front, macro)
    made = await world.outcomes(sku, 3)
    (planned,) = await world.of(sku, "GenerationPlanned")
    assert [item["slot"] for item in planned["items"]] == ["main", "main", "macro"]
    assert {event["type"] for event in made} == {"VariantGenerated"}
    assert all(event["correlation_id"] == str(ready.correlation_id) and event["drill"] for event in [planned, *made])
    drafts = {(event["slot"], event["preset"]): event for event in made}
    white, grey, kept = drafts["main", "white"], drafts["main", "light_grey"], drafts["macro", "as_shot"]

    source = decode_png(await world.picture(white["source"]))
    alpha = decode_alpha(await world.store.get(ObjectRef.model_validate(white["cutout"])))
    for event, ground in ((white, (255, 255, 255)), (grey, (240, 240, 240))):
        master = decode_png(await world.picture(event["master"]))
        assert pixel_sha256(master) == event["master"]["pixel_sha256"]
        assert tuple(master[0, 0]) == ground == tuple(event["background"])
        proof, solid = event["pixel_proof"], alpha == 255
        x, y = proof["offset_x"], proof["offset_y"]
        rows, columns = solid.nonzero()
        core = hashlib.sha256(source[rows, columns].tobytes()).hexdigest()
        assert core == hashlib.sha256(master[rows + y, columns + x].tobytes()).hexdigest()
        assert core == proof["source_core_sha256"] == proof["master_core_sha256"]
        assert event["edge_gate"]["passed"]
        assert event["generator"]["version"]
        assert event["generator"]["generative"] is False
        assert event["transforms"][0]["placement"] == {"scale": 1, "offset_x": x, "offset_y": y}
        assert event["credits"] == 0
    assert white["cutout"] == grey["cutout"], "removal is stored once, replaced twice"
    assert kept["generator"]["name"] == "as_shot"
    assert kept["master"]["pixel_sha256"] == kept["source"]["pixel_sha256"] == macro.source.pixel_sha256
    assert kept["master"]["bucket"].endswith("drafts")


async def test_the_same_sku_ready_twice_changes_nothing(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo()))
    await world.outcomes(sku, 2)
    await world.say("ingest", ready)
    again = ready.model_copy(update={"event_id": ready.batch_id})
    await world.say("ingest", again)
    marker = world.names()
    await world.ready(marker, await world.capture("front", photo(seed=9)))
    await world.outcomes(marker, 2)
    assert len(await world.of(sku)) == 3


async def test_a_cluttered_backdrop_is_refused_and_a_box_helps_r10_r26(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo(clutter=True)))
    refused = await world.outcomes(sku, 2)
    for event in refused:
        assert event["type"] == "GenerationRefused"
        assert event["reason"]["code"] == "backdrop_not_plain"
        assert event["reason"]["value"] > event["reason"]["threshold"] == 4.0
        assert "box" in event["advice"]
        assert "keep the original" in event["advice"]

    await world.ask(ready, "main", 2, box=BOX, strokes=[{"label": "product", "points": [[0.5, 0.5]], "radius": 0.02}])
    second = (await world.outcomes(sku, 4))[2:]
    assert [event["round"] for event in second] == [2, 2]
    assert {event["preset"] for event in second} == {"white", "light_grey"}
    drafts = [event for event in second if event["type"] == "VariantGenerated"]
    assert drafts, second
    assert drafts[0]["generator"]["parameters"]["hinted"] is True

    await world.ask(ready, "main", 3, mode="as_shot")
    (third,) = (await world.outcomes(sku, 5))[4:]
    assert (third["type"], third["mode"], third["round"]) == ("VariantGenerated", "as_shot", 3)


async def test_work_that_invents_pixels_is_refused_without_a_generator_r20(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo()))
    await world.outcomes(sku, 2)
    await world.ask(ready, "main", 2, mode="clothing_on_model")
    refused = (await world.outcomes(sku, 3))[-1]
    assert (refused["mode"], refused["reason"]["code"]) == ("clothing_on_model", "no_generator")
    assert "no generator configured for this mode" in refused["reason"]["message"]


async def test_a_changed_sku_ends_what_was_open_without_a_word_r16(world: Any, photo: Any) -> None:
    sku = world.names()
    rgb = photo(seed=77)
    await world.ready(sku, await world.capture("front", rgb, stored=False))
    open_items = "SELECT state FROM generate.item WHERE sku = $1"
    await until(lambda: _some(world, open_items, sku, 2), 30, "two planned items")
    await world.change(sku, 2)
    await until(lambda: _all(world, open_items, sku, "ended"), 30, "items ended")
    await world.capture("front", rgb)
    jobs = "SELECT id FROM generate.pgqueuer WHERE entrypoint LIKE 'generate.%'"
    await until(lambda: _none(world, jobs), 60, "an empty queue")
    assert await world.of(sku, "VariantGenerated", "GenerationRefused") == []
    await world.ready(sku, await world.capture("front", photo(seed=78)), version=2)
    assert {event["sku_version"] for event in await world.outcomes(sku, 2)} == {2}


async def test_a_late_ready_of_an_old_version_is_passed_over(world: Any, photo: Any) -> None:
    sku = world.names()
    capture = await world.capture("front", photo())
    await world.ready(sku, capture, version=3)
    await world.outcomes(sku, 2)
    await world.ready(sku, capture, version=2)
    await world.ready(sku, capture, version=4)
    await world.outcomes(sku, 4)
    assert {event["sku_version"] for event in await world.of(sku, "GenerationPlanned")} == {3, 4}


async def test_a_source_that_is_no_picture_is_refused_and_may_be_tried_again(world: Any, photo: Any) -> None:
    sku = world.names()
    broken = await world.capture("front", photo(), png=b"\x89PNG\r\n\x1a\n" + sku.encode())
    ready = await world.ready(sku, broken)
    refused = await world.outcomes(sku, 2)
    assert {event["reason"]["code"] for event in refused} == {"generator_failed"}
    await world.ask(ready, "main", 2)
    assert len(await world.outcomes(sku, 4)) == 4


async def test_the_api_shows_plans_items_and_presets(world: Any, photo: Any) -> None:
    sku = world.names()
    await world.ready(sku, await world.capture("front", photo()))
    await world.outcomes(sku, 2)
    async with world.service.client("operator") as client:
        (plan,) = (await client.get("/plans", params={"sku": sku})).json()
        assert [item["state"] for item in plan["items"]] == ["generated", "generated"]
        item = (await client.get(f"/items/{plan['items'][0]['item_id']}")).json()
        assert item["master"]["sha256"]
        presets = (await client.get("/presets")).json()
        assert {"white", "light_grey", "card_white", "jewelry_white"} <= {one["name"] for one in presets["presets"]}
        missing = await client.get(f"/items/{plan['plan_id']}")
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown_item")
        assert (await client.get("/plans", params={"sku": "a b"})).status_code == 422
    async with world.service.client("uploader") as client:
        assert (await client.get("/plans", params={"sku": sku})).status_code == 403
    published = await world.service.stated("PolicyPublished")
    assert [event["policy"]["sha256"] for event in published] == [presets["policy"]["sha256"]]


async def _some(world: Any, query: str, sku: str, count: int) -> bool:
    return len(await world.rows(query, sku)) >= count


async def _all(world: Any, query: str, sku: str, state: str) -> bool:
    return all(row["state"] == state for row in await world.rows(query, sku))


async def _none(world: Any, query: str) -> bool:
    return not await world.rows(query)
