"""Slow work before a plan: the exposures of a shot are measured, so that the best is used (R-12)."""

from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.generate import Measured
from trueshelf_contracts.ingest import Capture, SkuReady
from trueshelf_generate.domain.choice import choose, contested
from trueshelf_generate.ports import Children, Pictures
from trueshelf_generate.service import MEASURE, Generate, MeasurePayload
from trueshelf_generate.sql import SQL
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.limits import Limits

LONGEST = 600.0
"""Seconds: a shot has a handful of exposures, of some seconds each."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """The job that measures, then plans."""

    db: Database
    pictures: Pictures
    children: Children
    generate: Generate
    limits: Limits

    def specs(self) -> tuple[JobSpec[Any], ...]:
        give_up = self.give_up_measuring
        return (JobSpec(MEASURE, MeasurePayload, run=self.measure, exhausted=give_up, time_limit=LONGEST),)

    async def measure(self, job: Job[MeasurePayload]) -> None:
        """Measure every exposure of the shots that have several, then plan (R-12)."""
        about = job.payload.sku, job.payload.sku_version
        row = await self.db.fetchrow(SQL["sku_get"], job.payload.sku)
        if row is None or row["version"] != job.payload.sku_version or row["ready"] is None:
            return
        choices = []
        for shot, captures in contested(SkuReady.model_validate(row["ready"]).captures).items():
            measured = [await self._measured(capture) for capture in captures]
            choices.append(choose(shot, measured))
        async with self.db.transaction() as tx:
            if await job.claim(tx):
                await self.generate.measured(tx, *about, tuple(choices))

    async def _measured(self, capture: Capture) -> Measured:
        source = await self.pictures.get(capture.source)
        entry = "trueshelf_generate.exposing:measure"
        done = await self.children.call(entry, {}, blobs=(source,), limits=self.limits)
        return Measured(capture_id=capture.capture_id, **done.value)

    async def give_up_measuring(self, job: Job[MeasurePayload], error: Exception, tx: Tx) -> None:  # noqa: ARG002 - the log has it
        """Plan by the source gate's word alone: a photo that cannot be read is refused as an item."""
        await self.generate.measured(tx, job.payload.sku, job.payload.sku_version, ())
