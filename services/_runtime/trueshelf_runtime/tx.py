"""One running transaction: what state, outbox and jobs stand or fall with."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
from pydantic import BaseModel

from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service
from trueshelf_runtime import outbox
from trueshelf_runtime.enqueue import Priority, enqueue_job
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.origin import current

Row = asyncpg.Record
COMMAND_TIMEOUT = 30.0
"""Seconds after which a silent server counts as away."""


@contextmanager
def answering() -> Iterator[None]:
    """Tell the server's silence (an outage) from any other time-out in the body of a transaction."""
    try:
        yield
    except TimeoutError as error:
        raise Outage(f"PostgreSQL has not answered for {COMMAND_TIMEOUT:.0f} s") from error


class Tx:
    """One running transaction: asyncpg's four verbs, and what must stand or fall with the state."""

    __slots__ = ("_outgoing", "_service", "connection", "first")

    def __init__(self, connection: Any, service: Service) -> None:
        self.connection = connection
        self._service = service
        self._outgoing: list[outbox.Outgoing] = []
        self.first = ""

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        with answering():
            return await self.connection.fetch(query, *args)  # type: ignore[no-any-return]

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        with answering():
            return await self.connection.fetchrow(query, *args)  # type: ignore[no-any-return]

    async def fetchval(self, query: str, *args: Any) -> Any:
        with answering():
            return await self.connection.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        with answering():
            return await self.connection.execute(query, *args)  # type: ignore[no-any-return]

    async def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        with answering():
            await self.connection.executemany(query, rows)

    async def emit(self, *events: Event) -> None:
        """Append events to the outbox of this transaction, in this order; the relay publishes them after the commit.

        An event id that is already in the outbox is passed over. Raises ValueError for an event of another service's
        topic, and Invalid when it is larger than `MAX_PAYLOAD`. The rows are written with the commit, in one statement.
        """
        self._outgoing.extend(outbox.outgoing(event, self._service) for event in events)

    async def append(self, *records: outbox.Outgoing) -> None:
        """Append records that are not events of this service (dead letters)."""
        self._outgoing.extend(records)

    async def enqueue(
        self,
        name: str,
        payload: BaseModel | Mapping[str, Any],
        *,
        key: str | None = None,
        priority: Priority | int = Priority.BACKLOG,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Append a job (see `enqueue.enqueue_job`); its origin is the current one."""
        await enqueue_job(self, name, payload, origin=current().headers(), key=key, priority=priority, delay=delay)

    async def flush(self) -> bool:
        """Write what was emitted so far; True when there was something. Called before the commit."""
        if not self._outgoing:
            return False
        waiting, self._outgoing = self._outgoing, []
        with answering():
            await outbox.insert(self.connection, waiting)
        return True


@asynccontextmanager
async def begun_with(connection: Any, statement: str) -> AsyncIterator[str]:
    """Begin with `statement` in one round trip; commit when the body ends, roll back when it raises."""
    try:
        with answering():
            tag = await connection.execute(f"BEGIN; {statement}")
        yield tag
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    with answering():
        await connection.execute("COMMIT")
