"""A worker process to be killed: `python platform_worker.py DSN SCHEMA FILE` runs jobs that write to FILE."""

import asyncio
import os
import sys
from pathlib import Path

from pydantic import BaseModel

from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.jobs import Job, JobSpec, Worker


class Slow(BaseModel):
    seconds: float


async def main(dsn: str, schema: str, file: str) -> None:
    async def run(job: Job[Slow]) -> None:
        with Path(file).open("a") as out:  # noqa: ASYNC230 - one line
            out.write(f"{os.getpid()}\n")
        await asyncio.sleep(job.payload.seconds)
        async with db.transaction() as tx:
            await job.claim(tx)

    async def exhausted(job: Job[Slow], error: Exception, tx: Tx) -> None:
        raise AssertionError("never")

    async with Database.open(dsn, "qa", schema=schema) as db:
        await Worker(db, [JobSpec("test.slow", Slow, run, exhausted)]).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
