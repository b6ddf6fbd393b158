"""`trueshelf token`: what a machine or a practice account shows to the services of this stack."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.screen import told_plainly
from trueshelf_cli.layout import find_layout
from trueshelf_runtime.keys import ROLES, Level, load_key, mint


def token(
    role: Annotated[str, typer.Argument(help=f"the role to act in: {', '.join(ROLES)}")],
    account: Annotated[str, typer.Option(help="the account's id; default: kind and role")] = "",
    machine: Annotated[bool, typer.Option("--machine", help="a machine's token also in a drill stack")] = False,
    level: Annotated[
        list[str] | None, typer.Option(metavar="CATEGORY=LEVEL", help="a reviewer's, e.g. '*=senior'")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="how long it is valid")] = 60,
) -> None:
    """Print a token signed with this stack's own key; use it as TRUESHELF_TOKEN or as a bearer token.

    In a drill stack it is a practice account's, elsewhere a machine's. People never get theirs here: they log in.
    """
    with told_plainly():
        stack = find_layout().stack()
        if stack is None:
            raise BackingError("there is no stack yet: run `trueshelf up` first")
        if role not in ROLES:
            raise BackingError(f"there is no role {role!r}: use one of {', '.join(ROLES)}")
        drill = bool(stack["drill"]) and not machine
        if role == "reviewer" and not drill:
            raise BackingError(
                "only people review: a machine can never hold the reviewer's role. To practise, start the stack with "
                "`trueshelf up --drill`"
            )
        kind = "drill" if drill else "machine"
        signed = mint(
            load_key(Path(str(stack["keys"]))),
            account or f"{kind}-{role}",
            role,
            kind="drill" if drill else "machine",
            levels=_levels(level or [], role),
            issuer=str(stack["issuer"]),
            audience=str(stack["audience"]),
            auth_time=datetime.now(UTC) if drill else None,
            lifetime=timedelta(minutes=minutes),
        )
        sys.stdout.write(f"{signed}\n")


def _levels(given: list[str], role: str) -> dict[str, Level]:
    if role != "reviewer":
        return {}
    levels: dict[str, Level] = {}
    for text in given or ["*=senior"]:
        category, _, name = text.partition("=")
        if name not in {"junior", "senior"}:
            raise BackingError(f"{text!r} is not CATEGORY=LEVEL: write it like 'bags=junior' or '*=senior'")
        levels[category] = cast("Level", name)
    return levels
