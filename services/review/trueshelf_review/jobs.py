"""What happens later: a decision becomes final when it can no longer be taken back."""

from uuid import UUID

from pydantic import BaseModel

from trueshelf_review.adapters.desk import FINALISE, PostgresDesk
from trueshelf_review.service import finalising
from trueshelf_review.service.context import Review
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.jobs import Job, JobSpec


class FinalisePayload(BaseModel):
    """Which decision."""

    decision_id: UUID


def jobs(review: Review, db: Database) -> tuple[JobSpec[FinalisePayload], ...]:
    """Return review's kinds of job."""

    async def finalise(job: Job[FinalisePayload]) -> None:
        async with db.transaction() as tx:
            if await job.claim(tx):
                await finalising.finalise(review, PostgresDesk(tx), job.payload.decision_id)

    async def give_up(job: Job[FinalisePayload], _: Exception, tx: Tx) -> None:
        await finalising.give_up(review, PostgresDesk(tx), job.payload.decision_id)

    return (JobSpec(FINALISE, FinalisePayload, run=finalise, exhausted=give_up, concurrency=2),)
