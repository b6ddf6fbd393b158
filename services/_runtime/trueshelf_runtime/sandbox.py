"""Child processes for pixels: bounded in memory, CPU and time, killed by process group, never able to hurt another job.

`ChildPool` keeps a few warm children for our own images. `run_untrusted` starts one for a single call on bytes that a
stranger sent: no inherited environment, a user of its own, no network, no new privileges.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from trueshelf_runtime.errors import Invalid, Outage, Refused, Transient, describe
from trueshelf_runtime.limits import MEGABYTE, ChildResult, Limits
from trueshelf_runtime.telemetry import METRICS

__all__ = [
    "ChildCrashed",
    "ChildNotStarted",
    "ChildOutOfMemory",
    "ChildPool",
    "ChildResult",
    "ChildTimeout",
    "Limits",
    "run_untrusted",
]

log = structlog.get_logger(__name__)

_MAX_HEADER = 16 * MEGABYTE
_START_SECONDS = 30.0
_CODE = re.compile(r"[a-z][a-z0-9_]{0,59}")
MAX_SAID = 1000
"""Characters that are believed of a child's own words."""
"""What a child may take to start on a busy machine, before the call's own time begins."""


class ChildTimeout(Transient):
    """The call took longer than its limit; the child was killed."""


class ChildOutOfMemory(Transient):
    """The call wanted more memory than its limit."""


class ChildCrashed(Transient):
    """The child ended without an answer, or its code raised something that is not in the vocabulary."""


class ChildNotStarted(Outage):
    """No child could be started. Not a byte of the call was read, so the call is not to blame: it waits."""


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    folder: Path | None
    uid: int | None = None
    """A user that only this child and what it started run as."""
    jobs: int = 0
    idle_since: float = 0.0

    async def exchange(self, header: dict[str, Any], blobs: tuple[bytes, ...], limits: Limits) -> ChildResult:
        """Send one frame and return the answer. Raises the vocabulary; asyncio.IncompleteReadError when it died."""
        assert self.process.stdin
        assert self.process.stdout
        data = json.dumps(header | {"blobs": [len(blob) for blob in blobs]}).encode()
        self.process.stdin.write(struct.pack(">I", len(data)) + data)
        for blob in blobs:
            self.process.stdin.write(blob)
            await self.process.stdin.drain()
        await self.process.stdin.drain()
        return _understand(*await _read(self.process.stdout, limits.result_mb * MEGABYTE))

    def kill(self) -> None:
        """Kill the child and whatever it has started: it leads a process group of its own."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self, *, kill: bool) -> None:
        """Let it go (end of input) or kill it; returns when it is gone and its folder is removed."""
        if kill:
            self.kill()
        elif self.process.stdin:
            self.process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()
        if self.uid:
            await _kill_all_of(self.uid)
        if self.folder:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


async def _kill_all_of(uid: int) -> None:
    """Kill what an untrusted child has left running: a process that began a session of its own is in no group of ours.

    Only a process of that user can say "all of mine" to the kernel, so one is started for it.
    """
    with contextlib.suppress(OSError):
        quiet = asyncio.subprocess.DEVNULL
        killer = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", "kill -9 -1"),
            user=uid, group=uid, extra_groups=(), env={}, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip
        await killer.wait()


async def _read(stream: asyncio.StreamReader, most: int) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Read one frame without believing what it says of itself."""
    size = struct.unpack(">I", await stream.readexactly(4))[0]
    if size > _MAX_HEADER:
        raise ChildCrashed(f"a child's answer begins with a header of {size} bytes; {_MAX_HEADER} are the most")
    try:
        header = json.loads(await stream.readexactly(size))
        sizes = [int(size) for size in header["blobs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ChildCrashed("a child's answer is not a frame") from error
    if any(size < 0 for size in sizes) or sum(sizes) > most:
        raise ChildCrashed(f"a child announced {sum(sizes)} bytes of results; its limit is {most}")
    return header, tuple([await stream.readexactly(size) for size in sizes])


def _understand(header: dict[str, Any], blobs: tuple[bytes, ...]) -> ChildResult:
    match header.get("outcome"):
        case "done" if isinstance(header.get("value"), dict):
            return ChildResult(header["value"], blobs)
        case "refused" if isinstance(header.get("refusal"), dict):
            raise _refusal(header["refusal"])
        case "memory":
            raise ChildOutOfMemory(f"a child ran out of its memory: {_said(header.get('error'))}")
        case "invalid":
            raise Invalid(_said(header.get("error")))
        case "error":
            raise ChildCrashed(f"a child's code failed: {_said(header.get('error'))}")
        case _:
            raise ChildCrashed("a child answered with neither a result nor an error")


_warned: set[str] = set()


def _refusal(said: dict[str, Any]) -> Refused:
    """Return a child's refusal. What a hostile photo made of it is cut, and its code is a word or none of ours."""
    code = str(said.get("code", ""))
    if not _CODE.fullmatch(code):
        raise ChildCrashed(f"a child refused with the code {_said(code)!r}, which is no word")
    return Refused(code, _said(said.get("message", "")), _said(said.get("advice", "")))


def _said(text: object) -> str:
    return "".join(char if char.isprintable() else " " for char in str(text)[:MAX_SAID])


def _warn_missing(layer: str) -> None:
    if layer not in _warned:
        _warned.add(layer)
        log.warning("sandbox layer not available on this machine; untrusted images run without it", layer=layer)


def _death(process: asyncio.subprocess.Process, entry: str) -> Transient:
    """Say what a child died of."""
    code = process.returncode
    if code == -signal.SIGXCPU:
        return ChildTimeout(f"{entry} used up its CPU seconds")
    if code == -signal.SIGKILL:
        return ChildOutOfMemory(f"{entry} was killed by the kernel, most likely for want of memory")
    how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
    return ChildCrashed(f"{entry} ended its process by {how} without an answer")


def _folder(parent: Path | None) -> Path:
    if parent:
        parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="trueshelf-child-", dir=parent))


async def _start(*arguments: str, env: dict[str, str], quiet: bool, folder: Path | None) -> _Child:
    """Start a child in `folder` (none: it has no place to write) and wait until it says that it is ready for bytes.

    The folder goes with the child. Raises ChildNotStarted.
    """
    paths = json.dumps([path for path in sys.path if Path(path).is_absolute()])
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "trueshelf_runtime.child", str(os.getpid()), paths, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if quiet else None,
            env=env,
            cwd=folder or "/",
            start_new_session=True,
            limit=MEGABYTE,
        )
    except OSError as error:
        if folder:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise ChildNotStarted(f"no child process can be started: {describe(error)}") from error
    child = _Child(process, folder)
    try:
        await _expect_ready(child)
    except BaseException:
        await asyncio.shield(child.end(kill=True))
        raise
    return child


async def _expect_ready(child: _Child) -> None:
    assert child.process.stdout
    try:
        async with asyncio.timeout(_START_SECONDS):
            header, _ = await _read(child.process.stdout, 0)
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        raise ChildNotStarted(f"a child did not start within {_START_SECONDS:g} s, or ended while starting") from error
    if header.get("outcome") != "ready":
        raise ChildNotStarted(f"a child's code cannot be loaded: {header.get('error')}")
    child.uid = header.get("uid")
    for layer in header.get("missing", ()):
        _warn_missing(str(layer))


async def _call(
    child: _Child, entry: str, header: dict[str, Any], blobs: tuple[bytes, ...], limits: Limits
) -> ChildResult:
    """Exchange one frame within the wall clock. On any failure but an answer the child is dead when this returns."""
    started = time.monotonic()
    outcome = "died"
    try:
        async with asyncio.timeout(limits.seconds):
            result = await child.exchange(header, blobs, limits)
    except TimeoutError as error:
        outcome = "timeout"
        child.kill()
        raise ChildTimeout(f"{entry} took longer than {limits.seconds:g} s and was killed") from error
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        child.process.stdin.close() if child.process.stdin else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await child.process.wait()
        child.kill()
        raise _death(child.process, entry) from error
    except (Refused, Invalid, Transient) as error:
        outcome = type(error).__name__
        raise
    except BaseException:  # cancelled: nobody waits for the answer any more
        child.kill()
        raise
    else:
        outcome = "done"
        return result
    finally:
        METRICS.child_calls.labels(entry, outcome).inc()
        METRICS.child_seconds.labels(entry).observe(time.monotonic() - started)


async def run_untrusted(
    entry: str, request: dict[str, Any], *, blobs: tuple[bytes, ...] = (), limits: Limits | None = None
) -> ChildResult:
    """Run `entry` once, in a process that has nothing to lose, and end it.

    Raises Refused or Invalid as the entry did; ChildTimeout, ChildOutOfMemory, ChildCrashed otherwise; ChildNotStarted,
    an Outage, when it is not the call's fault.
    """
    limits = limits or Limits(seconds=20, memory_mb=1024, file_mb=0)
    child = await _start(entry, json.dumps(limits.to_json()), env={}, quiet=True, folder=None)
    try:
        return await _call(child, entry, {"request": request}, blobs, limits)
    finally:
        await asyncio.shield(child.end(kill=True))


class ChildPool:
    """At most `size` warm children, one call at a time each.

    A child is recycled after `jobs_per_child` calls (libraries leak), ended after `idle_seconds` without one (memory),
    and replaced when it dies; only the call that it died of fails.
    """

    def __init__(
        self, size: int, *, scratch: Path | None = None, jobs_per_child: int = 50, idle_seconds: float = 20.0
    ) -> None:
        self._free = asyncio.Semaphore(size)
        self._idle: list[_Child] = []
        self._scratch = scratch
        self._jobs_per_child = jobs_per_child
        self._idle_seconds = idle_seconds
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The children that wait for work, for `status` and tests."""
        return tuple(child.process.pid for child in self._idle)

    async def call(
        self, entry: str, request: dict[str, Any], *, blobs: tuple[bytes, ...] = (), limits: Limits | None = None
    ) -> ChildResult:
        """Run `entry` ("module:function") in a child; waits for a free one first, which counts as no time of the call.

        Raises Refused or Invalid as the entry did; ChildTimeout, ChildOutOfMemory, ChildCrashed otherwise.
        """
        limits = limits or Limits()
        async with self._free:
            if self._closed:
                raise Transient("the pool of child processes is closed: this process is stopping")
            child = await self._take()
            try:
                return await _call(
                    child, entry, {"entry": entry, "request": request, "limits": limits.to_json()}, blobs, limits
                )
            finally:
                child.jobs += 1
                await asyncio.shield(self._put_back(child, dirty=sys.exc_info()[0] is not None))

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None:
                return child
            await child.end(kill=True)
        try:
            folder = await asyncio.to_thread(_folder, self._scratch)
        except OSError as error:
            raise ChildNotStarted(f"no folder for a child in {self._scratch}: {describe(error)}") from error
        return await _start(env=_plain_environment(), quiet=False, folder=folder)

    async def _put_back(self, child: _Child, *, dirty: bool) -> None:
        """Keep a child whose last call ended well; after a failure of any kind a fresh one is cheaper than a doubt."""
        if dirty or self._closed or child.jobs >= self._jobs_per_child:
            await child.end(kill=dirty)
            return
        child.idle_since = time.monotonic()
        self._idle.append(child)

    async def _end_idle(self) -> None:
        while True:
            await asyncio.sleep(min(self._idle_seconds, 5.0))
            now = time.monotonic()
            old = [child for child in self._idle if now - child.idle_since >= self._idle_seconds]
            self._idle = [child for child in self._idle if child not in old]
            for child in old:
                await child.end(kill=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ChildPool"]:
        """Keep the pool for the body; afterwards no child is left."""
        reaper = asyncio.create_task(self._end_idle())
        try:
            yield self
        finally:
            self._closed = True
            reaper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reaper
            while self._idle:
                await self._idle.pop().end(kill=True)


def _plain_environment() -> dict[str, str]:
    """What a child of ours inherits: where programs and the locale are, and no secret."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "HOME", "TZ") if name in os.environ}
