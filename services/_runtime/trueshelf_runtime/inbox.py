"""The inbox: who has taken in which event. A claim stands or falls with the effect, so a second delivery finds it."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import structlog

from trueshelf_contracts.topics import INBOX_DAYS
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import describe

LOG = structlog.get_logger(__name__)

OUTBOX_DAYS = 7
"""Published rows stay this long for whoever wants to look; the history itself is audit's."""
PRUNE_EVERY = 3600.0
PRUNE_CHUNK = 5_000
"""Rows per transaction: short enough to disturb nobody."""

_GROUP = re.compile(r"[a-z.]+")
_CLAIM = "INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_PRUNE = {
    "inbox": "DELETE FROM inbox WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM inbox WHERE claimed_at < now() - $1::interval LIMIT $2))",
    "delivery_attempt": "DELETE FROM delivery_attempt WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM delivery_attempt WHERE last_at < now() - $1::interval LIMIT $2))",
    "outbox": "DELETE FROM outbox WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM outbox WHERE published_at < now() - $1::interval LIMIT $2))",
    "job_failure": "DELETE FROM job_failure WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM job_failure WHERE failed_at < now() - $1::interval LIMIT $2))",
}
_DAYS = {"inbox": INBOX_DAYS, "delivery_attempt": INBOX_DAYS, "outbox": OUTBOX_DAYS, "job_failure": INBOX_DAYS}


CLAIMED = "INSERT 0 1"


def claiming(consumer: str, event_id: UUID) -> str:
    """Return the claim as a statement that travels with BEGIN (`Database.transaction(first=…)`); tag: `CLAIMED`."""
    if not _GROUP.fullmatch(consumer):
        raise ValueError(f"{consumer!r} is no consumer group")
    return f"INSERT INTO inbox (consumer, event_id) VALUES ('{consumer}', '{event_id}') ON CONFLICT DO NOTHING"  # noqa: S608 - both are checked: a group's grammar, a UUID


async def claim(tx: Tx, consumer: str, event_id: UUID) -> bool:
    """Return True when this transaction is the first to take in the event; False when it has already had its effect.

    Waits for a transaction that claims the same event right now, until `lock_timeout`.
    """
    return await tx.execute(_CLAIM, consumer, event_id) == CLAIMED


async def prune(db: Database) -> dict[str, int]:
    """Delete what nothing can ask for any more; return the number of rows by table. Unpublished rows always stay."""
    gone = dict.fromkeys(_PRUNE, 0)
    for table, query in _PRUNE.items():
        while True:
            status = await db.execute(query, timedelta(days=_DAYS[table]), PRUNE_CHUNK)
            count = int(status.rpartition(" ")[2])
            gone[table] += count
            if count < PRUNE_CHUNK:
                break
    return gone


async def keep_pruned(db: Database) -> None:
    """Prune every hour until cancelled. Several at once do no harm."""
    while True:
        try:
            gone = await prune(db)
        except Exception as error:  # noqa: BLE001 - housekeeping never ends a process that consumes; an hour later again
            LOG.warning("pruning waits", reason=describe(error))
        else:
            if any(gone.values()):
                LOG.info("pruned", **gone)
        await asyncio.sleep(PRUNE_EVERY)
