"""The projection: what the bus says of SKUs, batches and policies, into the console's own tables (R-101)."""

import asyncio
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from trueshelf_console.domain.progress import Standing, standing
from trueshelf_console.domain.progress_facts import Fact, facts_of, merged
from trueshelf_contracts.event import BatchEvent, Event, PolicyPublished
from trueshelf_contracts.generate import GenerationPlanned
from trueshelf_contracts.ingest import BatchSealed, SkuReady
from trueshelf_contracts.refs import Service
from trueshelf_contracts.review import BatchQuarantined, BatchReleased, SpotCheckDrawn, SpotCheckPassed
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx, load_queries

SQL = load_queries("trueshelf_console", "overview.sql")
TALLIES_KEPT = timedelta(days=8)
"""The charts show a day; a week more for whoever asks the table."""
PRUNE_EVERY = 3600.0


async def take(tx: Tx, event: Event) -> None:
    """Take in one event. Safe in any order and as often as it comes.

    Rows are locked in one order (batch, SKU versions by name, tallies by time), so that events never wait for each
    other in a circle.
    """
    await _take_batch(tx, event)
    by_version: defaultdict[tuple[str, int], list[Fact]] = defaultdict(list)
    for fact in facts_of(event):
        by_version[fact.sku, fact.version].append(fact)
    counted: Counter[tuple[str, str]] = Counter()
    for (sku, version), facts in sorted(by_version.items()):
        for added in await _take_facts(tx, sku, version, facts):
            if added.counted:
                counted[added.value["at"], added.counted] += 1
    for (at, what), number in sorted(counted.items()):
        await tx.execute(SQL["count_fact"], datetime.fromisoformat(at), what, number)


async def _take_facts(tx: Tx, sku: str, version: int, facts: list[Fact]) -> list[Fact]:
    known = await tx.fetchval(SQL["facts_locked"], sku, version)
    together, added = merged(known, facts)
    if together != known:
        await tx.execute(SQL["put_facts"], sku, version, together)
        await _put(tx, sku, version, standing(together))
    return added


async def _put(tx: Tx, sku: str, version: int, now: Standing) -> None:
    counts = [now.counts[name] for name in ("planned", "made", "unmade", "checked", "slots", "decided")]
    why = [each.as_json() for each in now.why]
    whose = (now.category, now.batch, now.title)
    await tx.execute(
        SQL["put_standing"], sku, version, now.stage, now.since, now.stuck, why, *whose, *counts, now.packs
    )


async def _take_batch(tx: Tx, event: Event) -> None:
    """Keep what the batch itself has come to; each time stands once, whatever came first."""
    if not isinstance(event, BatchEvent | SkuReady | GenerationPlanned):
        return
    at = event.occurred_at
    sealed = at if isinstance(event, BatchSealed) else None
    drawn = at if isinstance(event, SpotCheckDrawn) else None
    passed = at if isinstance(event, SpotCheckPassed) else None
    quarantined = at if isinstance(event, BatchQuarantined) else None
    released = at if isinstance(event, BatchReleased) else None
    members = len(event.members) if isinstance(event, BatchSealed) else None
    await tx.execute(
        SQL["put_batch"], event.batch_id, event.category, at, sealed, drawn, passed, quarantined, released, members
    )


async def prune(db: Database, clock: Clock) -> None:
    """Drop tallies that no chart shows any more, now and every hour."""
    while True:
        await db.execute(SQL["drop_old_tallies"], clock.now() - TALLIES_KEPT)
        await asyncio.sleep(PRUNE_EVERY)


async def take_policy(tx: Tx, owner: Service, event: PolicyPublished) -> None:
    """Keep a policy version and since when it is in force."""
    policy = event.policy
    actor = event.actor.id if event.actor else None
    await tx.execute(
        SQL["put_policy"], owner, policy.kind, policy.name, policy.version, policy.sha256, event.occurred_at, actor
    )
