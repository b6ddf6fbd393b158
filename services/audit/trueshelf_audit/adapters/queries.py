"""What people ask the log: rows of `entries` by what they are searched by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from trueshelf_audit.adapters.log import SQL, PostgresLog, entry_of
from trueshelf_audit.domain.entry import StoredEntry
from trueshelf_runtime.db import Tx


async def entry(tx: Tx, seq: int) -> StoredEntry | None:
    row = await tx.fetchrow(SQL["entry_by_seq"], seq)
    return entry_of(row) if row else None


async def search(
    tx: Tx,
    *,
    sku: str | None,
    actor: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    after: int,
    limit: int,
) -> list[StoredEntry]:
    """Return entries that match every given condition, in order, from `after` (exclusive) on."""
    await tx.execute(SQL["custom_plans"])  # each search is planned for the conditions that it has
    rows = await tx.fetch(SQL["search"], sku, actor, kind, since, until, after, limit)
    return [entry_of(row) for row in rows]


async def timeline(tx: Tx, sku: str, *, after: int, limit: int) -> list[StoredEntry]:
    """Return what was said about a SKU and about the batches that it was in, in order."""
    return [entry_of(row) for row in await tx.fetch(SQL["timeline"], sku, after, limit)]


async def approvals(
    tx: Tx,
    *,
    sku: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
    after: int,
    limit: int,
) -> list[StoredEntry]:
    """Return approvals, each once however often its record was delivered."""
    await tx.execute(SQL["custom_plans"])
    rows = await tx.fetch(SQL["approvals"], sku, actor, since, until, after, limit)
    return [entry_of(row) for row in rows]


async def withdrawals(tx: Tx, skus: Sequence[str]) -> list[StoredEntry]:
    """Return every withdrawal of an approval of these SKUs."""
    return [entry_of(row) for row in await tx.fetch(SQL["withdrawals"], list(skus))]


async def ask_verification(tx: Tx, identity: UUID, at: datetime, by: str) -> None:
    await tx.execute(SQL["ask_verification"], identity, at, by)


async def waiting_verification(tx: Tx) -> dict[str, Any] | None:
    """Return the verification that has no report yet, if there is one."""
    row = await tx.fetchrow(SQL["waiting_verification"])
    return dict(row) if row else None


async def record_report(tx: Tx, identity: UUID, at: datetime, *, ok: bool, report: dict[str, Any]) -> None:
    """Keep the outcome of a verification; a second one of the same changes nothing."""
    await tx.execute(SQL["record_report"], identity, at, ok, report)


async def verification(tx: Tx, identity: UUID) -> dict[str, Any] | None:
    row = await tx.fetchrow(SQL["verification"], identity)
    return dict(row) if row else None


def log_of(tx: Tx) -> PostgresLog:
    """Return the log within `tx`."""
    return PostgresLog(tx)
