"""The `trueshelf` command.

`--help` must be quick and import no service: each verb's module is loaded when it is called. A service brings verbs of
its own as entry points of the group `trueshelf.verbs`, each a `typer.Typer`.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from trueshelf_cli.layout import find_layout

OWN: dict[str, tuple[str, str]] = {
    "up": (
        "trueshelf_cli.commands.life:up",
        "start the local stack: backing servers, schemas, topics, buckets, services",
    ),
    "down": ("trueshelf_cli.commands.life:down", "stop it; no process is left"),
    "demo": ("trueshelf_cli.commands.demo:demo", "take photos from intake to packs, with practice accounts"),
    "status": ("trueshelf_cli.commands.status:status", "processes, health, consumer lag, job backlog, counts by state"),
    "doctor": ("trueshelf_cli.commands.doctor:doctor", "check machine and stack, and say what to do about each fault"),
    "logs": ("trueshelf_cli.commands.logs:logs", "show the log of a process"),
    "token": ("trueshelf_cli.commands.token:token", "print a token for a machine or drill account of this stack"),
    "account": ("trueshelf_cli.commands.account:app", "a one-time link for an account that nobody can enter any more"),
    "dlq": ("trueshelf_cli.commands.dlq:app", "dead letters: list, show, replay, drop"),
}
"""Verb → (its function or Typer app, what `--help` says of it)."""
BROUGHT = {
    "audit": "prove the log, and ask it who approved what",
    "compare": "compare a draft with its source, without a stack",
    "cutout": "cut products out of photos, without a stack",
    "generate": "make finished masters of one photo, without a stack",
    "intake": "deliver a folder of photos by a sheet",
    "pack": "order, watch and download marketplace packs",
    "qa": "calibrate and test the automatic comparison",
    "render": "make one marketplace file from a master, without a stack",
    "review": "decide cases in a terminal",
}
"""What `--help` says of the services' verbs, so that it need not load them."""
HELP = ["--help", "-h"]


def main() -> None:
    """Run the verb that the command line names."""
    os.environ.setdefault("TRUESHELF_ROOT", str(find_layout().root))
    verb, *rest = sys.argv[1:] or ["--help"]
    if verb in {*HELP, "help"}:
        sys.stdout.write(overview())
        return
    loaded = find(verb)
    if loaded is None:
        sys.stderr.write(f"trueshelf: there is no verb {verb!r}; `trueshelf --help` lists them\n")
        raise SystemExit(2)
    run(verb, loaded, rest)


def overview() -> str:
    """Return what `trueshelf --help` prints."""
    lines = [
        "Usage: trueshelf VERB [ARGUMENTS]",
        "",
        "Marketplace pictures that match what is on the shelf.",
        "",
        "The stack:",
    ]
    lines += [f"  {name:<10} {text}" for name, (_, text) in OWN.items()]
    brought = sorted(_brought().keys() - OWN.keys())
    if brought:
        lines += [
            "",
            "The client, brought by the services:",
            *(f"  {name:<10} {BROUGHT.get(name, '')}".rstrip() for name in brought),
        ]
    return "\n".join([*lines, "", "`trueshelf VERB --help` says more.", ""])


def find(verb: str) -> Any:
    """Load what runs `verb`: a function with typer's annotations or a Typer app; None when nothing does."""
    if verb in OWN:
        module, _, name = OWN[verb][0].partition(":")
        return getattr(importlib.import_module(module), name)
    point = _brought().get(verb)
    return None if point is None else point.load()


def run(verb: str, loaded: Any, arguments: Sequence[str]) -> None:
    """Run it. A Typer app may stand behind several verbs: then its command of that name is meant."""
    import typer  # noqa: PLC0415 -- `--help` does without

    if not isinstance(loaded, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command(verb)(loaded)
        loaded = app
    names = {command.name or _name(command.callback) for command in loaded.registered_commands}
    if len(names) > 1 and verb in names:
        loaded(prog_name="trueshelf", args=[verb, *arguments], help_option_names=HELP)
    else:
        loaded(prog_name=f"trueshelf {verb}", args=list(arguments), help_option_names=HELP)


def _name(function: Callable[..., Any] | None) -> str:
    return "" if function is None else function.__name__.replace("_", "-")


def _brought() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="trueshelf.verbs")}


if __name__ == "__main__":
    main()
