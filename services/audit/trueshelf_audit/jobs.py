"""Slow work: a whole verification."""

import base64
from uuid import UUID

from pydantic import BaseModel

from trueshelf_audit.adapters import queries
from trueshelf_audit.domain.verify import Keys
from trueshelf_audit.ports import Copies
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import describe
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.sandbox import ChildPool, Limits

VERIFY = "audit.verify"
MEMORY_MB = 2048


class VerifyPayload(BaseModel):
    """Which verification to make."""

    id: UUID


def verify_job(
    db: Database, children: ChildPool, copies: Copies, clock: Clock, *, keys: Keys, dsn: str, seconds: float
) -> JobSpec[VerifyPayload]:
    """Return the job that verifies the log and keeps the report."""

    async def run(job: Job[VerifyPayload]) -> None:
        request = {
            "dsn": dsn,
            "log_key": str(keys.log),
            "review_keys": {kid: base64.b64encode(public).decode() for kid, public in keys.review.items()},
        }
        notes = tuple(note.encode() for note in await copies.all())
        limits = Limits(seconds=seconds, memory_mb=MEMORY_MB)
        result = await children.call("trueshelf_audit.child:verify", request, blobs=notes, limits=limits)
        async with db.transaction() as tx:
            if not await job.claim(tx):
                return
            await queries.record_report(tx, job.payload.id, clock.now(), ok=result.value["ok"], report=result.value)

    async def give_up(job: Job[VerifyPayload], error: Exception, tx: Tx) -> None:
        report = {"ok": False, "sentence": f"The log could not be verified: {describe(error)}"}
        await queries.record_report(tx, job.payload.id, clock.now(), ok=False, report=report)

    return JobSpec(
        VERIFY, VerifyPayload, run=run, exhausted=give_up, max_attempts=2, time_limit=seconds + 60, concurrency=1
    )
