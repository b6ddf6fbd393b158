"""What a removal writes down, on a real PostgreSQL: how it was made, and nothing for a SKU that has changed."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from support.services import ServiceDbFactory
from trueshelf_contracts.refs import ImageRef, ObjectRef
from trueshelf_generate.jobs import Works
from trueshelf_generate.outcomes import Outcomes, Removed
from trueshelf_generate.service import RemovePayload
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.jobs import Job
from trueshelf_runtime.limits import Limits

pytestmark = pytest.mark.integration
ALPHA = ObjectRef(bucket="t-drafts", key="k", sha256="a" * 64, size=1, media_type="image/png")

SOURCE = ImageRef(**ALPHA.model_dump() | {"width": 8, "height": 8, "pixel_sha256": "b" * 64})


@pytest_asyncio.fixture
async def db(service_db: ServiceDbFactory) -> AsyncIterator[Database]:
    access = await service_db("generate")
    async with Database.open(access.dsn, "generate", size=2) as database:
        yield database


async def waiting(db: Database, state: str = "planned") -> UUID:
    """Return the id of a cut-out that one item has asked for."""
    cutout, plan, sku = uuid4(), uuid4(), f"SKU-{uuid4().hex[:8]}"
    now = SystemClock().now()
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO sku VALUES ($1, 1, NULL, $2)", sku, now)
        await tx.execute(
            "INSERT INTO plan VALUES ($1, $2, 1, 'all', 1, $3, 'home', '{}', NULL, $4)", plan, sku, uuid4(), now
        )
        await tx.execute(
            "INSERT INTO cutout (cutout_id, source, hints, recipe) VALUES ($1, $2, '{}', '2')", cutout, SOURCE
        )
        await tx.execute(
            "INSERT INTO item (item_id, plan_id, variant_id, sku, sku_version, round, slot, place, mode, preset,"
            " capture, cutout_id, state, planned_at, ended_at) VALUES ($1, $2, $3, $4, 1, 1, 'main', 0, 'exact_card',"
            " 'card_white', '{}', $5, $6, $7, $8)",
            *(uuid4(), plan, uuid4(), sku, cutout, state, now, None if state == "planned" else now),
        )
    return cutout


@pytest.mark.parametrize(("made_by", "recorded"), [("3+abc", "3+abc"), (None, "2")])
async def test_a_cutout_names_what_made_it_not_what_was_planned_r31(db: Database, made_by: str | None, recorded: str):
    """A job may outlive an update, or be done by workers that use another network."""
    cutout = await waiting(db)
    async with db.transaction() as tx:
        (item,) = await Outcomes(SystemClock()).removed(tx, cutout, Removed(ALPHA, {}, (), recipe=made_by))
    row = await db.fetchrow("SELECT state, recipe FROM cutout WHERE cutout_id = $1", cutout)
    assert row is not None
    assert (row["state"], row["recipe"], item["cutout_id"]) == ("passed", recorded, cutout)


class Touched(Exception):  # noqa: N818 - says what is the case
    """The work was begun."""


class Untouched:
    async def get(self, _: Any) -> bytes:
        raise Touched


async def test_nothing_is_cut_out_for_a_sku_that_has_changed_r16(db: Database):
    nothing: Any = None
    outcomes, limits = Outcomes(SystemClock()), Limits()
    works = Works(db, cast("Any", Untouched()), nothing, outcomes, nothing, limits, limits, 1)

    async def run(cutout: UUID) -> None:
        job = cast("Job[RemovePayload]", type("J", (), {"payload": RemovePayload(cutout_id=cutout)}))
        await works.remove(job)

    await run(await waiting(db, "ended"))
    with pytest.raises(Touched):
        await run(await waiting(db))
