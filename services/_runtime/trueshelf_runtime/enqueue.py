"""Putting a job into the queue, inside the caller's transaction."""

import json
from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum
from typing import Any, Protocol

from pydantic import BaseModel


class Priority(IntEnum):
    """Higher goes first."""

    BACKLOG = 0
    BEGUN = 50
    """Ends what was begun, so that whole SKUs reach people early, not all of them at last."""
    REVIEWER = 100
    """A person waits for it."""


class Executor(Protocol):
    """What is needed of a transaction or connection (asyncpg's signature)."""

    async def execute(self, query: str, *args: Any) -> str: ...


_INSERT = """
INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
VALUES ($1, $2, $3, now() + $4::interval, $5, $6::text::jsonb, 'queued')
ON CONFLICT (dedupe_key) WHERE status = 'queued'::pgqueuer_status AND dedupe_key IS NOT NULL
DO UPDATE SET priority = greatest(pgqueuer.priority, excluded.priority),
              execute_after = least(pgqueuer.execute_after, excluded.execute_after)
"""


def dedupe_key(name: str, key: str) -> str:
    """Return what pgqueuer sees: keys of different kinds of job never meet."""
    return f"{name}/{key}"


def encode(payload: BaseModel | Mapping[str, Any]) -> bytes:
    """Return the JSON that the job's payload model will read again."""
    if isinstance(payload, BaseModel):
        return payload.model_dump_json().encode()
    return json.dumps(payload, default=str, ensure_ascii=False).encode()


async def enqueue_job(
    tx: Executor,
    name: str,
    payload: BaseModel | Mapping[str, Any],
    *,
    origin: Mapping[str, str],
    key: str | None = None,
    priority: Priority | int = Priority.BACKLOG,
    delay: timedelta = timedelta(0),
) -> None:
    """Append a job of the kind `name`; it exists if and only if the transaction commits.

    `origin` is who caused it, as `Origin.headers` writes it. With a `key` that still waits,
    nothing is added: the waiting job takes the higher priority and the earlier time. A job that already runs does not
    count as waiting, because it may have read the state before this transaction changed it.
    """
    headers = json.dumps({"origin": dict(origin), "key": key})
    await tx.execute(
        _INSERT, int(priority), name, encode(payload), delay, dedupe_key(name, key) if key else None, headers
    )
