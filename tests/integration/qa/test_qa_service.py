"""qa on real PostgreSQL, Kafka and S3: events in, facts and reports out."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from aiokafka import AIOKafkaProducer

from support.backing import S3Server
from support.qa_facts import drafted, sku_changed, sku_name, sku_ready, stamped
from support.qa_pictures import WHITE, honest, source
from support.qa_rig import QaRig
from trueshelf_contracts.event import Event, PolicyRef
from trueshelf_contracts.export import FileRules, RenditionRendered
from trueshelf_contracts.generate import VariantGenerated
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.qa import RenditionChecked, Report, VariantChecked
from trueshelf_contracts.refs import ImageRef, Placement, Service
from trueshelf_imaging.pixels import encode_png, pixel_sha256

pytestmark = pytest.mark.integration


async def stored(qa: QaRig, picture: np.ndarray, area: Any = "drafts") -> ImageRef:
    height, width = picture.shape[:2]
    png = encode_png(picture)
    return await qa.store.put_image(
        area, png, "image/png", width=width, height=height, pixel_sha256=pixel_sha256(picture)
    )


async def variant(qa: QaRig, draft: np.ndarray, **own: Any) -> VariantGenerated:
    photo, master = await stored(qa, source(), "sources"), await stored(qa, draft)
    return drafted(**({"source": photo, "master": master, "preview": master} | own))


async def rendition(qa: QaRig, file: np.ndarray, rules: FileRules | None = None) -> RenditionRendered:
    photo, master, made = await stored(qa, source(), "sources"), await stored(qa, honest()), await stored(qa, file)
    rendition_id = uuid4()
    return RenditionRendered(
        **stamped("RenditionRendered", rendition_id),
        sku=sku_name(),
        sku_version=1,
        order_id=uuid4(),
        pack_id=uuid4(),
        rendition_id=rendition_id,
        variant_id=uuid4(),
        approval_id=uuid4(),
        marketplace="ozon",
        profile=PolicyRef(kind="profile", name="ozon", version="1", sha256="0" * 64),
        category="home",
        slot="main",
        position=1,
        source=photo,
        master=master,
        rendition=made,
        placement=Placement(scale=1, offset_x=0, offset_y=0),
        pad=WHITE,
        generative=False,
        rules=rules,
    )


async def say(qa: QaRig, producer: Service, *events: Event) -> None:
    async with AIOKafkaProducer(bootstrap_servers=qa.bootstrap) as bus:
        for event in events:
            headers = [(key, value.encode()) for key, value in cloud_event_headers(event, producer).items()]
            await bus.send_and_wait(
                f"trueshelf.{producer}", event.model_dump_json().encode(), key=event.key.encode(), headers=headers
            )


async def until(found: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := await found()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:.0f} s"
        await asyncio.sleep(0.05)
    return value


async def answer(qa: QaRig, event: VariantGenerated) -> VariantChecked:
    async def found() -> dict[str, Any] | None:
        stated = await qa.service.stated("VariantChecked")
        return next((fact for fact in stated if fact["variant_id"] == str(event.variant_id)), None)

    return VariantChecked.model_validate(await until(found))


async def row(qa: QaRig, subject: UUID) -> Any:
    connection = await asyncpg.connect(qa.service.db.admin_dsn)
    try:
        return await connection.fetchrow("SELECT * FROM qa.subject WHERE subject_id = $1", subject)
    finally:
        await connection.close()


async def test_r40_an_honest_draft_is_checked_clear_with_report_and_evidence(qa: QaRig) -> None:
    event = await variant(qa, honest())
    await say(qa, "generate", event)
    fact = await answer(qa, event)
    assert fact.verdict == "clear", fact.checks
    assert (fact.cause_id, fact.correlation_id, fact.drill) == (event.event_id, event.correlation_id, True)
    assert fact.master_sha256 == event.master.sha256
    report = Report.model_validate_json(await qa.store.get(fact.report))
    assert report.thresholds == fact.thresholds
    assert (report.source_pixel_sha256, report.candidate_pixel_sha256) == (
        event.source.pixel_sha256,
        event.master.pixel_sha256,
    )
    assert [each.kind for each in fact.evidence] == ["heat_map", "edge_strip"]
    for each in fact.evidence:
        assert (await qa.store.get(each.image)).startswith(b"\x89PNG")


async def test_r40_a_draft_with_a_lost_part_stops_and_says_where(qa: QaRig) -> None:
    draft = honest()
    draft[250:, :170] = 255
    event = await variant(qa, draft)
    await say(qa, "generate", event)
    fact = await answer(qa, event)
    assert fact.verdict == "stop"
    missing = next(check for check in fact.checks if check.check == "missing_part")
    assert "lower left" in missing.sentence
    assert missing.checklist_item == "kit_unchanged"
    assert missing.sentences is not None
    assert "внизу слева" in missing.sentences.ru
    assert "төменгі сол жақта" in missing.sentences.kk
    shown = {each.check: each.image for each in fact.evidence if each.kind == "crops"}
    assert "missing_part" in shown
    assert (await qa.store.get(shown["missing_part"])).startswith(b"\x89PNG")
    report = Report.model_validate_json(await qa.store.get(fact.report))
    found = next(check for check in report.checks if check.check == "missing_part")
    assert found.margin is not None
    assert found.sentences == missing.sentences


async def test_r19_an_as_shot_draft_is_clear_and_says_why(qa: QaRig) -> None:
    event = await variant(qa, source(), mode="as_shot", background=None)
    await say(qa, "generate", event)
    fact = await answer(qa, event)
    assert fact.verdict == "clear"
    assert "equals the source" in fact.checks[-1].sentence


async def test_the_same_event_twice_is_one_fact_and_the_same_report(qa: QaRig) -> None:
    event = await variant(qa, honest())
    twin = await variant(qa, honest())
    twin = twin.model_copy(update={"variant_id": event.variant_id})  # another record of the same draft
    await say(qa, "generate", event, event, twin)
    first = await answer(qa, event)
    last = await variant(qa, honest())
    await say(qa, "generate", last)
    second = await answer(qa, last)
    stated = [f for f in await qa.service.stated("VariantChecked") if f["variant_id"] == str(event.variant_id)]
    assert len(stated) == 1
    one, two = [Report.model_validate_json(await qa.store.get(fact.report)) for fact in (first, second)]
    assert one.model_copy(update={"subject_id": two.subject_id}) == two
    assert first.report.key.endswith(".json")


async def test_r51_a_rendition_is_held_against_its_master(qa: QaRig) -> None:
    good, bad = await rendition(qa, honest()), await rendition(qa, honest()[:, :, ::-1].copy())
    await say(qa, "export", good, bad)

    async def both() -> dict[str, RenditionChecked]:
        facts = [RenditionChecked.model_validate(fact) for fact in await qa.service.stated("RenditionChecked")]
        mine = {str(f.rendition_id): f for f in facts if f.rendition_id in {good.rendition_id, bad.rendition_id}}
        return mine if len(mine) == 2 else {}

    facts = await until(both)
    assert facts[str(good.rendition_id)].verdict == "clear"
    assert facts[str(bad.rendition_id)].verdict == "stop"
    assert facts[str(good.rendition_id)].marketplace == "ozon"


async def test_r81_a_rendition_is_measured_by_the_numbers_that_its_event_carries(qa: QaRig) -> None:
    size = {"canvas_width": 480, "canvas_height": 360, "max_width": 480, "max_height": 360}
    rules = FileRules(**size, min_width=500, min_height=300, max_bytes=10_000_000, quality_floor=90)
    made = await rendition(qa, honest(), rules)
    await say(qa, "export", made)

    async def checked() -> RenditionChecked | None:
        facts = [RenditionChecked.model_validate(fact) for fact in await qa.service.stated("RenditionChecked")]
        return next((fact for fact in facts if fact.rendition_id == made.rendition_id), None)

    fact = await until(checked)
    told = next(check for check in fact.checks if check.check == "marketplace_rules")
    assert (fact.verdict, told.verdict) == ("stop", "stop")
    assert "it is no JPEG; it is 20 pixels too narrow" in told.sentence


async def test_r16_what_belongs_to_an_old_version_ends_quietly(qa: QaRig) -> None:
    sku = sku_name()
    changed = sku_changed(sku, 2)
    await say(qa, "ingest", changed)

    async def raised() -> Any:
        connection = await asyncpg.connect(qa.service.db.admin_dsn)
        try:
            return await connection.fetchval("SELECT version FROM qa.sku_version WHERE sku = $1", sku)
        finally:
            await connection.close()

    assert await until(raised) == 2
    old, new = await variant(qa, honest(), sku=sku), await variant(qa, honest(), sku=sku, sku_version=2)
    await say(qa, "generate", old, new)
    assert (await answer(qa, new)).verdict == "clear"
    assert (await row(qa, old.variant_id))["state"] == "ended"
    assert not [f for f in await qa.service.stated("VariantChecked") if f["variant_id"] == str(old.variant_id)]


async def test_a_picture_that_is_gone_ends_unjudged_and_the_worker_lives(qa: QaRig) -> None:
    event = await variant(qa, honest())
    gone = event.master.model_copy(update={"sha256": "e" * 64, "key": f"ee/{'e' * 64}.png"})
    lost = event.model_copy(update={"master": gone})
    after = await variant(qa, honest())
    await say(qa, "generate", lost, after)
    assert (await answer(qa, after)).verdict == "clear"
    fact = await answer(qa, lost)
    assert fact.verdict == "unjudged"
    assert "look at both yourself" in fact.checks[0].sentence


async def test_an_evidence_bucket_that_is_down_delays_and_loses_nothing(qa: QaRig, s3: S3Server) -> None:
    event = await variant(qa, honest())
    s3.stop()
    try:
        await say(qa, "generate", event)

        async def tried() -> Any:
            async with qa.service.client("operator") as client:
                health = await client.get("/readyz")
            return health.status_code == 503 and await row(qa, event.variant_id)

        assert (await until(tried))["state"] == "pending"
    finally:
        s3.start()
    assert (await answer(qa, event)).verdict == "clear"


async def test_a_draft_without_a_product_is_unjudged(qa: QaRig) -> None:
    event = await variant(qa, np.full((360, 480, 3), 255, np.uint8))
    await say(qa, "generate", event)
    assert (await answer(qa, event)).verdict == "unjudged"


async def test_the_thresholds_are_published_once_and_readable(qa: QaRig) -> None:
    await qa.service.wait_for("PolicyPublished")
    (fact,) = await qa.service.stated("PolicyPublished")
    async with qa.service.client("auditor") as client:
        view = (await client.get("/thresholds")).json()
    assert view["policy"] == fact["policy"]
    assert view["profiles"]["composited"]["default"]["proportions"]["stretch"]["flag"] > 0


async def test_a_report_is_read_by_those_who_may_and_by_nobody_else(qa: QaRig) -> None:
    event = await variant(qa, honest())
    await say(qa, "generate", event)
    fact = await answer(qa, event)
    async with qa.service.client("reviewer") as client:
        got = await client.get(f"/reports/{event.variant_id}")
        assert got.headers["etag"] == f'"{fact.report.sha256}"'
        assert Report.model_validate_json(got.content).verdict == "clear"
        unknown = await client.get(f"/reports/{uuid4()}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_checked")
    async with qa.service.client("capturer") as client:
        assert (await client.get(f"/reports/{event.variant_id}")).status_code == 403


async def test_r54_what_the_seller_says_of_an_article_is_kept_in_its_newest_version(qa: QaRig) -> None:
    sku = sku_name()
    known = sku_ready(sku, 2, kit=("bag", "strap"))
    await say(qa, "ingest", known, sku_ready(sku, 1, kit=("bag",)))
    event = await variant(qa, honest(), sku=sku, sku_version=2)
    await say(qa, "generate", event)
    assert (await answer(qa, event)).verdict == "clear"

    async def kept() -> Any:
        connection = await asyncpg.connect(qa.service.db.admin_dsn)
        try:
            return await connection.fetchrow("SELECT version, title, kit FROM qa.sku_card WHERE sku = $1", sku)
        finally:
            await connection.close()

    card = await until(kept)
    assert (card["version"], card["title"], json.loads(card["kit"])) == (2, known.title, ["bag", "strap"])


async def test_r54_a_card_that_promises_more_pieces_than_the_draft_shows_is_flagged_in_three_languages(
    qa: QaRig,
) -> None:
    sku = sku_name()
    await say(qa, "ingest", sku_ready(sku, 1, title="Набор из 5 кубиков", kit=("кубик",)))

    async def kept() -> Any:
        connection = await asyncpg.connect(qa.service.db.admin_dsn)
        try:
            return await connection.fetchval("SELECT title FROM qa.sku_card WHERE sku = $1", sku)
        finally:
            await connection.close()

    assert await until(kept)
    event = await variant(qa, honest(), sku=sku)
    closer = await variant(qa, honest(), sku=sku, slot="macro")
    await say(qa, "generate", event, closer)
    fact = await answer(qa, event)
    assert fact.verdict == "flag"
    pieces = next(check for check in fact.checks if check.check == "pieces")
    assert (pieces.verdict, pieces.checklist_item) == ("flag", "kit_unchanged")
    assert "speaks of 5 pieces (“Набор из 5”), the picture shows 1" in pieces.sentence
    assert pieces.sentences is not None
    assert "о предметах: 5" in pieces.sentences.ru
    assert "зат саны: 5" in pieces.sentences.kk
    assert (await answer(qa, closer)).verdict == "clear", "a close-up may show fewer"
