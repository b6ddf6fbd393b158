"""A whole small service, to be started, stopped and starved (`COMMAND VERB`)."""

import asyncio
import sys
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Tx
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.lifecycle import Background, Parts, Runtime, main  # noqa: F401 - COMMAND runs it
from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    service: Literal["qa"] = "qa"


class Note(BaseModel):
    text: str
    seconds: float = 0.0


async def build(runtime: Runtime) -> Parts:
    router = APIRouter()

    @router.post("/notes", status_code=202)
    async def add(note: Note, who: Annotated[Principal, Depends(require("operator"))]) -> dict[str, str]:
        await asyncio.sleep(note.seconds)
        async with runtime.db.transaction() as tx:
            await tx.enqueue("test.note", note, key=note.text)
            event = await act(tx, "qa.note", target=note.text, who=who)
        return {"event": str(event.event_id)}

    async def run(job: Job[Note]) -> None:
        ref = await runtime.store.put("evidence", job.payload.text.encode(), "text/plain")
        async with runtime.db.transaction() as tx:
            if await job.claim(tx):
                await act(tx, "qa.stored", target=ref.key)

    async def exhausted(job: Job[Note], error: Exception, tx: Tx) -> None:
        await act(tx, "qa.stored", target=job.payload.text, outcome="refused", reason=str(error))

    async def beat() -> None:
        await asyncio.Event().wait()

    return Parts(
        jobs=(JobSpec("test.note", Note, run, exhausted),),
        routers=(router,),
        background=(Background("beat", beat),),
    )


# Not `python -m`: the package of `build` is where migrations are looked for.
COMMAND = (sys.executable, "-c", f"from {__name__} import *; main(Settings, build)")
