"""The overview's projection on a real bus and database, and its pages at 50,000 SKUs (R-101)."""

import asyncio
import random
from uuid import uuid4

import pytest

from integration.console.conftest import Rig
from support.bus import until
from support.many_skus import fill
from support.progress_facts import Life
from trueshelf_console.service.overview import prune
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.lag import consumer_lag

pytestmark = pytest.mark.integration
MANY = 50_000
MOST_BYTES = 500_000


async def test_a_life_goes_through_every_stage_whatever_order_and_however_often_r101(rig: Rig):
    life = Life(f"ring-{uuid4().hex[:8]}", batch=uuid4())
    photos = [life.opened(), life.captured(), life.ready("Кольцо <b>«Заря»</b>")]
    await rig.send(photos)
    await rig.stands(life.sku, "ready")
    drafts = [life.later(life.planned()), *(life.later(fact) for fact in life.drafts())]
    await rig.send(drafts)
    row = await rig.stands(life.sku, "review")
    assert (row["planned"], row["made"], row["checked"]) == (2, 2, 2)
    approval = life.approved()
    decided = [approval, life.sealed(), life.drawn(), life.passed(approval)]
    random.Random(7).shuffle(decided)
    await rig.send(decided)
    await rig.stands(life.sku, "export")
    await rig.send([life.packed(), life.ordered()])
    await rig.stands(life.sku, "packed")
    before, counted = await rig.row(life.sku), await _tallies(rig)
    await _forget_the_inbox(rig)  # so that repetition meets the projection itself
    await rig.send([*photos, *drafts, *decided])
    last = life.outcome()
    await rig.send([last])
    await rig.stands(life.sku, "after")

    async def taken() -> bool:
        return not await _behind(rig)

    await until(taken, 30, "everything to be taken in")
    after = await rig.row(life.sku)
    assert after
    assert before
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"stage", "since"}, "what was stated twice changed nothing"
    assert await _tallies(rig) == counted, "each fact is counted once"


async def _tallies(rig: Rig) -> dict[str, int]:
    connection = await rig.connect()
    try:
        rows = await connection.fetch("SELECT what, sum(n)::int AS n FROM progress_tally GROUP BY what")
    finally:
        await connection.close()
    return {row["what"]: row["n"] for row in rows}


async def _behind(rig: Rig) -> int:
    """Return how many records the console has not taken in."""
    return sum((await consumer_lag({"bootstrap_servers": rig.bootstrap}, ["console"])).values())


async def _forget_the_inbox(rig: Rig) -> None:
    connection = await rig.connect()
    try:
        await connection.execute("DELETE FROM inbox")
    finally:
        await connection.close()


async def test_the_pages_show_it_and_say_hostile_names_as_text(rig: Rig):
    life = Life(f"кольцо-{uuid4().hex[:8]}", batch=uuid4(), category="hostile")
    title = 'Ring <b>"gold"</b> \u202egnir <script>alert(1)</script>'
    await rig.send([life.opened(), life.captured(), life.capture_refused("macro"), life.ready(title)])
    other = Life(f"blurred-{uuid4().hex[:8]}")
    await rig.send([other.capture_refused("front")])
    await rig.stands(life.sku, "ready")
    await rig.stands(other.sku, "source")
    person = await rig.person("anton")
    found = await person.get("/overview", params={"q": life.sku.upper()})
    assert found.status_code == 200
    assert "<b>" not in found.text
    assert "<script>alert" not in found.text
    assert "&lt;script&gt;alert(1)" in found.text
    stuck = await person.get("/overview", params={"q": other.sku, "stuck": "true"})
    assert "sharpness.blurred" in stuck.text
    assert "ingest does not say which" in stuck.text, "ingest is away; the page works and says so"
    batch = await person.get(f"/overview/batches/{life.batch}")
    assert life.sku in batch.text
    assert (await person.get(f"/overview/batches/{uuid4()}")).status_code == 404
    named = await person.get("/overview", params={"q": str(life.batch)})
    assert named.headers["location"] == f"/overview/batches/{life.batch}"
    for nonsense in ("%", "_", "\\", "'; DROP TABLE progress; --", "\x00"):
        assert (await person.get("/overview", params={"q": nonsense})).status_code == 200


async def test_an_unchanged_page_is_answered_without_a_body(rig: Rig):
    person = await rig.person("anton")
    first = await person.get("/overview/live?q=nothing-is-called-so")
    again = await person.get("/overview/live?q=nothing-is-called-so", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code in {200, 304}
    assert again.status_code == 304 or again.headers["etag"] != first.headers["etag"]


async def test_a_long_queue_that_moves_is_not_stuck_and_one_that_stands_is(rig: Rig):
    """R-101: 400 drafts before one SKU take 4 hours at 100 an hour; after 3 of them it just waits for its turn."""
    sku = f"queued-{uuid4().hex[:8]}"
    connection = await rig.connect()
    fill = """
    INSERT INTO progress (sku, sku_version, stage, since, stuck, category, planned)
    VALUES ($1, 1, 'drafts', now() - interval '3 hours', false, 'queued', 400)
    """
    await connection.execute(fill, sku)
    tally = "INSERT INTO progress_tally VALUES (date_bin('5 minutes', now(), '2020-01-01T00:00:00Z'), 'drafts', 100)"
    person = await rig.person("anton")

    async def stuck() -> bool:
        page = await person.get("/overview", params={"q": sku, "stuck": "true"})
        return f"/intake/skus/{sku}" in page.text

    try:
        await connection.execute("DELETE FROM progress_tally WHERE what = 'drafts'")
        await until(stuck, 40, "a queue that stands to be called stuck")
        await connection.execute(tally)

        async def waits() -> bool:
            return not await stuck()

        await until(waits, 40, "a queue that moves to be waited for")
    finally:
        await connection.execute("DELETE FROM progress WHERE sku = $1", sku)
        await connection.execute("DELETE FROM progress_tally WHERE what = 'drafts'")
        await connection.close()


async def test_tallies_that_no_chart_shows_are_dropped(rig: Rig):
    connection = await rig.connect()
    try:
        old, young = "now() - interval '9 days'", "now() - interval '2 days'"
        for at in (old, young):
            await connection.execute(f"INSERT INTO progress_tally VALUES ({at}, 'pruned', 1)")
        async with Database.open(rig.service.db.dsn, "console") as db:
            task = asyncio.create_task(prune(db, SystemClock()))

            async def one() -> bool:
                return await connection.fetchval("SELECT count(*) FROM progress_tally WHERE what = 'pruned'") == 1

            await until(one, 20, "the old tally to be dropped")
            task.cancel()
    finally:
        await connection.execute("DELETE FROM progress_tally WHERE what = 'pruned'")
        await connection.close()


@pytest.mark.parametrize(
    "query", ["", "?stage=review", "?stuck=true", "?category=category_3", "?q=bulk-499", "?q=заря", "?q=nowhere"]
)
async def test_an_overview_of_50000_skus_answers_every_question(rig: Rig, query: str):
    """How fast is for `make bench-review` to say: a busy machine must not turn this red."""
    connection = await rig.connect()
    try:
        await fill(connection, MANY)
    finally:
        await connection.close()
    person = await rig.person("anton")
    answer = await person.get(f"/overview{query}")
    assert answer.status_code == 200
    assert len(answer.content) < MOST_BYTES, "a page of it, never all of it"
