"""Around the domain with raw SQL and the service's own rights: the database says no by itself."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from integration.review.conftest import Rig
from support.review_facts import START, Sku, sealed

pytestmark = pytest.mark.integration
Connection = asyncpg.Connection


@pytest_asyncio.fixture
async def db(rig: Rig) -> AsyncIterator[Connection]:
    connection = await rig.connect()
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    yield connection
    await connection.close()


async def decision(db: Connection, case: dict[str, Any], **change: Any) -> UUID:
    """Insert an approval's decision as a program would that skips every rule."""
    row = {
        "decision_id": uuid4(),
        "case_id": UUID(case["case_id"]),
        "kind": "approve",
        "sku": case["sku"],
        "sku_version": 1,
        "slot": case["slot"],
        "actor_id": "mallory",
        "actor_kind": "person",
        "actor_level": "senior",
        "actor": {"id": "mallory"},
        "body": {},
        "viewport_width": 1600,
        "decided_at": START,
        "undo_until": START,
        "review_seconds": 0.0,
        "first_reviewer": None,
        "state": "final",
        "ended_at": START,
    } | change
    await _insert(db, "decisions", row)
    return row["decision_id"]


async def approval(db: Connection, case: dict[str, Any], decided: UUID, sku: Sku, **change: Any) -> None:
    row = {
        "approval_id": uuid4(),
        "decision_id": decided,
        "case_id": UUID(case["case_id"]),
        "sku": sku.sku,
        "sku_version": 1,
        "slot": "main",
        "variant_id": sku.variant_id(),
        "batch_id": sku.batch,
        "category": "default",
        "approver": "mallory",
        "approver_kind": "person",
        "approver_level": "senior",
        "master_sha256": sku.master().sha256,
        "override_reason": "",
        "correlation_id": uuid4(),
        "approved_at": START,
        "drill": False,
    } | change
    await _insert(db, "approvals", row)


async def _insert(db: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())


async def answered(db: Connection, decided: UUID, *, but: int = 0, without: int = 0) -> None:
    """Answer every item; the first `but` of them with "not applicable", the first `without` not at all."""
    items = await db.fetch(
        "SELECT i ->> 'code' AS code FROM policies, jsonb_array_elements(body -> 'items') i WHERE kind = 'checklist' "
        "AND name = 'default' AND i ->> 'scope' = 'variant' ORDER BY (i ->> 'may_not_apply')::boolean"
    )
    for place, item in list(enumerate(items))[without:]:
        answer = "not_applicable" if place < but else "yes"
        await _insert(db, "answers", {"decision_id": decided, "item": item["code"], "answer": answer})


async def ready(rig: Rig, **checked: Any) -> tuple[Sku, dict[str, Any]]:
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts(**checked)])
    return sku, await rig.case(sku.sku)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"actor_kind": "machine"}, "decided_by_a_person"),
        ({"viewport_width": 390}, "screen_large_enough"),
        ({"actor_level": "visitor"}, "decided_with_a_level"),
    ],
)
async def test_no_decision_of_a_machine_a_phone_or_a_stranger(
    rig: Rig, db: Connection, change: dict[str, Any], constraint: str
):
    _, case = await ready(rig)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await decision(db, case, **change)
    assert caught.value.constraint_name == constraint
    with pytest.raises(asyncpg.NotNullViolationError):
        await decision(db, case, actor_level=None)


async def test_second_and_spot_cases_need_another_person_r67_r69(rig: Rig, db: Connection):
    sku, case = await ready(rig)
    view = await rig.lease(case["case_id"], "vera", level="junior")
    body = {"kind": "dispute", "variant_id": view["variants"][0]["variant_id"], "reasons": [{"code": "colour_changed"}]}
    assert (await rig.decide(case, "vera", body, level="junior")).status_code == 201
    second = await rig.case(sku.sku, "second")
    for who, level, constraint in (("vera", "senior", "four_eyes"), ("ivan", "junior", "senior_only")):
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await decision(db, second, actor_id=who, actor_level=level, first_reviewer="vera")
        assert caught.value.constraint_name == constraint
    with pytest.raises(asyncpg.CheckViolationError, match="another first reviewer"):
        await decision(db, second, actor_id="boris")
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await db.execute("UPDATE cases SET excluded = '{}' WHERE case_id = $1", UUID(second["case_id"]))
    assert caught.value.constraint_name == "second_case_is_for_another_senior"


async def test_an_approval_rests_on_a_final_decision_about_this_picture(rig: Rig, db: Connection):
    sku, case = await ready(rig)

    async def refused(constraint: str, body: dict[str, Any], **change: Any) -> None:
        transaction = db.transaction()
        await transaction.start()
        with pytest.raises(asyncpg.CheckViolationError) as caught:  # noqa: PT012 - the last of them raises
            decided = await decision(db, case, body=body, **change.pop("decision", {}))
            await answered(db, decided, **change.pop("answers", {}))
            await approval(db, case, decided, sku, **change)
        await transaction.rollback()
        assert caught.value.constraint_name == constraint

    mine = {"variant_id": str(sku.variant_id())}
    await refused("approval_rests_on_decision", {"variant_id": str(sku.variant_id(index=1))})
    await refused("approval_rests_on_decision", mine, approver="anna")
    await refused("approval_rests_on_decision", mine, decision={"state": "pending", "ended_at": None})
    for answers in ({"without": 99}, {"without": 1}, {"but": 1}):  # each item, and what applies applies
        await refused("approval_needs_answers", mine, answers=answers)
    await refused("approval_binds_checked_picture", mine, master_sha256="0" * 64)
    await refused("approval_matches_case", mine, slot="detail")
    decided = await decision(db, case, body=mine)
    await answered(db, decided)
    await approval(db, case, decided, sku)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):  # a second one for the same slot
        await decision(db, case, body=mine)
    for statement in (
        "UPDATE approvals SET approver = 'anna' WHERE decision_id = $1",
        "DELETE FROM approvals WHERE decision_id = $1",
        "UPDATE decisions SET actor_id = 'anna' WHERE decision_id = $1",
        "DELETE FROM answers WHERE decision_id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(statement, decided)


async def test_one_approval_stands_per_slot(rig: Rig, db: Connection):
    sku, case = await ready(rig)
    await rig.approved(sku)
    other = uuid4()
    await db.execute(
        "INSERT INTO cases SELECT (jsonb_populate_record(c, jsonb_build_object('case_id', $2::uuid, 'state', 'open', "
        "'kind', 'second', 'first_reviewer', 'vera', 'excluded', ARRAY['vera'], 'senior_only', true))).* "
        "FROM cases c WHERE case_id = $1",
        UUID(case["case_id"]),
        other,
    )
    forged = case | {"case_id": str(other)}
    body = {"variant_id": str(sku.variant_id())}
    decided = await decision(db, forged, body=body, first_reviewer="vera")
    await answered(db, decided)
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await approval(db, forged, decided, sku)
    assert caught.value.constraint_name == "one_standing_approval_per_slot"


async def test_stop_and_too_few_variants_are_refused_by_the_database(rig: Rig, db: Connection):
    sku, case = await ready(rig, verdict="stop")
    decided = await decision(db, case, body={"variant_id": str(sku.variant_id())})
    await answered(db, decided)
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await approval(db, case, decided, sku)
    assert caught.value.constraint_name == "stop_needs_senior"
    single = rig.sku()
    await rig.send([single.planned(), single.generated(), single.checked(), single.refused(index=1)])
    alone = await rig.case(single.sku)
    decided = await decision(db, alone, body={"variant_id": str(single.variant_id())})
    await answered(db, decided)
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await approval(db, alone, decided, single)
    assert caught.value.constraint_name == "main_needs_two"


async def test_no_batch_passes_unseen_and_no_seed_is_exchanged_r70(rig: Rig, db: Connection):
    batch = uuid4()
    sku = rig.sku(batch=batch)
    await rig.send([sku.planned(), *sku.drafts(), sealed(batch, [sku])])
    await rig.approved(sku)
    await rig.stated("SpotCheckDrawn", str(batch))
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await db.execute("UPDATE batches SET state = 'passed' WHERE batch_id = $1", batch)
    assert caught.value.constraint_name == "pass_needs_spot_check"
    with pytest.raises(asyncpg.CheckViolationError, match="committed to"):
        await db.execute("UPDATE batches SET seed = $2 WHERE batch_id = $1", batch, b"0" * 32)
