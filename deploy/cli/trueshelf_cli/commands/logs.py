"""`trueshelf logs`."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.screen import told_plainly
from trueshelf_cli.layout import find_layout

BLOCK = 64 * 1024


def logs(
    name: Annotated[str, typer.Argument(help="a process, e.g. qa or kafka; none: list them")] = "",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="how many of the last lines")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on printing until Ctrl-C")] = False,
) -> None:
    """Show the end of a process's log. Services log one JSON object per line."""
    with told_plainly():
        directory = find_layout().logs
        known = sorted(path.stem for path in directory.glob("*.log"))
        if not name:
            print("\n".join(known))
            return
        path = directory / f"{name}.log"
        if name not in known:
            raise BackingError(f"{path} does not exist: use one of {', '.join(known) or '(none yet)'}")
        print("\n".join(tail(path, lines)))
        if follow:
            _follow(path)


def tail(path: Path, count: int) -> list[str]:
    """Return the last `count` lines, reading from the end."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        data = b""
        while position > 0 and data.count(b"\n") <= count:
            step = min(BLOCK, position)
            position -= step
            file.seek(position)
            data = file.read(step) + data
    return data.decode(errors="replace").splitlines()[-count:]


def _follow(path: Path) -> None:
    """Print what is appended; begin anew when the file was rotated."""
    file = path.open("rb")
    try:
        file.seek(0, os.SEEK_END)
        while True:
            data = file.read()
            if data:
                print(data.decode(errors="replace"), end="", flush=True)
                continue
            time.sleep(0.3)
            now = path.stat() if path.exists() else None
            if now is not None and (now.st_ino != os.fstat(file.fileno()).st_ino or now.st_size < file.tell()):
                file.close()
                file = path.open("rb")
    finally:
        file.close()
