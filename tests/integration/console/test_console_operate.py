"""Operate on real servers: who is down and since when, dead letters seen, replayed and dropped, on record."""

import json
import re
from uuid import uuid4

import pytest

from integration.console.conftest import Rig
from support.bus import until
from support.progress_facts import Life

pytestmark = pytest.mark.integration


async def test_services_that_are_away_are_named_and_the_page_works(rig: Rig):
    person = await rig.person("marat")
    page = await person.get("/operate")
    assert page.status_code == 200
    for service in ("ingest", "generate", "qa", "review", "export", "audit"):
        assert f'data-down="{service}"' in page.text
    assert 'data-service="console" data-state="well"' in page.text
    assert 'data-group="trueshelf.console.ingest"' in page.text
    first = re.findall(r'data-service="qa".*?<time datetime="([^"]+)"', page.text, re.DOTALL)[0]
    again = await person.get("/operate/live")
    assert first in again.text, "since when stays the same while nothing changes"


async def test_only_those_who_run_the_stack_see_it(rig: Rig):
    assert (await (await rig.person("olga")).get("/operate")).status_code == 403
    assert (await (await rig.person("anton")).get("/operate")).status_code == 200


async def test_a_dead_letter_is_seen_replayed_and_dropped_on_record(rig: Rig):
    life = Life(f"ring-{uuid4().hex[:8]}")
    fact = json.loads(life.captured().model_dump_json())
    mark = f"<img src=x onerror=alert(1)>{uuid4().hex[:6]}"
    poison = json.dumps({**fact, "schema_version": 99, "note": mark}).encode()
    await rig.producer.send_and_wait("trueshelf.ingest", poison, key=life.sku.encode(), headers=[("x", b"<b>")])
    marat, anton = await rig.person("marat"), await rig.person("anton")
    seen: list[str] = []

    async def listed() -> bool:
        page = await marat.get("/operate/letters")
        seen[:] = [page.text]
        return mark.replace("<", "&lt;").replace(">", "&gt;") in page.text

    await until(listed, 60, "the letter on the page")
    page = seen[0]
    assert "<img src=x" not in page
    assert "schema_version" in page
    letter = re.findall(r'data-letter="([0-9a-f-]+)" data-state="open"', page)[-1]
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    form = {"csrf": csrf, "reason": "the release that reads it is out"}
    address = f"/operate/letters/console/{letter}"
    assert (await anton.post(f"{address}/replay", data=form)).status_code == 403, "an auditor changes nothing"
    assert 'name="reason"' not in (await anton.get("/operate/letters")).text
    empty = await marat.post(f"{address}/replay", data={**form, "reason": " "})
    assert empty.status_code == 422
    done = await marat.post(f"{address}/replay", data=form, headers={"HX-Request": "true"})
    assert done.status_code == 200, done.text

    async def failed() -> bool:
        return f'data-letter="{letter}" data-state="failed"' in (await marat.get("/operate/letters")).text

    await until(failed, 30, "the replay to fail, visibly")
    dropped = await marat.post(f"{address}/drop", data={**form, "reason": "nobody needs it"})
    assert dropped.status_code == 303
    page = (await marat.get("/operate/letters")).text
    assert f'data-letter="{letter}"' not in page
    assert f'data-decided="{letter}"' in page
    acts = [event for event in await rig.service.stated("ActRecorded") if event["details"].get("letter") == letter]
    assert [(act["act"], act["reason"]) for act in acts] == [
        ("dlq.replay", "the release that reads it is out"),
        ("dlq.drop", "nobody needs it"),
    ]
    assert {act["actor"]["role"] for act in acts} == {"operator"}
    twice = await marat.post(f"{address}/drop", data=form)
    assert twice.status_code == 409


async def test_the_runtimes_routes_do_the_same_for_machines_with_a_token(rig: Rig):
    async with rig.service.client("operator") as operator:
        letters = (await operator.get("/dead-letters", params={"all": "true"})).raise_for_status().json()
        unknown = await operator.post(f"/dead-letters/{uuid4()}/replay", json={"reason": "why not"})
    assert all(letter["consumer"] == "console" for letter in letters)
    assert unknown.status_code == 404
    async with rig.service.client("auditor") as auditor:
        refused = await auditor.post(f"/dead-letters/{uuid4()}/drop", json={"reason": "why not"})
    assert refused.status_code == 403


async def test_a_replay_after_the_fault_is_mended_takes_the_record_in(rig: Rig):
    """The projection's table is away under another name, then back: the letter's effect comes with the replay."""
    life = Life(f"ring-{uuid4().hex[:8]}")
    marat = await rig.person("marat")
    connection = await rig.connect()
    await connection.execute("ALTER TABLE progress_tally RENAME TO progress_tally_away")
    try:
        await rig.send([life.captured()])
        seen: list[str] = []

        async def buried() -> bool:
            seen[:] = [(await marat.get("/operate/letters")).text]
            return "progress_tally" in seen[0]

        await until(buried, 90, "the letter after the last attempt")
    finally:
        await connection.execute("ALTER TABLE progress_tally_away RENAME TO progress_tally")
        await connection.close()
    letter = re.findall(r'data-letter="([0-9a-f-]+)" data-state="open"', seen[0])[-1]
    csrf = re.findall(r'name="csrf" value="([^"]+)"', seen[0])[0]
    form = {"csrf": csrf, "reason": "the table is back"}
    done = await marat.post(f"/operate/letters/console/{letter}/replay", data=form, headers={"HX-Request": "true"})
    assert done.status_code == 200, done.text
    await rig.stands(life.sku, "source")

    async def decided() -> bool:
        return f'data-decided="{letter}"' in (await marat.get("/operate/letters")).text

    await until(decided, 30, "the letter among the decided ones")
