"""Children are contained: time, memory, crash, and for untrusted bytes every right (security.md, rule 2)."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from trueshelf_runtime.errors import Outage, Refused, Transient
from trueshelf_runtime.sandbox import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildPool,
    ChildTimeout,
    Limits,
    run_untrusted,
)

ENTRIES = "support.platform_entries"


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ChildPool]:
    async with ChildPool(2, scratch=tmp_path, jobs_per_child=3, idle_seconds=0.3).running() as pool:
        yield pool
    assert not os.listdir(tmp_path), "every child's folder is removed"  # noqa: PTH208 - not pathlib, which is blocking too


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it waits for is another process
            await asyncio.sleep(0.02)


async def test_a_child_answers_with_value_and_blobs(pool: ChildPool) -> None:
    result = await pool.call(f"{ENTRIES}:echo", {"a": "ä"}, blobs=(b"1" * 3_000_000, b"22"))
    assert result.value["echo"] == {"a": "ä"}
    assert result.blobs == (b"22", b"1" * 3_000_000)


async def test_children_are_recycled_after_their_number_of_jobs(pool: ChildPool) -> None:
    pids = [(await pool.call(f"{ENTRIES}:echo", {})).value["pid"] for _ in range(4)]
    assert len(set(pids[:3])) == 1
    assert pids[3] != pids[0]


async def test_idle_children_end(pool: ChildPool) -> None:
    await pool.call(f"{ENTRIES}:echo", {})
    (pid,) = pool.pids
    await until(lambda: not pool.pids and not psutil.pid_exists(pid))


async def test_a_refusal_arrives_as_a_refusal(pool: ChildPool) -> None:
    with pytest.raises(Refused) as caught:
        await pool.call(f"{ENTRIES}:refuse", {})
    assert (caught.value.code, caught.value.advice) == ("too_dark", "add light")


async def test_a_bug_in_the_entry_is_named(pool: ChildPool) -> None:
    with pytest.raises(ChildCrashed, match="ValueError: a bug in the entry"):
        await pool.call(f"{ENTRIES}:fail", {})
    with pytest.raises(ChildCrashed, match="no_such_module"):
        await pool.call("no_such_module:entry", {})


async def test_a_child_is_killed_at_its_wall_clock_with_its_whole_group(
    pool: ChildPool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await pool.call(f"{ENTRIES}:echo", {})
    pidfile = tmp_path_factory.mktemp("pids") / "grandchild"
    with pytest.raises(ChildTimeout, match=r"longer than 0\.5 s"):
        await pool.call(f"{ENTRIES}:fork_grandchild", {"pidfile": str(pidfile)}, limits=Limits(seconds=0.5))
    grandchild = int(pidfile.read_text())
    await until(lambda: not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == "zombie")


async def test_cpu_seconds_end_a_spinning_child(pool: ChildPool) -> None:
    with pytest.raises(ChildTimeout, match="CPU"):
        await pool.call(f"{ENTRIES}:spin", {}, limits=Limits(seconds=30, cpu_seconds=1))


async def test_a_memory_bomb_is_contained(pool: ChildPool) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(ChildOutOfMemory):
        await pool.call(f"{ENTRIES}:bomb", {}, limits=Limits(memory_mb=200))
    with pytest.raises(ChildOutOfMemory):
        await run_untrusted(f"{ENTRIES}:bomb", {}, limits=Limits(memory_mb=200))
    assert psutil.Process().memory_info().rss - before < 20_000_000


async def test_a_crash_leaves_other_jobs_unharmed_and_the_pool_usable(pool: ChildPool) -> None:
    slow = asyncio.create_task(pool.call(f"{ENTRIES}:sleep", {"seconds": 0.5}))
    with pytest.raises(ChildCrashed, match="SIGABRT"):
        await pool.call(f"{ENTRIES}:die", {})
    assert (await slow).value == {}
    assert (await pool.call(f"{ENTRIES}:echo", {"still": "here"})).value["echo"] == {"still": "here"}


async def test_a_cancelled_call_leaves_no_child(pool: ChildPool) -> None:
    call = asyncio.create_task(pool.call(f"{ENTRIES}:sleep", {"seconds": 60}))
    await asyncio.sleep(0.3)
    children = [child for child in psutil.Process().children() if "trueshelf_runtime.child" in child.cmdline()]
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert children
    assert not any(child.is_running() for child in children)


async def test_results_are_bounded(pool: ChildPool) -> None:
    with pytest.raises(ChildCrashed, match="limit"):
        await pool.call(f"{ENTRIES}:much", {"size": 3_000_000}, limits=Limits(result_mb=2))


async def test_a_child_cannot_fill_the_disk(pool: ChildPool) -> None:
    with pytest.raises((ChildCrashed, Transient)):
        await pool.call(f"{ENTRIES}:big_file", {}, limits=Limits(file_mb=1))


async def test_an_untrusted_child_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_S3_SECRET_KEY", "hidden")
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        result = await run_untrusted(f"{ENTRIES}:surroundings", {"host": host, "port": port})
    seen = result.value
    assert "TRUESHELF_S3_SECRET_KEY" not in seen["environ"]
    assert set(seen["os_environ"]) <= {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY", "LC_CTYPE"}
    assert seen["written"] == []
    assert seen["no_new_privs"] == "1"
    assert not seen["reached"], "the child reached a server on this machine"
    if os.getuid() == 0:
        assert seen["uid"] != 0
        assert seen["groups"] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a child a user of its own")
async def test_an_untrusted_child_leaves_no_process_behind() -> None:
    result = await run_untrusted(f"{ENTRIES}:leave_a_process", {})
    uid = result.value["uid"]
    await until(lambda: not [p for p in psutil.process_iter(["uids"]) if p.info["uids"].real == uid])


async def test_a_child_that_cannot_start_is_nobodys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a byte was read: the photo waits as in an outage, and is never refused for it."""
    with pytest.raises(Outage, match="no_such_module"):
        await run_untrusted("no_such_module:entry", {})
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Outage, match="no child process can be started"):
        await run_untrusted(f"{ENTRIES}:echo", {})


async def test_a_refusal_of_an_untrusted_child_arrives() -> None:
    with pytest.raises(Refused):
        await run_untrusted(f"{ENTRIES}:refuse", {})
    with pytest.raises(ChildTimeout):
        await run_untrusted(f"{ENTRIES}:sleep", {"seconds": 90}, limits=Limits(seconds=0.3))


async def test_a_hostile_refusal_is_cut_and_its_code_is_a_word() -> None:
    with pytest.raises(Refused) as caught:
        await run_untrusted(f"{ENTRIES}:refuse_loudly", {"code": "not_a_photo"})
    assert len(caught.value.message) <= 1000
    assert caught.value.message.isprintable()
    assert caught.value.advice.isprintable()
    with pytest.raises(ChildCrashed, match="no word"):
        await run_untrusted(f"{ENTRIES}:refuse_loudly", {"code": "<script>"})
