"""The log in PostgreSQL."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

from trueshelf_audit.domain.entry import Coordinates, Entry, Record, StoredEntry, header_list, headers_of
from trueshelf_audit.domain.index import Index
from trueshelf_audit.domain.merkle import Hash, Node
from trueshelf_audit.domain.sequence import Batch
from trueshelf_audit.ports import Head, Received, StoredRecord
from trueshelf_contracts.signing import canonical
from trueshelf_runtime.db import Database, Row, Tx, load_queries

SQL = load_queries("trueshelf_audit")
INDEX_COLUMNS = (*Index.__dataclass_fields__, "signature")


class PostgresLog:
    """`ports.Log` within one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def receive(self, record: Record) -> None:
        at = record.at
        headers = canonical(header_list(record.headers))
        place = (at.topic, at.partition, at.offset)
        await self._tx.execute(SQL["receive"], *place, record.timestamp_ms, record.key, record.value, headers)

    async def logged(self, record: Record) -> StoredRecord | None:
        at = record.at
        row = await self._tx.fetchrow(SQL["logged_at_place"], at.topic, at.partition, at.offset)
        return StoredRecord(row["seq"], _content(at, row)) if row else None

    async def lock(self) -> bool:
        return bool(await self._tx.fetchval(SQL["lock_sequencer"]))

    async def waiting(self, limit: int) -> list[Received]:
        rows = await self._tx.fetch(SQL["next_received"], limit)
        return [Received(row["id"], record_of(row), row["logged"]) for row in rows]

    async def head(self) -> Head | None:
        row = await self._tx.fetchrow(SQL["latest_checkpoint"])
        return Head(row["tree_size"], row["root"], row["note"]) if row else None

    async def size(self) -> int:
        return int(await self._tx.fetchval(SQL["log_size"]))

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, Hash]:
        levels, indexes = [level for level, _ in wanted], [index for _, index in wanted]
        rows = await self._tx.fetch(SQL["nodes"], levels, indexes)
        return {(row["level"], row["index"]): row["hash"] for row in rows}

    async def append(self, batch: Batch, note: str) -> None:
        await self._tx.execute(SQL["append_entries"], *_columns(batch.entries))
        levels = [level for (level, _), _ in batch.nodes]
        indexes = [index for (_, index), _ in batch.nodes]
        await self._tx.execute(SQL["append_nodes"], levels, indexes, [digest for _, digest in batch.nodes])
        signed_at = batch.entries[-1].entry.logged_at
        checkpoint = batch.checkpoint
        await self._tx.execute(SQL["append_checkpoint"], checkpoint.size, checkpoint.root, note, signed_at)

    async def forget(self, received: Sequence[Received]) -> None:
        await self._tx.execute(SQL["forget_received"], [item.id for item in received])

    async def uncopied(self) -> Head | None:
        row = await self._tx.fetchrow(SQL["uncopied_checkpoint"])
        return Head(row["tree_size"], b"", row["note"]) if row else None

    async def record_copy(self, size: int, reference: dict[str, object], at: datetime) -> None:
        await self._tx.execute(SQL["record_copy"], size, reference, at)


def opener(db: Database) -> Callable[[], AbstractAsyncContextManager[PostgresLog]]:
    """Return what opens the log of `db` in a transaction of its own."""

    @asynccontextmanager
    async def open_log() -> AsyncIterator[PostgresLog]:
        async with db.transaction() as tx:
            yield PostgresLog(tx)

    return open_log


def record_of(row: Row) -> Record:
    """Return the record of a row of `received` or `entries`."""
    return _content(Coordinates(row["topic"], row["partition"], row["offset"]), row)


def entry_of(row: Row) -> StoredEntry:
    """Return a row of `entries`, index columns as they are stored."""
    entry = Entry(row["seq"], row["logged_at"], record_of(row))
    return StoredEntry(entry, bytes(row["leaf_hash"]), {name: row[name] for name in INDEX_COLUMNS})


def _content(at: Coordinates, row: Row) -> Record:
    return Record(at, row["timestamp_ms"], row["key"], row["value"], headers_of(json.loads(row["headers"])))


def _columns(entries: Sequence[StoredEntry]) -> list[list[Any]]:
    """Return the arrays that `append_entries` unnests, in its order."""
    rows = [
        (
            stored.entry.seq,
            stored.entry.logged_at,
            stored.entry.record.at.topic,
            stored.entry.record.at.partition,
            stored.entry.record.at.offset,
            stored.entry.record.timestamp_ms,
            stored.entry.record.key,
            stored.entry.record.value,
            canonical(header_list(stored.entry.record.headers)),
            stored.leaf_hash,
            *(stored.index[name] for name in INDEX_COLUMNS),
        )
        for stored in entries
    ]
    return [list(column) for column in zip(*rows, strict=True)]
