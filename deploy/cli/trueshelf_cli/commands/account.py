"""`trueshelf account`: what only who runs the host may do with an account."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.screen import told_plainly
from trueshelf_cli.keyring import open_keyring
from trueshelf_cli.layout import Layout, find_layout
from trueshelf_cli.processes import service_processes, service_program
from trueshelf_cli.servers import known_servers

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Accounts, from the host on which the console runs.")


@app.callback()
def accounts() -> None:
    """Accounts, from the host on which the console runs."""


@app.command("reset-link")
def reset_link(
    login: Annotated[str, typer.Argument(help="the login of the account whose owner shall set a new password")],
) -> None:
    """Print a one-time link for an account: for when no administrator can log in. It goes on record."""
    with told_plainly():
        environment = console_environment(find_layout(), os.environ)
    made = subprocess.run(
        [sys.executable, "-m", "trueshelf_console.reset_link", login], env=environment, check=False, timeout=60
    )
    raise typer.Exit(made.returncode)


def console_environment(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which the local stack's console runs; without a stack those of here."""
    stack, servers = layout.stack(), known_servers(layout)
    if stack is None or servers is None:
        return dict(environ)
    if "console" not in stack["services"]:
        raise BackingError("this stack has no console: run `trueshelf up` with it")
    ports = json.loads((layout.run / "ports.json").read_text(encoding="utf-8"))
    (process,) = service_processes(["console"], {}, ports)
    keyring, drill = open_keyring(layout), bool(stack["drill"])
    program = service_program(process, layout, keyring, servers, environ, ports=ports, drill=drill)
    return {**environ, **program.env}
