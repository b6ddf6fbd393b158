"""Opening what a service rests on, and waiting, with clear words, for what is down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from trueshelf_runtime import migrate as migrations
from trueshelf_runtime.clock import Clock, SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Outage, describe
from trueshelf_runtime.health import Health, kafka_answers
from trueshelf_runtime.identity import TokenChecker
from trueshelf_runtime.sandbox import ChildPool
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.storage import ObjectStore

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a composition root builds a service from; everything in it is open."""

    settings: Any
    db: Database
    store: ObjectStore
    children: ChildPool
    clock: Clock
    identity: TokenChecker
    health: Health = field(default_factory=Health)


@asynccontextmanager
async def opened(
    settings: RuntimeSettings, package: str | None = None, stop: asyncio.Event | None = None
) -> AsyncIterator[Runtime | None]:
    """Open everything a service rests on, waiting for what is down; None when told to stop meanwhile.

    Raises MigrationMismatch when the schema is not what `package` and the runtime expect; ValueError when the settings
    name no issuer's keys.
    """
    stop = stop or asyncio.Event()
    clock = SystemClock()
    identity = TokenChecker.of(settings, clock)
    dsn = settings.pg_dsn.get_secret_value()
    async with AsyncExitStack() as stack:
        db = await unless(
            stop,
            waiting_for(
                "PostgreSQL",
                lambda: stack.enter_async_context(Database.open(dsn, settings.service, size=settings.pg_pool)),
            ),
        )
        if db is None:
            yield None
            return
        await unless(stop, waiting_for("PostgreSQL", lambda: migrations.check(db, package)))
        store = await stack.enter_async_context(ObjectStore.of(settings))
        pool = ChildPool(settings.children, scratch=settings.scratch_dir / settings.service)
        children = await stack.enter_async_context(pool.running())
        health = Health()
        health.add_ready("postgresql", lambda: db.fetchval("SELECT 1"))
        health.add_ready("s3", store.ping)
        health.add_ready("kafka", lambda: kafka_answers(settings))
        yield Runtime(settings, db, store, children, clock, identity, health)


async def waiting_for(what: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat `attempt` while it meets an Outage: a service that starts before its database waits and says so."""
    delay = 0.5
    while True:
        try:
            return await attempt()
        except Outage as outage:
            log.warning("waiting for what this rests on", what=what, error=describe(outage, 200), seconds=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)


async def unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """Await `work`, but give up when told to stop."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return None
    return task.result()
