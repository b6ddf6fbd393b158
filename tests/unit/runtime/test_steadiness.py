"""Faults of one moment that must not last: a failed look, a failed pruning, a commit without end."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from trueshelf_runtime import acks, inbox, jobs
from trueshelf_runtime.acks import Acknowledgements
from trueshelf_runtime.delivery import Settler
from trueshelf_runtime.errors import Invalid, Outage, Transient
from trueshelf_runtime.jobs import Worker
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.settle import Breaker, Policy

ENOUGH = 3


async def end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Rows:
    """The queue's rows: every job is somebody else's or gone."""

    def __init__(self) -> None:
        self.beats = 0
        self.thrice = asyncio.Event()

    async def beat(self, _: Any) -> set[int]:
        self.beats += 1
        if self.beats == ENOUGH:
            self.thrice.set()
        return set()


class Away:
    """A database that is away."""

    async def fetchval(self, *_: Any) -> Any:
        raise Outage("PostgreSQL went away")


async def test_heartbeats_go_on_after_a_look_that_met_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT_EVERY", 0.001)
    worker = Worker(Away(), [])  # type: ignore[arg-type]
    rows = worker._rows = Rows()  # type: ignore[assignment]
    worker._running[1] = (SimpleNamespace(), SimpleNamespace())  # type: ignore[assignment]
    beating = asyncio.create_task(worker._beating())
    waiting = asyncio.create_task(rows.thrice.wait())
    await asyncio.wait({beating, waiting}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    ended = beating.done()
    await end(beating, waiting)
    assert not ended
    assert rows.beats >= ENOUGH


async def test_a_pruning_that_fails_does_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "PRUNE_EVERY", 0.001)
    tried = asyncio.Event()

    class Busy:
        tries = 0

        async def execute(self, *_: Any) -> str:
            self.tries += 1
            if self.tries > 1:
                tried.set()
            raise Transient("no free connection within 10 s")

    pruning = asyncio.create_task(inbox.keep_pruned(Busy()))  # type: ignore[arg-type]
    waiting = asyncio.create_task(tried.wait())
    await asyncio.wait({pruning, waiting}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    ended = pruning.done()
    await end(pruning, waiting)
    assert not ended
    assert tried.is_set()


async def test_a_commit_without_a_broker_is_given_up_and_its_offsets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka looks for the group's coordinator for ever: the end of a process must not wait for that."""
    monkeypatch.setattr(acks, "PATIENCE", 0.01)

    class Consumer:
        async def commit(self, _: Any) -> None:
            await asyncio.Event().wait()

    acknowledgements = Acknowledgements(asyncio.Event())
    consumer = Consumer()
    await acknowledgements.note(consumer, SimpleNamespace(topic="t", partition=0, offset=6))
    async with asyncio.timeout(5):
        await acknowledgements.flush()
    assert list(acknowledgements._noted[consumer].values()) == [7]


class Letters:
    """A database that takes dead letters and forgets them."""

    def transaction(self) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def fetchval(self, *_: Any) -> int:
        return 0

    async def append(self, *_: Any) -> None:
        return None

    async def execute(self, *_: Any) -> str:
        return ""


async def test_the_breaker_sees_only_what_is_handled_here() -> None:
    """A handler that fails always must open it, however many records of the topic are somebody else's."""
    breaker = Breaker(window=20, minimum=10)
    settler = Settler(
        "export", "review", Letters(), policy=Policy(), stopping=asyncio.Event(), breaker=breaker  # type: ignore[arg-type]
    )  # fmt: skip

    async def passed() -> str:
        return "passed"

    async def broken() -> str:
        raise Invalid("the code is wrong")

    for offset in range(60):
        record = RawRecord("trueshelf.review", 0, offset, 0, b"k", b"{}", ())
        await settler.settle(record, broken if offset % 5 == 0 else passed)
        if breaker.open:
            break
    assert breaker.open
