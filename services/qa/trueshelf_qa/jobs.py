"""Slow work: comparing two pictures in a child process."""

from dataclasses import dataclass
from typing import Any

from trueshelf_qa.domain.words import say
from trueshelf_qa.service import COMPARE, ComparePayload, Qa
from trueshelf_runtime.db import Tx
from trueshelf_runtime.jobs import Job, JobSpec


@dataclass(frozen=True, slots=True)
class Comparing:
    """The compare job."""

    qa: Qa
    attempts: int
    concurrency: int

    def specs(self) -> tuple[JobSpec[Any], ...]:
        """What the runtime's worker runs."""
        return (
            JobSpec(
                COMPARE,
                ComparePayload,
                run=self.run,
                exhausted=self.give_up,
                max_attempts=self.attempts,
                time_limit=self.qa.limits.seconds + 90,
                concurrency=self.concurrency,
            ),
        )

    async def run(self, job: Job[ComparePayload]) -> None:
        """Compare, store evidence and report, then state the outcome in one transaction."""
        event = await self.qa.pending(job.payload.subject_id)
        if event is None:
            return
        report = await self.qa.compare(event)
        stored = await self.qa.keep(report)
        async with self.qa.db.transaction() as tx:
            if await job.claim(tx):
                await self.qa.state(tx, event, report, stored)

    async def give_up(self, job: Job[ComparePayload], error: Exception, tx: Tx) -> None:
        """What cannot be compared is unjudged, never lost: a person decides, and reads what happened."""
        event = await self.qa.pending(job.payload.subject_id)
        if event is None:
            return
        report = self.qa.unjudged(event, say("comparison", "crashed", why=type(error).__name__))
        await self.qa.state(tx, event, report, await self.qa.keep(report))
