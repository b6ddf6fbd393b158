"""qa's final transaction is guarded by state and version: what was overtaken says nothing (R-16)."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio

from support.qa_facts import drafted, sku_changed
from support.services import ServiceDbFactory
from trueshelf_contracts.refs import ObjectRef
from trueshelf_qa.domain.words import say
from trueshelf_qa.policy import load
from trueshelf_qa.service import Qa
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.limits import Limits

pytestmark = pytest.mark.integration
STORED = ObjectRef(bucket="t-evidence", key="ab/ab.json", sha256="a" * 64, size=2, media_type="application/json")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def core(service_db: ServiceDbFactory) -> AsyncIterator[Qa]:
    """The use cases on a real database, without workers: each step is taken by the test."""
    access = await service_db("qa")
    async with Database.open(access.dsn, "qa") as db:
        yield Qa(db, cast("Any", None), cast("Any", None), SystemClock(), load(), Limits())


async def said(core: Qa, subject: object) -> int:
    query = "SELECT count(*) FROM outbox WHERE convert_from(value, 'UTF8') LIKE '%' || $1::text || '%'"
    return int(await core.db.fetchval(query, str(subject)))


async def test_r16_a_change_while_the_pixels_were_compared_ends_the_check_without_a_fact(core: Qa) -> None:
    event = drafted()
    async with core.db.transaction() as tx:
        await core.take(tx, event)
    assert await core.pending(event.variant_id) == event
    async with core.db.transaction() as tx:
        await core.change_sku(tx, sku_changed(event.sku, 2))
    assert await core.pending(event.variant_id) is None
    async with core.db.transaction() as tx:
        await core.state(tx, event, core.unjudged(event, say("comparison", "crashed", why="late")), STORED)
    assert await said(core, event.variant_id) == 0


async def test_a_second_run_of_the_job_changes_nothing(core: Qa) -> None:
    event = drafted()
    async with core.db.transaction() as tx:
        await core.take(tx, event)
    for sentence in ("first", "second"):
        async with core.db.transaction() as tx:
            await core.state(tx, event, core.unjudged(event, say("comparison", "crashed", why=sentence)), STORED)
    assert await said(core, event.variant_id) == 1


async def test_taking_the_same_event_twice_makes_one_subject_and_one_job(core: Qa) -> None:
    event = drafted()
    for _ in range(2):
        async with core.db.transaction() as tx:
            await core.take(tx, event)
    jobs = await core.db.fetchval("SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE $1", f"%{event.variant_id}")
    assert jobs == 1


async def test_a_regeneration_goes_ahead_of_the_backlog(core: Qa) -> None:
    first, again = drafted(), drafted(round=2)
    for event in (first, again):
        async with core.db.transaction() as tx:
            await core.take(tx, event)
    query = "SELECT priority FROM pgqueuer WHERE dedupe_key LIKE $1"
    assert await core.db.fetchval(query, f"%{again.variant_id}") > await core.db.fetchval(query, f"%{first.variant_id}")


async def test_an_unknown_subject_is_said_to_be_unknown(core: Qa) -> None:
    with pytest.raises(Exception, match="never been asked"):
        await core.report(uuid4())
