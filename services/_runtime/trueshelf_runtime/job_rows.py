"""The queue's rows: taking a job, keeping the lease, and the four ways in which a run ends.

Every change of a taken job is fenced by its lease, the time at which it was taken: who was slow and lost the job to
another worker changes nothing any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId

from trueshelf_runtime.db import Database, Tx

_FENCE = "WHERE id = $1 AND status = 'picked' AND updated = $2"
_START = f"""
UPDATE pgqueuer SET headers = coalesce(headers, '{{}}'::jsonb)
    || jsonb_build_object('started', coalesce((headers->>'started')::int, 0) + 1)
{_FENCE} RETURNING (headers->>'started')::int
"""  # noqa: S608 - constants of this module
_PUT_BACK = f"""
UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = now(),
    execute_after = now() + $3::interval, attempts = attempts + $4, headers = headers - 'started'
{_FENCE}
"""  # noqa: S608
_END = f"DELETE FROM pgqueuer {_FENCE}"  # noqa: S608
_BEAT = """
UPDATE pgqueuer SET heartbeat = now() WHERE id IN (
    SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2 AND status = 'picked'
    FOR UPDATE SKIP LOCKED)
"""
_MINE = "SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2 AND status = 'picked'"
_FAILURE = """
INSERT INTO job_failure (job_id, name, key, payload, headers, attempts, error_type, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (job_id) DO NOTHING
"""
_BACKLOG = """
SELECT entrypoint AS name,
    count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS due,
    count(*) FILTER (WHERE status = 'queued' AND execute_after > now()) AS deferred,
    count(*) FILTER (WHERE status = 'picked') AS running,
    coalesce(extract(epoch FROM max(now() - greatest(created, execute_after))
        FILTER (WHERE status = 'queued' AND execute_after <= now())), 0)::float8 AS oldest_seconds
FROM pgqueuer GROUP BY entrypoint ORDER BY entrypoint
"""
_PRUNE_LOG = "DELETE FROM pgqueuer_log WHERE created < now() - interval '1 day'"


@dataclass(slots=True)
class Taken:
    """A row that this worker holds; `lease` moves when the worker takes its own job again after a late heartbeat."""

    id: int
    name: str
    payload: bytes
    headers: Mapping[str, Any]
    attempts: int
    priority: int
    lease: datetime

    @property
    def key(self) -> str | None:
        key = self.headers.get("key")
        return key if isinstance(key, str) else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much of one kind of job waits; the age is of the oldest that could run now."""

    name: str
    due: int
    deferred: int
    running: int
    oldest_seconds: float


class JobRows:
    """The queue of the database's schema, seen by one worker."""

    def __init__(self, db: Database, worker: UUID, stale_after: timedelta) -> None:
        self._db = db
        self._worker = worker
        self._stale_after = stale_after
        self._builder = QueryQueueBuilder(DBSettings())

    async def take(self, names: Sequence[str]) -> Taken | None:
        """Take the first job of these kinds: by priority, then age; one whose worker fell silent counts as waiting."""
        query = self._builder.build_dequeue_query(
            batch_size=1,
            entrypoints=[QueueEntrypoint(name) for name in names],
            concurrency_limits=[0] * len(names),
            queue_manager_id=QueueManagerId(self._worker),
            global_concurrency_limit=None,
            heartbeat_timeout=self._stale_after,
        )
        rows = await self._db.fetch(query.sql, *query.args)
        if not rows:
            return None
        row = rows[0]
        return Taken(
            row["id"],
            row["entrypoint"],
            row["payload"] or b"",
            row["headers"] or {},
            row["attempts"],
            row["priority"],
            row["updated"],
        )

    async def start(self, job: Taken) -> int | None:
        """Count that a run begins; return how many began since one ended in any way, None if the lease is lost."""
        started = await self._db.fetchval(_START, job.id, job.lease)
        return None if started is None else int(started)

    async def beat(self, ids: Sequence[int]) -> set[int]:
        """Renew the leases; return those of `ids` that still are this worker's."""
        await self._db.execute(_BEAT, list(ids), self._worker)
        return {row["id"] for row in await self._db.fetch(_MINE, list(ids), self._worker)}

    async def put_back(self, job: Taken, delay: timedelta, *, counted: bool) -> None:
        """Let it wait again; `counted` makes this run one of its attempts. A waiting twin of its key replaces it."""
        try:
            await self._db.execute(_PUT_BACK, job.id, job.lease, delay, int(counted))
        except asyncpg.UniqueViolationError:
            await self._db.execute(_END, job.id, job.lease)

    async def end(self, job: Taken) -> bool:
        """Remove a job that is done; False when it was gone (claimed by its own transaction) or taken over."""
        return await self._db.execute(_END, job.id, job.lease) == "DELETE 1"

    async def backlog(self) -> list[Backlog]:
        return await backlog(self._db)

    async def prune_log(self) -> None:
        """Delete pgqueuer's own log of takes; nobody reads it after a day."""
        await self._db.execute(_PRUNE_LOG)


async def claim(tx: Tx, job: Taken) -> bool:
    """Remove the job in the transaction of its effect; False when another run has had the effect or holds the lease."""
    return await tx.execute(_END, job.id, job.lease) == "DELETE 1"


async def record_failure(tx: Tx, job: Taken, payload: Any, *, attempts: int, error: BaseException, text: str) -> None:
    """Write the row that says why the job ended, for people and for `trueshelf status`."""
    await tx.execute(
        _FAILURE, job.id, job.name, job.key, payload, dict(job.headers), attempts, type(error).__name__, text
    )


async def backlog(db: Database) -> list[Backlog]:
    """Return what waits, by kind of job, for `status` and the scaler."""
    return [Backlog(**dict(row)) for row in await db.fetch(_BACKLOG)]
