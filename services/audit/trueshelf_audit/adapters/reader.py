"""Reading a whole log for verification and export: from PostgreSQL by DSN, without the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from trueshelf_audit.adapters.log import SQL, entry_of
from trueshelf_audit.domain.entry import StoredEntry
from trueshelf_audit.domain.verify import Keys, Report, Verification
from trueshelf_runtime.errors import Outage

SCHEMA = "audit"
CHUNK = 2000
"""Rows fetched at a time."""


class LogReader:
    """One consistent picture of the log, however much is appended meanwhile."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def notes(self) -> list[tuple[int, str]]:
        """Return the checkpoints by size."""
        rows = await self._connection.fetch(SQL["all_checkpoints"])
        return [(row["tree_size"], row["note"]) for row in rows]

    async def entries(self) -> AsyncIterator[StoredEntry]:
        """Yield every entry in order of seq."""
        async for row in self._connection.cursor(SQL["all_entries"], prefetch=CHUNK):
            yield entry_of(row)


@asynccontextmanager
async def open_reader(dsn: str) -> AsyncIterator[LogReader]:
    """Open the log that `dsn` leads to, read-only. Raises Outage when nobody answers there, else asyncpg's errors."""
    settings = {"search_path": SCHEMA, "application_name": "trueshelf-audit-reader", "timezone": "UTC"}
    try:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings=settings)
    except OSError as error:
        where = urlsplit(dsn).netloc.rpartition("@")[2] or "its socket"
        raise Outage(f"the log's database at {where} does not answer") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield LogReader(connection)
    finally:
        await connection.close()


async def verify_database(dsn: str, keys: Keys, copies: list[str]) -> Report:
    """Return the report over the log in the database."""
    async with open_reader(dsn) as reader:
        verification = Verification(keys, await reader.notes(), copies)
        async for stored in reader.entries():
            verification.take(stored)
        return verification.finish()
