"""What ends packs: holds, withdrawals, changes, at any moment and in any order (R-16, R-70, R-82)."""

import random
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

import trueshelf_export
from trueshelf_export import zipping
from trueshelf_export.service import packing, standing
from trueshelf_export.sql import SQL

from .conftest import Rig, as_admin, eventually

pytestmark = pytest.mark.integration


async def packing_pack(rig: Rig, sku: str) -> str:
    """Take a pack to where its files are good and only the ZIP is missing; no worker takes it up."""
    await rig.ready_sku(sku)
    pack_id = (await rig.order(sku))["packs"][0]["pack_id"]
    async with rig.working():

        async def rendering_done() -> bool:
            return bool(await rig.said("RenditionRendered", sku))

        await eventually(rendering_done, 40, "the rendition")
    rendered = await rig.said("RenditionRendered", sku)
    await rig.say(*(rig.checked(event) for event in rendered))
    assert (await rig.pack(pack_id))["state"] == "packing"
    return pack_id


async def test_a_hold_between_rendering_and_packing_refuses_the_pack(rig: Rig):
    """R-70, R-82: the order's world changed while files were made; no PackReady may follow."""
    pack_id = await packing_pack(rig, "RC18")
    await rig.say(rig.held("RC18"))
    async with rig.working():
        pack = await rig.until(pack_id, "refused")
    assert [reason["code"] for reason in pack["reasons"]] == ["sku_held"]
    assert "order again when a senior reviewer" in pack["reasons"][0]["message"]
    assert not await rig.said("PackReady")
    assert len(await rig.said("PackRefused")) == 1


@pytest.mark.parametrize("end", ["hold", "withdrawal", "spot_check", "version"])
async def test_the_last_look_holds_even_when_no_handler_ended_the_pack(rig: Rig, end: str):
    """R-82: PackReady only when approvals, hold and spot check stand in its own transaction."""
    pack_id = await packing_pack(rig, "RC18")
    statements = {
        "hold": "INSERT INTO holds (sku, sku_version, batch_id, held_at) VALUES ('RC18', 1, gen_random_uuid(), now())",
        "withdrawal": "INSERT INTO withdrawals SELECT approval_id, sku, sku_version, 'person' FROM approvals",
        "spot_check": "DELETE FROM spot_checks",
        "version": "UPDATE skus SET version = 2",
    }
    async with as_admin(rig) as connection:
        await connection.execute(statements[end])
    async with rig.working():
        pack = await rig.until(pack_id, "refused")
    assert pack["reasons"][0]["code"] in {"held", "not_approved", "not_spot_checked", "sku_changed"}
    assert not await rig.said("PackReady")


@pytest.mark.parametrize("end", ["sku_held", "approval_withdrawn", "sku_changed"])
async def test_a_ready_pack_is_withdrawn_and_whoever_took_it_is_named(rig: Rig, end: str):
    """The download answers 410 with a sentence; PackWithdrawn names the downloaders."""
    pack = await rig.finished("RC18")
    pack_id = pack["pack_id"]
    await rig.zip_of(pack_id)
    approval = await rig.approval("RC18")
    events = {
        "sku_held": rig.held("RC18"),
        "approval_withdrawn": rig.withdrawn(approval),
        "sku_changed": rig.changed("RC18"),
    }
    await rig.say(events[end])
    (withdrawn,) = await rig.said("PackWithdrawn")
    assert (withdrawn.reason, withdrawn.downloaded_by) == (end, ("drill-uploader",))
    answered = await rig.get(f"/packs/{pack_id}/download")
    assert (answered.status_code, answered.json()["code"]) == (410, "withdrawn")
    assert "may no longer be used" in answered.json()["detail"]
    downloads = [event for event in await rig.said("ActRecorded") if event.act == "export.pack_downloaded"]
    assert [event.actor.id for event in downloads if event.actor] == ["drill-uploader"]
    assert (await rig.say(events[end])) == ["duplicate"]
    assert len(await rig.said("PackWithdrawn")) == 1


async def test_a_change_withdraws_approvals_first_and_still_says_that_the_sku_changed(rig: Rig):
    """ApprovalWithdrawn (review) may be read before SkuChanged (ingest)."""
    await rig.finished("RC18")
    await rig.say(rig.withdrawn(await rig.approval("RC18"), cause="sku_changed"), rig.changed("RC18"))
    (withdrawn,) = await rig.said("PackWithdrawn")
    assert withdrawn.reason == "sku_changed"


async def test_a_freed_sku_is_ordered_again_and_the_withdrawn_pack_stays_withdrawn(rig: Rig):
    old = await rig.finished("RC18")
    await rig.say(rig.held("RC18"))
    assert (await rig.order("RC18"))["packs"][0]["reasons"][0]["code"] == "held"
    rig.clock.advance(60)
    await rig.say(rig.freed("RC18"))
    new = (await rig.order("RC18"))["packs"][0]
    assert new["state"] == "rendering"
    assert (await rig.pack(old["pack_id"]))["state"] == "withdrawn"


async def test_not_ready_is_409_and_unknown_is_404(rig: Rig):
    await rig.ready_sku("RC18")
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    early = await rig.get(f"/packs/{pack_id}/download")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert (await rig.get(f"/packs/{uuid4()}/download")).status_code == 404
    assert (await rig.get(f"/orders/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("seed", range(6))
async def test_facts_in_any_order_and_repeatedly_end_in_the_same_state(rig: Rig, seed: int):
    """Replay: a withdrawal may come before its approval, a release before its hold, a spot check before all."""
    first = await rig.approval("RC18")
    taken_back = rig.withdrawn(first)
    second = await rig.approval("RC18", take=2)
    held = rig.held("RC18")
    rig.clock.advance(60)
    facts = [first, taken_back, second, held, rig.freed("RC18"), rig.spot_check(second, take=2), rig.spot_check(first)]
    shuffled = random.Random(seed).sample(facts * 2, len(facts) * 2)
    await rig.say(*shuffled)
    async with rig.runtime.db.transaction() as tx:
        state = await standing.load_state(tx, "RC18")
    assert [approval.approval_id for approval in state.approvals] == [second.event_id]
    assert state.holds == ()
    (found,) = (await rig.get("/exportable", {"sku": "RC18", "marketplace": "ozon"})).json()
    assert found["exportable"], found["reasons"]


async def test_an_old_versions_facts_never_bring_it_back(rig: Rig):
    """R-16: version 2 stands; approvals of version 1 read later export nothing."""
    await rig.say(rig.changed("RC18"))
    await rig.ready_sku("RC18")
    (found,) = (await rig.get("/exportable", {"sku": "RC18", "marketplace": "ozon"})).json()
    assert (found["sku_version"], found["exportable"]) == (2, False)


async def test_a_later_approval_needs_a_spot_check_of_its_own(rig: Rig):
    """R-70: the passed check names slot and approval; what it did not see does not leave."""
    await rig.ready_sku("RC18")
    await rig.say(await rig.approval("RC18", "detail"))
    pack = (await rig.order("RC18"))["packs"][0]
    assert [reason["code"] for reason in pack["reasons"]] == ["not_spot_checked"]


async def test_what_was_withdrawn_since_the_spot_check_takes_nothing_from_the_others(rig: Rig):
    """ADR 0005: the check covers each approval that it names; the last look before packing says the same."""
    _, detail = await rig.ready_sku("RC18", "main", "detail")
    await rig.say(rig.withdrawn(detail))
    pack_id = (await rig.order("RC18"))["packs"][0]["pack_id"]
    async with rig.working():
        await rig.judge_all(pack_id)
        pack = await rig.until(pack_id, "ready", "refused")
    assert (pack["state"], pack["reasons"]) == ("ready", [])


async def test_a_job_that_runs_twice_changes_nothing_the_second_time(rig: Rig):
    pack = await rig.finished("RC18")
    pack_id = pack["pack_id"]
    files = [file["rendition_id"] for file in pack["files"]]
    before = len(await rig.said())
    async with rig.runtime.db.transaction() as tx:
        await tx.enqueue("export.pack", {"pack_id": pack_id}, key="again")
        for rendition in files:
            await tx.enqueue("export.render", {"rendition_id": rendition}, key="again")
        await tx.enqueue("export.start", {"pack_id": pack_id}, key="again")

    async def drained() -> bool:
        return await rig.runtime.db.fetchval("SELECT count(*) = 0 FROM pgqueuer")

    async with rig.working():
        await eventually(drained, 30, "the queue")
    assert len(await rig.said()) == before
    assert (await rig.pack(pack_id))["sha256"] == pack["sha256"]


async def test_the_same_pack_is_the_same_bytes(rig: Rig):
    """Deterministic: building it again from the same rows gives the same ZIP, so a killed worker doubles nothing."""
    pack_id = await packing_pack(rig, "RC18")
    shas = set()
    for _ in range(2):
        async with rig.runtime.db.transaction() as tx:
            contents = await packing.contents_of(tx, UUID(pack_id))
        assert contents is not None
        blobs = [await rig.runtime.store.get(ref) for _, ref in contents.images] + [text for _, text in contents.texts]
        names = [name for name, _ in contents.images] + [name for name, _ in contents.texts]
        shas.add(zipping.build({"names": names}, tuple(blobs))[1][0])
    assert len(shas) == 1


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE packs SET state = 'ready'", "ready_has_files"),
        ("UPDATE packs SET state = 'refused'", "refused_says_why"),
        ("UPDATE packs SET state = 'withdrawn'", "packs"),
        ("UPDATE renditions SET state = 'ok'", "renditions"),
        ("UPDATE orders SET actor = jsonb_set(actor, '{role}', '\"reviewer\"')", "orders_actor_check"),
        ("UPDATE orders SET actor = jsonb_set(actor, '{kind}', '\"machine\"')", "orders_actor_check"),
    ],
)
async def test_the_database_itself_refuses_what_must_not_be(rig: Rig, statement: str, constraint: str):
    """R-51, R-66, R-89: states that must not exist cannot be written, whatever the code does."""
    await rig.ready_sku("RC18")
    await rig.order("RC18")
    async with as_admin(rig) as connection:
        with pytest.raises(asyncpg.CheckViolationError) as refusal:
            await connection.execute(statement)
    assert constraint in str(refusal.value)


def test_every_query_has_a_user() -> None:
    """A query that nobody names is a leftover."""
    code: Any = "".join(path.read_text() for path in Path(trueshelf_export.__path__[0]).rglob("*.py"))
    assert [name for name in SQL if f'SQL["{name}"]' not in code] == []
