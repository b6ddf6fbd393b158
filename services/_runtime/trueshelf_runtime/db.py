"""PostgreSQL: one pool per process, transactions that carry outbox and jobs, named queries from `queries.sql`.

Time-outs, from the inside out (messaging.md 13): `lock_timeout` 5 s and `statement_timeout` 25 s end a statement on the
server (transient: the server is well, the statement was not); `command_timeout` 30 s fires only when the server did not
even say that (an outage). A transaction is retried as a whole or not at all, by whoever redelivers its cause.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Self

import asyncpg
from pydantic import BaseModel

from trueshelf_contracts.refs import Service
from trueshelf_runtime import outbox
from trueshelf_runtime.errors import Outage, Transient, is_database_outage
from trueshelf_runtime.named_sql import load_queries
from trueshelf_runtime.tx import COMMAND_TIMEOUT, Row, Tx, begun_with

__all__ = ["Database", "Row", "Tx", "load_queries", "register_codecs", "session_settings"]

ACQUIRE_TIMEOUT = 10.0
"""Seconds to wait for a free connection; longer means the pool is too small or the server hangs."""

SERVER_TIMEOUTS: Mapping[str, str] = MappingProxyType(
    {
        "lock_timeout": "5s",
        "statement_timeout": "25s",
        "idle_in_transaction_session_timeout": "60s",
        # A machine that lost its power says no goodbye: its locks (the relay's!) would stay for the kernel's two hours.
        "tcp_keepalives_idle": "15",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
)


class Database:
    """The service's pool, whose `search_path` is the service's schema: SQL names no schema."""

    def __init__(self, pool: asyncpg.Pool, service: Service, schema: str, dsn: str) -> None:
        self.pool = pool
        self.service = service
        self.schema = schema
        self.dsn = dsn
        self.on_append: list[Callable[[], None]] = []
        """Called after each commit that wrote to the outbox: a relay in this process wakes without a round trip."""
        self._announce = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, service: Service, *, schema: str | None = None, size: int = 10, application: str = ""
    ) -> AsyncIterator[Self]:
        """Open the pool, and announce outbox rows to other processes' relays until the end of the body.

        Raises Outage when PostgreSQL does not answer.
        """
        schema = schema or service
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                command_timeout=COMMAND_TIMEOUT,
                timeout=ACQUIRE_TIMEOUT,
                max_inactive_connection_lifetime=300,
                statement_cache_size=256,
                reset=_reset,
                init=register_codecs,
                server_settings=session_settings(schema, application or f"trueshelf-{service}"),
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise Outage(f"PostgreSQL does not answer: {error}") from error
        database = cls(pool, service, schema, dsn)
        announcer = asyncio.create_task(database._announcing(), name="outbox-announcer")
        try:
            yield database
        finally:
            announcer.cancel()
            await asyncio.gather(announcer, return_exceptions=True)
            try:
                async with asyncio.timeout(10):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    @asynccontextmanager
    async def transaction(self, *, first: str | None = None) -> AsyncIterator[Tx]:
        """Open a transaction; it commits when the body ends and rolls back when it raises.

        `first` is a statement without parameters that travels with BEGIN; `tx.first` is its command tag. It spares a
        round trip where thousands of transactions a second begin alike.

        Raises Outage when PostgreSQL is away, also in the middle: then it is unknown whether a commit took effect, and
        repeating the whole must be harmless (inbox, derived ids). Other database errors pass as they are.
        """
        async with self._connection() as connection:
            tx = Tx(connection, self.service)
            if first is None:
                async with connection.transaction():
                    yield tx
                    appended = await tx.flush()
            else:
                async with begun_with(connection, first) as tag:
                    tx.first = tag
                    yield tx
                    appended = await tx.flush()
        if appended:
            self._announce.set()
            for wake in self.on_append:
                wake()

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        async with self._connection() as connection:
            return await Tx(connection, self.service).fetch(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        async with self._connection() as connection:
            return await Tx(connection, self.service).fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        async with self._connection() as connection:
            return await Tx(connection, self.service).fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        async with self._connection() as connection:
            return await Tx(connection, self.service).execute(query, *args)

    async def connect(self) -> asyncpg.Connection:
        """Open a connection of its own beside the pool, for LISTEN or a lock that lives long. The caller closes it."""
        try:
            connection = await asyncpg.connect(
                self.dsn,
                timeout=ACQUIRE_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                server_settings=session_settings(self.schema, f"trueshelf-{self.service}-own"),
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise Outage(f"PostgreSQL does not answer: {error}") from error
        await register_codecs(connection)
        return connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            connection = await self.pool.acquire(timeout=ACQUIRE_TIMEOUT)
        except TimeoutError as error:
            if self.pool.get_size() >= self.pool.get_max_size() and not self.pool.get_idle_size():
                raise Transient(
                    f"no free connection within {ACQUIRE_TIMEOUT:.0f} s: all {self.pool.get_size()} are in use; "
                    "raise TRUESHELF_PG_POOL or shorten transactions"
                ) from error
            raise Outage("PostgreSQL does not answer") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Outage(f"PostgreSQL does not answer: {error}") from error
        try:
            yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError) as error:
            if is_database_outage(error):
                raise Outage(f"PostgreSQL went away: {error}") from error
            raise
        finally:
            await self._release(connection)

    async def _release(self, connection: Any) -> None:
        """Give the connection back; one that does not answer is cut, so that the first error is what is raised."""
        try:
            await self.pool.release(connection, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    async def _announcing(self) -> None:
        """NOTIFY outside of the transactions: in them it would serialise every commit on one lock of the server.

        What gets lost is found by the relay's poll a second later.
        """
        channel = outbox.channel(self.schema)
        while True:
            await self._announce.wait()
            self._announce.clear()
            try:
                async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT) as connection:
                    await connection.execute("SELECT pg_notify($1, '')", channel)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(1)
            await asyncio.sleep(outbox.ANNOUNCE_INTERVAL)


def session_settings(schema: str, application: str) -> dict[str, str]:
    """Return the session settings of every connection of a service."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise ValueError(f"{schema!r} is no schema name: use lower-case letters, digits and '_'")
    return {"search_path": schema, "application_name": application[:63], "timezone": "UTC", **SERVER_TIMEOUTS}


async def _reset(connection: Any) -> None:
    """Spare the round trip of asyncpg's reset: what runs on the pool sets nothing beyond its transaction (SET LOCAL).

    LISTEN and session locks belong on a connection of `Database.connect`.
    """
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def register_codecs(connection: Any) -> None:
    """Make `json` and `jsonb` columns Python objects in both directions."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_to_json, decoder=json.loads, schema="pg_catalog", format="text")


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """Return what `json` can write of a pydantic model, an id, a time or a Decimal."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
