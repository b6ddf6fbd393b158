"""Dead letters that a person sent round again, taken in inside their own consumer: no other consumer ever sees them.

A replay goes through the database of the group that buried the record, not through a topic: it keeps the event id, so
that the inbox passes over what had its effect after all, and the row's end stands in the transaction of the effect.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

import structlog

from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Row, Tx
from trueshelf_runtime.errors import Outage, describe, kind_of
from trueshelf_runtime.intake import Intake
from trueshelf_runtime.letters import DeadLetter
from trueshelf_runtime.settle import Bury, Policy, Retry, Wait, decide
from trueshelf_runtime.telemetry import METRICS

LOG = structlog.get_logger(__name__)
POLL = 1.0

_NEXT = """
SELECT id, consumer, letter, attempts FROM dead_letter
WHERE state = 'waiting' AND due_at <= now() AND consumer = ANY($1::text[])
ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_END = (
    "UPDATE dead_letter SET state = $2, error = $3, attempts = $4, ended_at = now() WHERE id = $1 AND state = 'waiting'"
)
_LATER = "UPDATE dead_letter SET error = $2, attempts = $3, due_at = now() + $4 WHERE id = $1 AND state = 'waiting'"


class Replayer:
    """Takes in the waiting replays of this process's consumer groups."""

    def __init__(self, intakes: Sequence[Intake], db: Database, policy: Policy) -> None:
        self._intakes = {intake.group: intake for intake in intakes}
        self._db = db
        self._policy = policy

    async def run(self) -> None:
        """Look every second until cancelled; an outage of PostgreSQL is waited for."""
        while True:
            try:
                while await self.one():
                    pass
            except Outage as outage:
                LOG.info("replays wait", reason=str(outage))
            except Exception:
                LOG.exception("a replay could not be settled")  # the loop outlives a fault of one round
            await asyncio.sleep(POLL)

    async def one(self) -> bool:
        """Take in one waiting replay; False when there is none that is due."""
        row: Row | None = None
        try:
            async with self._db.transaction() as tx:
                row = await tx.fetchrow(_NEXT, list(self._intakes))
                if row is None:
                    return False
                await self._take(row, tx)
        except Outage:
            raise
        except Exception as error:
            if row is None:
                raise
            await self._failed(row, error)
        else:
            crash_point("replay.after_commit")
        return True

    async def _take(self, row: Row, tx: Tx) -> None:
        letter = DeadLetter.model_validate(row["letter"])
        outcome = await self._intakes[row["consumer"]].take_within(letter.record, tx)
        await tx.execute(_END, row["id"], "replayed", outcome, row["attempts"] + 1)
        METRICS.records.labels(row["consumer"], f"replay_{outcome}").inc()

    async def _failed(self, row: Row, error: Exception) -> None:
        attempts = row["attempts"] + 1
        verdict = decide(kind_of(error), attempts, self._policy, random.random())  # noqa: S311 - jitter
        match verdict:
            case Bury():
                await self._db.execute(_END, row["id"], "failed", describe(error), attempts)
                LOG.error("a replay failed", id=str(row["id"]), error=describe(error))
            case Retry(delay):
                await self._db.execute(_LATER, row["id"], describe(error), attempts, timedelta(seconds=delay))
            case Wait(delay):
                await self._db.execute(_LATER, row["id"], describe(error), row["attempts"], timedelta(seconds=delay))
            case _:
                assert_never(verdict)
