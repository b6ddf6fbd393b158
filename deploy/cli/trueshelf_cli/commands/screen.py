"""What the verbs print with: tables, progress, and errors that end the command with exit code 1."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trueshelf_cli.backing.program import BackingError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
GOOD = ("ready", "up to date", "all there", "stopped", "external")


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Print an expected error as a sentence and end with 1; anything else is a bug and keeps its traceback."""
    try:
        yield
    except BrokenPipeError:
        # Whoever read our output has seen enough (`trueshelf logs kafka | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except (BackingError, OSError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        errors.print("[red]interrupted[/]: run the same command again, it goes on where it stopped")
        raise typer.Exit(130) from None


class Progress:
    """Prints one line per finished step, and on a terminal what is still being waited for."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._status = console.status("starting") if sys.stdout.isatty() else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def step(self, what: str, state: str) -> None:
        now = time.monotonic()
        if state in {"starting", "stopping"}:
            self._started[what] = now
        else:
            took = now - self._started.pop(what, now)
            mark = "[green]✓[/]"
            seconds = f" [dim]{took:.1f} s[/]" if took >= 0.05 else ""  # noqa: PLR2004 -- shorter is no news
            console.print(f"{mark} {escape(what)}: {escape(state)}{seconds}")
        if self._status is not None:
            self._status.update(f"waiting for {', '.join(self._started)}" if self._started else "working")


def table(*columns: str, title: str | None = None) -> Table:
    return Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")


def megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 2**20:.0f} MB"
