"""Presets that people write: drafts until confirmed, on record, in force from the next plan on (R-21, R-22, R-29)."""

from typing import Any

import pytest

from support.bus import until
from trueshelf_imaging.pixels import decode_png

pytestmark = pytest.mark.integration


async def drafted(client: Any, name: str, copy_of: str, **values: Any) -> Any:
    return await client.post("/presets", json={"name": name, "copy_of": copy_of, "values": values})


async def test_a_copied_preset_is_a_draft_until_a_named_person_confirms_it_r29(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo(seed=31)))
    await world.outcomes(sku, 2)
    async with world.service.client("operator") as client:
        made = await drafted(client, "autumn", "light_grey", background=[236, 236, 236], title="Autumn", fill=0.8)
        assert made.status_code == 201, made.text
        (draft,) = [one for one in made.json()["drafts"] if one["name"] == "autumn"]
        assert (draft["number"], draft["copied_from"].split()[0]) == (1, "light_grey")
        assert "autumn" not in {one["name"] for one in made.json()["presets"]}
        before = made.json()["policy"]

        await world.ask(ready, "main", 2, preset="autumn")
        refused = (await world.outcomes(sku, 3))[-1]
        assert refused["reason"]["code"] == "preset_unknown"
        assert "confirmed" in refused["advice"]

        seen = (await client.post("/presets/autumn/1/confirm")).json()
        assert seen["policy"]["version"] != before["version"]
        assert seen["confirmed"]["autumn"]["confirmed_by"]["role"] == "operator"
        assert (await client.post("/presets/autumn/1/confirm")).status_code == 409

        await world.ask(ready, "main", 3, preset="autumn")
        third = (await world.outcomes(sku, 5))[3:]
        autumn = next(event for event in third if event["preset"] == "autumn")
        assert autumn["background"] == [236, 236, 236]
        assert autumn["presets"] == seen["policy"]
        assert autumn["generator"]["parameters"]["preset_version"] == "autumn 1"
        assert autumn["generator"]["parameters"]["preset_sha256"] == draft["sha256"]
        assert tuple(decode_png(await world.picture(autumn["master"]))[0, 0]) == (236, 236, 236)

        again = await drafted(client, "autumn", "autumn", fill=0.7)
        assert [one["number"] for one in again.json()["drafts"] if one["name"] == "autumn"] == [2]
        replaced = (await client.post("/presets/autumn/2/confirm")).json()
        assert {one["name"]: one["fill"] for one in replaced["presets"]}["autumn"] == 0.7
    acts = [event for event in await world.service.stated("ActRecorded") if "preset" in event["act"]]
    assert {"generate.preset_drafted", "generate.preset_confirmed"} <= {event["act"] for event in acts}
    assert all(event["actor"]["id"] for event in acts)
    published = [event for event in await world.service.stated("PolicyPublished") if event["policy"] == seen["policy"]]
    assert [event["actor"]["role"] for event in published] == ["operator"]


async def test_impossible_values_are_refused_with_field_value_and_what_is_allowed(world: Any) -> None:
    async with world.service.client("admin") as client:
        wrong = await drafted(client, "Bad name", "white", fill=7, background=[0, 0, 0], shadow="long")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_preset")
        told = {one["field"]: one["message"] for one in wrong.json()["errors"]}
        assert set(told) == {"values.name", "values.fill", "values.background", "values.shadow"}
        assert "7" in told["values.fill"]
        assert "0.4 to 0.98" in told["values.fill"]
        assert (await drafted(client, "mine", "white", sparkle=True)).status_code == 422
        assert (await drafted(client, "white", "light_grey")).status_code == 422, "a release's preset stays what it is"
        assert (await drafted(client, "mine", "nowhere")).status_code == 404
        assert (await drafted(client, "mine", "as_shot")).status_code == 422
        assert (await client.post("/presets/nowhere/1/confirm")).status_code == 404
        rule = await client.post("/rules/home", json={"main": ["white"]})
        assert (rule.status_code, "R-22" in rule.text) == (422, True)
        assert "mine" not in {one["name"] for one in (await client.get("/presets")).json()["drafts"]}


async def test_a_machine_writes_drafts_but_confirms_nothing(world: Any) -> None:
    async with world.service.client("operator", "robot", kind="machine") as client:
        assert (await drafted(client, "robotic", "white")).status_code == 201
        assert (await client.post("/presets/robotic/1/confirm")).json()["code"] == "person_needed"
        assert (await client.post("/rules/home", json={"main": ["white", "card_white"]})).status_code == 409
        assert (await client.post("/presets/robotic/1/drop", json={"reason": "a try"})).status_code == 200


async def test_a_categorys_rule_decides_what_is_planned_r22(world: Any, photo: Any) -> None:
    async with world.service.client("operator") as client:
        body = {
            "main": ["card_white", "white_shadow", "white_lighter"],
            "slots": {"profile": "card_white"},
            "reason": "trial",
        }
        given = await client.post("/rules/lamps", json=body)
        assert given.status_code == 201, given.text
        assert given.json()["rules"]["lamps"]["given_by"]["role"] == "operator"
        assert (await client.post("/presets/card_white/1/drop", json={"reason": "x"})).status_code == 404
    sku = world.names()
    captures = await world.capture("front", photo(seed=41)), await world.capture("profile", photo(seed=42))
    await world.ready(sku, *captures, category="lamps")
    made = {(event["slot"], event["preset"]): event for event in await world.outcomes(sku, 4)}
    assert set(made) == {
        ("main", "card_white"), ("main", "white_shadow"), ("main", "white_lighter"), ("profile", "card_white"),
    }  # fmt: skip
    card, lighter = made["main", "card_white"], made["main", "white_lighter"]
    assert (card["mode"], len(card["transforms"])) == ("exact_card", 1)
    assert card["pixel_proof"]["source_core_sha256"] == card["pixel_proof"]["master_core_sha256"]
    assert made["main", "white_shadow"]["shadow"] == "natural"
    (gain,) = [one for one in lighter["transforms"] if one["kind"] == "gain"]
    assert gain["channel_gain"] == lighter["pixel_proof"]["channel_gain"]
    assert len(set(gain["channel_gain"])) == 1


async def test_of_several_exposures_the_best_is_taken_and_the_choice_recorded_r12(world: Any, photo: Any) -> None:
    import cv2  # noqa: PLC0415 - for one blurred photo

    sku = world.names()
    sharp = photo(seed=51)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    captures = await world.capture("front", soft), await world.capture("front", sharp)
    await world.ready(sku, *captures)
    made = await world.outcomes(sku, 2)
    assert {event["capture_id"] for event in made} == {str(captures[1].capture_id)}
    (planned,) = await world.of(sku, "GenerationPlanned")
    (choice,) = planned["choices"]
    assert (choice["shot"], choice["chosen"]) == ("front", str(captures[1].capture_id))
    better, worse = choice["measured"]
    assert better["sharpness"] > worse["sharpness"] > 0


async def test_a_box_stays_when_only_the_preset_is_changed_r26(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo(clutter=True)))
    await world.outcomes(sku, 2)
    await world.ask(ready, "main", 2, box={"x": 0.2, "y": 0.2, "w": 0.6, "h": 0.6}, note="the bowl")
    await world.outcomes(sku, 4)
    await world.ask(ready, "main", 3, preset="white_contact")
    third = (await world.outcomes(sku, 6))[4:]
    drafts = [event for event in third if event["type"] == "VariantGenerated"]
    assert {event["preset"] for event in third} == {"white_contact", "white"}
    assert all(event["generator"]["parameters"]["hinted"] for event in drafts)
    assert drafts, third


async def test_one_that_is_asked_for_goes_ahead_of_the_backlog_r26(world: Any, photo: Any) -> None:
    sku = world.names()
    ready = await world.ready(sku, await world.capture("front", photo(seed=61)))
    await world.outcomes(sku, 2)
    crowd = [world.names() for _ in range(6)]
    for index, name in enumerate(crowd):
        await world.ready(name, await world.capture("front", photo(seed=70 + index)))

    async def waiting() -> bool:
        return len(await world.rows("SELECT 1 FROM generate.plan WHERE sku = ANY($1)", crowd)) == len(crowd)

    await until(waiting, 60, "a backlog")
    await world.ask(ready, "main", 2, preset="card_white")
    await world.outcomes(sku, 4)
    done = [event["sku"] for event in await world.service.stated("VariantGenerated")]
    assert sum(name in crowd for name in done) < 2 * len(crowd), "it did not wait until the backlog was done"
    for name in crowd:
        await world.outcomes(name, 2)
