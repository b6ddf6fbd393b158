"""ingest on real PostgreSQL, Kafka and S3, through its HTTP API."""

import asyncio
import io
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFilter

from support.running import RunningService
from trueshelf_ingest.batches import Batches
from trueshelf_ingest.sql import SQL
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.db import Database

pytestmark = pytest.mark.integration
REVIEWER = {"kind": "person", "id": "acc_1", "role": "reviewer", "session": "ses_1"}
SAMPLES = Path(__file__).parents[3] / "deploy" / "samples" / "photos"


def photo(seed: int = 0, *, blurred: bool = False) -> bytes:
    """A small phone-like photo: structure on plain paper, a little noise, different for each seed."""
    rng = np.random.default_rng(seed)
    rgb = np.full((480, 640, 3), 200.0)
    for x in range(200, 440, 20):
        rgb[120:360, x : x + 10] = rng.integers(20, 180, size=3)
    rgb = np.clip(rgb + rng.normal(0, 1.0, rgb.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(rgb)
    if blurred:
        image = image.filter(ImageFilter.GaussianBlur(8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def name(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(4)}"


async def open_intake(client: httpx.AsyncClient, reference: str | None = None) -> str:
    answer = await client.post("/intakes", json={"reference": reference or name("delivery")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["intake_id"])


async def put_sku(client: httpx.AsyncClient, sku: str, intake: str, category: str, **card: Any) -> httpx.Response:
    return await client.put(f"/skus/{sku}", json={"intake_id": intake, "category": category, "title": "A thing"} | card)


async def send(
    client: httpx.AsyncClient, sku: str, intake: str, shot: str, data: bytes, *, file: str = "p.jpg", **form: str
) -> httpx.Response:
    fields = {"intake_id": intake, "shot": shot, "rights_basis": "own"} | form
    media = "image/png" if file.endswith("png") else "image/jpeg"
    return await client.post(f"/skus/{sku}/captures", data=fields, files={"photo": (file, data, media)})


async def deliver(client: httpx.AsyncClient, sku: str, category: str, intake: str, seed: int = 0) -> None:
    assert (await put_sku(client, sku, intake, category)).status_code == 201
    for place, shot in enumerate(("front", "profile", "macro")):
        assert (await send(client, sku, intake, shot, photo(seed * 10 + place))).status_code == 202
    assert (await client.post(f"/skus/{sku}/complete")).status_code == 200


async def of_sku(service: RunningService, sku: str, *types: str) -> list[dict[str, Any]]:
    return [event for event in await service.stated(*types) if event.get("sku") == sku]


async def settled(service: RunningService, client: httpx.AsyncClient, intake: str) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        view: dict[str, Any] = (await client.get(f"/intakes/{intake}")).json()
        if all(c["state"] != "received" for c in view["captures"]) and view["state"] != "complete":
            return view
        assert asyncio.get_running_loop().time() < deadline, view
        await asyncio.sleep(0.05)


async def test_r02_r03_r04_a_sku_becomes_ready_with_originals_sources_and_rights(ingest: RunningService) -> None:
    sku, category = name("МАГ"), name("cat").lower()
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        for place, shot in enumerate(("front", "profile", "macro")):
            form = {
                "warehouse_batch": "WB-7",
                "colour_note": "cognac",
                "rights_basis": "licensed",
                "rights_reference": "INV-1",
            }
            answer = await send(client, sku, intake, shot, photo(place), **form)
            assert answer.status_code == 202, answer.text
        await client.post(f"/skus/{sku}/complete")
        await settled(ingest, client, intake)
    (ready,) = await of_sku(ingest, sku, "SkuReady")
    assert {c["shot"] for c in ready["captures"]} == {"front", "profile", "macro"}
    capture = ready["captures"][0]
    assert capture["warehouse_batch"] == "WB-7"
    assert capture["rights"] == {"basis": "licensed", "reference": "INV-1"}
    assert capture["original"]["bucket"].endswith("originals")
    assert capture["source"]["bucket"].endswith("sources")
    assert capture["source"]["media_type"] == "image/png"
    accepted = await of_sku(ingest, sku, "CaptureAccepted")
    assert len({event["correlation_id"] for event in [*accepted, ready]}) == 1


async def test_the_same_delivery_twice_changes_nothing(ingest: RunningService) -> None:
    sku, category, reference = name("S"), name("cat").lower(), name("ref")
    async with ingest.client("capturer") as client:
        intake = await open_intake(client, reference)
        await deliver(client, sku, category, intake)
        await settled(ingest, client, intake)
        before = await of_sku(ingest, sku)
        assert await open_intake(client, reference) == intake
        assert (await put_sku(client, sku, intake, category)).status_code == 200
        again = await send(client, sku, intake, "front", photo(0))
        assert again.status_code == 200
        assert again.json()["state"] == "accepted"
    assert await of_sku(ingest, sku) == before


async def test_r11_not_ready_until_every_required_shot_is_there(ingest: RunningService) -> None:
    sku, category = name("J"), "jewelry"
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        await send(client, sku, intake, "front", photo(50))
        await client.post(f"/skus/{sku}/complete")
        await settled(ingest, client, intake)
        view = (await client.get(f"/skus/{sku}")).json()
    assert view["state"] == "collecting"
    assert view["missing_shots"] == ["clasp", "macro", "profile"]
    assert not await of_sku(ingest, sku, "SkuReady")


async def test_r14_macro_of_jewelry_cannot_be_waived(ingest: RunningService) -> None:
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        answer = await put_sku(client, name("J"), intake, "jewelry", waived={"macro": "no time"})
    assert answer.status_code in {409, 422}
    assert answer.json()["code"] == "not_waivable"


async def test_r06_blurred_and_corrupt_photos_are_refused_the_rest_goes_on(ingest: RunningService) -> None:
    sku, category = name("B"), name("cat").lower()
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        await send(client, sku, intake, "front", photo(60, blurred=True))
        await send(client, sku, intake, "profile", photo(61)[:4000])
        await send(client, sku, intake, "macro", photo(62))
        await client.post(f"/intakes/{intake}/complete")
        view = await settled(ingest, client, intake)
        whole = (await client.get(f"/intakes/{intake}/summary")).json()
        short = (await client.get(f"/intakes/{intake}/summary", params={"limit": 1})).json()
        assert (await client.get(f"/intakes/{uuid4()}/summary")).status_code == 404
    refused = [capture for capture in view["captures"] if capture["state"] == "refused"]
    assert whole["first_refused"] == refused
    assert short == whole | {"first_refused": refused[:1]}
    numbers = {name: whole[name] for name in ("received", "accepted", "refused", "skus", "ready", "first_collecting")}
    assert numbers == {
        "received": 0, "accepted": 1, "refused": 2, "skus": 1, "ready": 0, "first_collecting": [sku],
    }  # fmt: skip
    assert whole["warned"] == 1, "the macro is small"
    states = {c["shot"]: (c["state"], [f["code"] for f in c["findings"]]) for c in view["captures"]}
    assert states["front"] == ("refused", ["small", "blurred"])
    assert states["profile"] == ("refused", ["corrupt"])
    assert states["macro"][0] == "accepted"
    assert len(await of_sku(ingest, sku, "CaptureRefused")) == 2


async def test_a_lying_name_a_huge_file_and_an_animation_are_refused_with_words(ingest: RunningService) -> None:
    sku, category = name("L"), name("cat").lower()
    frames = [Image.new("RGB", (400, 400), colour) for colour in ("red", "blue")]
    moving = io.BytesIO()
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:])
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        gif = await send(client, sku, intake, "front", b"GIF89a", file="p.gif")
        assert (gif.status_code, gif.json()["code"]) == (415, "unsupported")
        huge = await send(client, sku, intake, "front", b"\xff\xd8\xff" + bytes(20_000_000))
        assert huge.status_code == 413
        await send(client, sku, intake, "profile", photo(70), file="p.png")
        await client.post(
            f"/skus/{sku}/captures",
            data={"intake_id": intake, "shot": "macro", "rights_basis": "own"},
            files={"photo": ("p.webp", moving.getvalue(), "image/webp")},
        )
        await client.post(f"/intakes/{intake}/complete")
        view = await settled(ingest, client, intake)
    codes = {c["shot"]: c["findings"][0]["code"] for c in view["captures"]}
    assert codes == {"profile": "type_mismatch", "macro": "animated"}


async def test_every_format_is_decoded_by_a_child_without_rights(ingest: RunningService) -> None:
    sku, category = name("F"), name("cat").lower()
    image = Image.open(io.BytesIO(photo(80)))
    png, webp, heic = io.BytesIO(), io.BytesIO(), io.BytesIO()
    image.save(png, "PNG")
    image.save(webp, "WEBP", quality=95)
    pillow_heif.from_pillow(image).save(heic, quality=90)
    files = {
        "front": ("p.png", png.getvalue(), "image/png"),
        "profile": ("p.webp", webp.getvalue(), "image/webp"),
        "macro": ("p.HEIC", heic.getvalue(), "image/heic"),
    }
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        for shot, file in files.items():
            data = {"intake_id": intake, "shot": shot, "rights_basis": "own"}
            answer = await client.post(f"/skus/{sku}/captures", data=data, files={"photo": file})
            assert answer.status_code == 202, answer.text
        await client.post(f"/intakes/{intake}/complete")
        view = await settled(ingest, client, intake)
    assert {c["shot"]: c["state"] for c in view["captures"]} == dict.fromkeys(files, "accepted"), view


async def test_illegal_sku_and_missing_rights_name_the_field(ingest: RunningService) -> None:
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        bad = await client.put("/skus/has%20space", json={"intake_id": intake, "category": "home", "title": "x"})
        assert bad.status_code == 422
        assert "may not stand in a SKU" in bad.text
        sku = name("R")
        await put_sku(client, sku, intake, "home")
        licensed = await send(client, sku, intake, "front", photo(1), rights_basis="licensed")
        assert licensed.json()["code"] == "rights_missing"
        unknown = await send(client, name("NO"), intake, "front", photo(1))
        assert unknown.json()["code"] == "unknown_sku"


async def test_r16_a_change_starts_the_next_version_and_asks_for_new_photos(ingest: RunningService) -> None:
    sku, category = name("C"), name("cat").lower()
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await deliver(client, sku, category, intake, seed=8)
        await settled(ingest, client, intake)
        closed = await send(client, sku, intake, "front", photo(999))
        assert closed.json()["code"] == "sku_is_ready"
        body = {"intake_id": intake, "reason": "new supplier", "changed": ["supplier"]}
        for _ in range(2):
            answer = await client.post(f"/skus/{sku}/changes", json=body, headers={"Idempotency-Key": "change-1"})
            assert answer.status_code == 201
        view = answer.json()
        assert (view["version"], view["state"], view["captures"]) == (2, "collecting", [])
        text = {"intake_id": intake, "reason": "typo", "changed": ["text"]}
        await deliver_again(client, sku, intake)
        await settled(ingest, client, intake)
        await client.post(f"/skus/{sku}/changes", json=text, headers={"Idempotency-Key": "change-2"})
        view = (await client.get(f"/skus/{sku}")).json()
    assert (view["version"], view["state"], len(view["captures"])) == (3, "ready", 3)
    assert [e["sku_version"] for e in await of_sku(ingest, sku, "SkuChanged")] == [2, 3]
    assert [e["sku_version"] for e in await of_sku(ingest, sku, "SkuReady")] == [1, 2, 3]


async def deliver_again(client: httpx.AsyncClient, sku: str, intake: str) -> None:
    for place, shot in enumerate(("front", "profile", "macro")):
        await send(client, sku, intake, shot, photo(900 + place))
    await client.post(f"/skus/{sku}/complete")


async def test_r27_batches_are_sealed_when_full_and_when_their_intake_ends(ingest: RunningService) -> None:
    category = name("cat").lower()
    skus = [name(f"R27-{i}") for i in range(4)]
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        for place, sku in enumerate(skus):
            await deliver(client, sku, category, intake, seed=100 + place)
        await client.post(f"/intakes/{intake}/complete")
        await settled(ingest, client, intake)
    sealed = [e for e in await ingest.stated("BatchSealed") if e["category"] == category]
    assert sorted((len(e["members"]), e["reason"]) for e in sealed) == [(1, "intake_ended"), (3, "full")]
    opened = [e for e in await ingest.stated("BatchOpened") if e["category"] == category]
    assert {e["batch_id"] for e in opened} == {e["batch_id"] for e in sealed}


async def test_roles_are_closed_by_default(ingest: RunningService) -> None:
    async with ingest.client("reviewer") as reviewer, httpx.AsyncClient(base_url=ingest.url) as nobody:
        assert (await reviewer.post("/intakes", json={"reference": "x"})).status_code == 403
        assert (await nobody.post("/intakes", json={"reference": "x"})).status_code == 401
        assert (await nobody.get("/batches")).status_code == 401


async def test_a_waiver_given_later_makes_a_declared_sku_ready(ingest: RunningService) -> None:
    sku, category = name("W"), name("cat").lower()
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await put_sku(client, sku, intake, category)
        for place, shot in enumerate(("front", "profile")):
            await send(client, sku, intake, shot, photo(700 + place))
        await client.post(f"/skus/{sku}/complete")
        await settled(ingest, client, intake)
        view = (await client.get(f"/skus/{sku}")).json()
        assert (view["state"], view["missing_shots"]) == ("collecting", ["macro"])
        waived = await put_sku(client, sku, intake, category, waived={"macro": "a plain bar of soap"})
    assert waived.json()["state"] == "ready"
    assert len(await of_sku(ingest, sku, "SkuReady")) == 1


async def test_r16_new_words_start_a_version_that_says_them_and_keeps_the_photos(ingest: RunningService) -> None:
    sku, category = name("T"), name("cat").lower()
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await deliver(client, sku, category, intake, seed=71)
        await settled(ingest, client, intake)
        body = {"intake_id": intake, "reason": "typo", "changed": ["text"], "title": "A better thing"}
        view = (await client.post(f"/skus/{sku}/changes", json=body)).json()
    assert (view["version"], view["state"], view["title"]) == (2, "ready", "A better thing")
    assert [event["title"] for event in await of_sku(ingest, sku, "SkuReady")] == ["A thing", "A better thing"]


async def test_r17_what_review_wants_again_is_listed_until_it_is_there(ingest: RunningService) -> None:
    """The first photo begins the next version; the other shot stays on the list until it is there."""
    sku, category = name("R"), name("cat").lower()

    async def asked(client: httpx.AsyncClient) -> list[str]:
        return [shot for each in (await client.get("/reshoots")).json() if each["sku"] == sku for shot in each["shots"]]

    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await deliver(client, sku, category, intake, seed=73)
        await settled(ingest, client, intake)
        assert await asked(client) == []
        async with Database.open(ingest.db.admin_dsn, "ingest") as db:
            wish = (uuid4(), sku, 1, ["front", "macro"], REVIEWER)
            await db.execute(SQL["reshoot_insert"], *wish, SystemClock().now())
        assert await asked(client) == ["front", "macro"]
        assert (await send(client, sku, intake, "front", photo(734))).status_code == 202
        assert (await client.get(f"/skus/{sku}")).json()["version"] == 2
        assert await asked(client) == ["macro"]
        assert (await send(client, sku, intake, "macro", photo(735))).status_code == 202
        assert await asked(client) == []


async def test_r27_who_joins_while_another_seals_is_named_or_opens_the_next_batch(ingest: RunningService) -> None:
    """Every SkuReady's batch names it when sealed: else its spot check never comes and it can never be exported."""
    category, first, second = name("cat").lower(), name("S"), name("S")
    async with ingest.client("capturer") as client:
        intake = await open_intake(client)
        await deliver(client, first, category, intake, seed=72)
        await settled(ingest, client, intake)
        assert (await put_sku(client, second, intake, category)).status_code == 201
    batches = Batches(3, SystemClock())
    async with Database.open(ingest.db.admin_dsn, "ingest") as db:
        (ready,) = await of_sku(ingest, first, "SkuReady")
        async with db.transaction() as sealing:
            assert await batches.seal(sealing, UUID(ready["batch_id"]), "asked")

            async def join() -> UUID:
                async with db.transaction() as tx:
                    return await batches.join(tx, second, 1, category, UUID(intake))

            joining = asyncio.create_task(join())
            await waits_for_a_lock(db)
        joined = await joining
    assert str(joined) != ready["batch_id"]


async def waits_for_a_lock(db: Database) -> None:
    async with asyncio.timeout(4):
        while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - of the server
            await asyncio.sleep(0.02)
