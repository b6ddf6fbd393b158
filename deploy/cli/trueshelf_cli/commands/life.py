"""`trueshelf up` and `trueshelf down`."""

import time
from typing import Annotated

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.screen import Progress, console, megabytes, table, told_plainly
from trueshelf_cli.commands.welcome import public_address, welcome
from trueshelf_cli.inspection import process_rows
from trueshelf_cli.layout import SERVICES, find_layout
from trueshelf_cli.stack import Stack, Wish
from trueshelf_contracts.refs import Service
from trueshelf_runtime.client import find_stack


def up(
    drill: Annotated[
        bool, typer.Option("--drill", help="practice accounts may decide; all they touch says DRILL")
    ] = False,
    workers: Annotated[
        list[str] | None, typer.Option(metavar="SERVICE=N", help="N further workers of a service")
    ] = None,
    port: Annotated[list[str] | None, typer.Option(metavar="NAME=PORT", help="a fixed port, e.g. review=8104")] = None,
    only: Annotated[str, typer.Option(metavar="A,B", help="start only these services")] = "",
) -> None:
    """Start the local stack and return when all of it is ready. Safe to repeat."""
    with told_plainly():
        started = time.monotonic()
        wish = Wish(
            drill=drill,
            services=_services(only),
            workers={_service(name): number for name, number in _pairs(workers or [], "--workers qa=2").items()},
            ports=_pairs(port or [], "--port review=8104"),
        )
        stack = Stack(find_layout())
        was_drill = bool((find_stack(stack.layout.root) or {}).get("drill"))
        with Progress() as progress:
            running = stack.up(wish, progress.step)
        urls = {p.name: public_address(p.url) if p.name == "console" else p.url for p in running.processes}
        addresses = {**running.servers.addresses(), **urls}
        shown = table("SERVICE", "ADDRESS", "PID", "MEMORY")
        for row in process_rows(stack.supervisor, str(stack.layout.socket), addresses):
            shown.add_row(row.name, row.address, str(row.pid or ""), megabytes(row.memory))
        console.print(shown)
        if was_drill and not drill:
            console.print(
                "[yellow]this was a practice stack; now it is none, and its practice accounts may do nothing[/] "
                "(`trueshelf up --drill` brings them back)"
            )
        mode = " [yellow]DRILL[/]" if drill else ""
        console.print(f"ready in {time.monotonic() - started:.1f} s{mode}; `trueshelf status`, `trueshelf down`")
        for line in welcome(stack.layout):
            console.print(line, soft_wrap=True)


def down() -> None:
    """Stop the local stack: services first, then what they need. No process is left. Safe to repeat."""
    with told_plainly():
        stack = Stack(find_layout())
        with Progress() as progress:
            killed = stack.down(progress.step)
        for line in killed:
            console.print(f"ended, its supervisor was gone: {line}")
        left = stack.members()
        if left:
            raise BackingError("still running: " + ", ".join(f"{process.pid}" for process in left))
        console.print("down")


def _services(only: str) -> tuple[Service, ...]:
    return tuple(_service(name.strip()) for name in only.split(",")) if only else SERVICES


def _service(name: str) -> Service:
    if name not in SERVICES:
        raise BackingError(f"there is no service {name!r}: use one of {', '.join(SERVICES)}")
    return name


def _pairs(given: list[str], example: str) -> dict[str, int]:
    pairs = {}
    for text in given:
        name, _, number = text.partition("=")
        if not number.isdigit():
            raise BackingError(f"{text!r} is not NAME=NUMBER: write it like {example}")
        pairs[name] = int(number)
    return pairs
