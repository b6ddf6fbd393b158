"""What a supervisor needs to know about one process, and how to wait until it answers."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class BackingError(Exception):
    """A backing server cannot be brought, prepared or started. The message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process in the foreground."""

    name: str
    argv: tuple[str, ...]
    directory: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    """OS user to run as; only root may set it. None: whoever starts it."""
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    """How long a clean stop may take before SIGKILL."""


class Server(Protocol):
    """A backing server that lives in a directory of its own."""

    @property
    def name(self) -> str: ...

    def prepare(self) -> Program:
        """Make the directory ready (idempotent, survives an interrupted earlier call) and say how to run the server."""
        ...

    def probe(self) -> None:
        """Return when the server answers a real request; raise anything else. Takes a few seconds at most."""
        ...


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run `coroutine` to its end in a loop of its own, also where a loop is already running in this thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def wait_ready(
    server: Server,
    seconds: float,
    died: Callable[[], str | None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Probe `server` until it answers. Raises BackingError at the deadline, or at once when `died()` gives a reason."""
    deadline = clock() + seconds
    while True:
        try:
            server.probe()
        except Exception as error:  # any failure of a probe means "not yet"; the last one is reported
            reason = died()
            if reason is not None:
                raise BackingError(f"{server.name} ended before it was ready: {reason}") from error
            if clock() > deadline:
                raise BackingError(
                    f"{server.name} did not answer within {seconds:.0f} s (last: {error}); see its log"
                ) from error
            time.sleep(0.1)
        else:
            return
