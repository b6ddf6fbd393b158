"""Scenes of the user's own, and light that is kept: brought with rights, used, out of use (R-04, R-21, R-46)."""

from typing import Any

import cv2
import numpy as np
import pytest

from trueshelf_imaging.pixels import decode_png, encode_png, pixel_sha256

pytestmark = pytest.mark.integration
FORM = {"title": "Kitchen", "surface": "0.8", "light_from": "180", "width_cm": "100", "rights_basis": "own"}


def room(seed: int = 1) -> np.ndarray:
    made = np.full((900, 1200, 3), (205, 200, 190), np.uint8)
    made[540:] = (150, 115, 80)
    return np.clip(made + np.random.default_rng(seed).normal(0, 2, made.shape), 0, 255).astype(np.uint8)


async def brought(client: Any, data: bytes, name: str = "room.png", **form: str) -> Any:
    told = FORM | {"rights_note": "own studio"} | form
    return await client.post("/scenes", data=told, files={"picture": (name, data, "image/png")})


async def test_a_product_is_set_into_a_scene_of_ones_own_in_true_size_r04_r21_r46(world: Any, photo: Any) -> None:
    async with world.service.client("operator") as client:
        answer = await brought(client, encode_png(room()))
        assert answer.status_code == 201, answer.text
        scene = answer.json()
        assert scene["image"]["pixel_sha256"] == pixel_sha256(room()), "bound by its hash"
        assert (scene["rights_note"], scene["made_by"]["role"]) == ("own studio", "operator")
        assert (await brought(client, encode_png(room()))).json()["scene_id"] == scene["scene_id"], "once is once"
        values = {"mode": "lifestyle", "title": "In the kitchen", "shadow": "contact", "scene": scene["scene_id"]}
        body = {"name": "kitchen", "values": {**values, "fill": 0.6}}
        assert (await client.post("/presets", json=body)).status_code == 201
        assert (await client.post("/presets/kitchen/1/confirm")).status_code == 200
        rule = {"main": ["white", "light_grey"], "slots": {"social": "kitchen"}}
        assert (await client.post("/rules/bowls", json=rule)).status_code == 201

    sku = world.names()
    near = cv2.resize(photo(seed=81), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    ready = await world.ready(sku, await world.capture("front", near), category="bowls")
    made = {event["slot"]: event for event in await world.outcomes(sku, 3)}
    social = made["social"]
    assert (social["type"], social["mode"]) == ("VariantGenerated", "lifestyle")
    assert social["scene"] == scene["image"]
    assert (social["background"], social["pixel_proof"]) == (None, None)
    assert social["generator"]["generative"] is False
    assert social["generator"]["parameters"]["true_to_size"] is False
    master = decode_png(await world.picture(social["master"]))
    assert master.shape == room().shape
    assert np.array_equal(master[:200], room()[:200]), "nothing else is added"

    await world.ask(ready, "social", 2, height_cm=12.5)
    second = (await world.outcomes(sku, 4))[-1]
    assert second["generator"]["parameters"]["true_to_size"] is True
    assert second["generator"]["parameters"]["height_cm"] == 12.5
    placed = second["transforms"][0]["placement"]
    assert placed["scale"] == pytest.approx(12.5 / 100 * 1200 / 702, rel=0.05), "the bowl is about 702 pixels high"

    await world.ask(ready, "main", 2, preset="kitchen")
    assert (await world.outcomes(sku, 5))[-1]["reason"]["code"] == "not_for_main"
    async with world.service.client("admin") as client:
        gone = await client.post(f"/scenes/{scene['scene_id']}/retire", json={"reason": "the lease is over"})
        assert gone.status_code == 200
        assert (await client.post(f"/scenes/{scene['scene_id']}/retire", json={"reason": "x"})).status_code == 404
    await world.ask(ready, "social", 3)
    refused = (await world.outcomes(sku, 6))[-1]
    assert (refused["reason"]["code"], refused["mode"]) == ("scene_retired", "lifestyle")
    acts = {event["act"]: event for event in await world.service.stated("ActRecorded") if "scene" in event["act"]}
    assert acts["generate.scene_added"]["details"]["rights_note"] == "own studio"
    assert acts["generate.scene_retired"]["reason"] == "the lease is over"


@pytest.mark.parametrize(
    ("data", "name", "form", "status"),
    [
        (b"no picture", "room.png", {}, 409),
        (encode_png(room())[:900], "room.png", {}, 409),
        (encode_png(room()), "room.jpg", {}, 409),
        (encode_png(room()), "room.gif", {}, 415),
        (encode_png(room()[:300, :400]), "room.png", {}, 422),
        (encode_png(room()), "room.png", {"surface": "7"}, 422),
        (encode_png(room()), "room.png", {"rights_note": ""}, 422),
        (encode_png(room()), "room.png", {"rights_basis": "found it"}, 422),
    ],
    ids=["text", "cut off", "lying name", "ending", "small", "nowhere", "no right", "wrong right"],
)
async def test_what_is_no_scene_or_has_no_right_is_refused_r04(
    world: Any, data: bytes, name: str, form: dict[str, str], status: int
) -> None:
    async with world.service.client("operator") as client:
        answer = await brought(client, data, name, **form)
        assert answer.status_code == status, answer.text
        assert answer.json()["code"]


async def test_the_light_of_glass_is_kept_and_nothing_is_cut(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo(seed=91)))
    await world.outcomes(sku, 2)
    await world.ask(ready, "main", 2, preset="white_light")
    second = (await world.outcomes(sku, 4))[2:]
    kept = next(event for event in second if event["preset"] == "white_light")
    assert (kept["type"], kept["cutout"], kept["edge_gate"]) == ("VariantGenerated", None, None)
    assert [one["kind"] for one in kept["transforms"]] == ["placement", "keep_light"]
    master, source = [decode_png(await world.picture(kept[name])) for name in ("master", "source")]
    assert master.shape == source.shape
    assert tuple(master[5, 5]) == (255, 255, 255)
    grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)
    assert grey[5, 5] < 230, "the paper was grey before"
