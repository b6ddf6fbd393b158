"""`trueshelf doctor`."""

import typer
from rich.markup import escape

from trueshelf_cli.checks import Finding, check_machine, check_processes, gather, worst
from trueshelf_cli.commands.screen import console, told_plainly
from trueshelf_cli.layout import find_layout
from trueshelf_cli.servers import known_servers, local_servers
from trueshelf_cli.service_checks import check_stack
from trueshelf_cli.supervision import Supervisor

MARKS = {"ok": "[green]ok[/]   ", "warn": "[yellow]warn[/] ", "fault": "[red]FAULT[/]"}


def doctor() -> None:
    """Check machine, processes, servers, schemas, topics, buckets and lag; exit code 1 when something is at fault."""
    with told_plainly():
        layout = find_layout()
        running = Supervisor(layout).answers()
        findings = gather(lambda: check_machine(layout), lambda: check_processes(layout))
        servers = known_servers(layout)
        if servers is not None:
            findings += check_stack(layout, servers, stopped=() if running else local_servers(layout))
        for finding in findings:
            _print(finding)
        grade = worst(findings)
        works = (
            "it works, with remarks" if running else "nothing is at fault, but the stack is not running: `trueshelf up`"
        )
        console.print({"ok": "all is well", "warn": works, "fault": "something is at fault"}[grade])
        if grade == "fault":
            raise typer.Exit(1)


def _print(finding: Finding) -> None:
    console.print(f"{MARKS[finding.grade]} {escape(finding.what)}: {escape(finding.said)}", soft_wrap=True)
    if finding.advice:
        console.print(f"      → {escape(finding.advice)}", soft_wrap=True)
