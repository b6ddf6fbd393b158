"""`trueshelf status`."""

import asyncio
import http
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, cast

import asyncpg
import typer

from trueshelf_cli.commands.screen import console, megabytes, table, told_plainly
from trueshelf_cli.inspection import ProcessRow, Work, process_rows, work_of
from trueshelf_cli.layout import SERVICES, Layout, find_layout
from trueshelf_cli.processes import ServiceProcess
from trueshelf_cli.servers import Servers, client_settings, known_servers
from trueshelf_cli.stack import readiness
from trueshelf_cli.supervision import Supervisor
from trueshelf_contracts.refs import Service
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.lag import consumer_lag


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that `status` shows, at one moment."""

    stack: Mapping[str, Any]
    processes: list[ProcessRow]
    health: dict[str, str]
    lag: dict[str, int]
    work: dict[str, Work]
    errors: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints; its field names are a promise to scripts."""
        return {
            "running": bool(self.processes),
            "drill": bool(self.stack.get("drill")),
            "processes": [
                {
                    "name": row.name,
                    "service": row.name.partition("-work-")[0],
                    "address": row.address,
                    "state": row.state,
                    "pid": row.pid,
                    "memory_bytes": row.memory,
                    "health": self.health.get(row.name, ""),
                }
                for row in self.processes
            ],
            "lag": self.lag,
            "work": {name: asdict(work) for name, work in self.work.items()},
            "errors": self.errors,
        }


def status(as_json: Annotated[bool, typer.Option("--json", help="for scripts")] = False) -> None:
    """Show every process with address, pid, memory and health; what waits; and where everything stands."""
    with told_plainly():
        shot = take(find_layout())
        if as_json:
            print(json.dumps(shot.as_json(), indent=1))  # not through rich: it would wrap lines
        else:
            show(shot)
        if not shot.processes:
            raise typer.Exit(3)


def take(layout: Layout) -> Snapshot:
    """Look at the stack once. What does not answer is said in `errors`, the rest is shown all the same."""
    stack = layout.stack() or {}
    services: dict[str, str] = {
        name: entry["url"] for part in ("services", "workers") for name, entry in stack.get(part, {}).items()
    }
    addresses = {**stack.get("backing", {}), **services}
    rows = process_rows(Supervisor(layout), str(layout.socket), addresses)
    health = {name: _health(name, url) for name, url in services.items()} if rows else {}
    servers = known_servers(layout)
    if not rows or servers is None:
        return Snapshot(stack, rows, health, {}, {}, [])
    errors: list[str] = []
    lag, work = asyncio.run(_look(servers, errors))
    health |= {"kafka": "ready" if lag else "does not answer", "postgres": "ready" if work else "does not answer"}
    health["s3"] = _s3_health(servers.s3)
    return Snapshot(stack, rows, health, lag, work, errors)


def _health(name: str, url: str) -> str:
    process = ServiceProcess(name, cast("Service", name.partition("-work-")[0]), "run", int(url.rpartition(":")[2]))
    return readiness(process) or "ready"


def _s3_health(endpoint: str) -> str:
    try:
        with urllib.request.urlopen(endpoint, timeout=3):  # noqa: S310 -- our own configuration
            return "ready"
    except urllib.error.HTTPError as error:  # a refusal without keys is an answer
        return "ready" if error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR else f"answers {error.code}"
    except OSError as error:
        return f"does not answer ({error})"


async def _look(servers: Servers, errors: list[str]) -> tuple[dict[str, int], dict[str, Work]]:
    lag: dict[str, int] = {}
    work: dict[str, Work] = {}
    try:
        lag = await asyncio.wait_for(consumer_lag(client_settings(servers).kafka_options()), 15)
    except (Outage, TimeoutError) as error:
        errors.append(f"Kafka does not tell the lag: {error!r}")
    try:
        connection = await asyncpg.connect(servers.pg_admin_dsn, timeout=5, command_timeout=10)
        try:
            for service in SERVICES:
                found = await work_of(connection, service)
                if found is not None:
                    work[service] = found
        finally:
            await connection.close()
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        errors.append(f"PostgreSQL does not tell the backlog: {error!r}")
    return lag, work


def show(shot: Snapshot) -> None:
    """Print a snapshot for people."""
    if not shot.processes:
        console.print("the stack is not running: start it with `trueshelf up`")
        return
    processes = table("PROCESS", "ADDRESS", "STATE", "PID", "MEMORY", "HEALTH")
    for row in shot.processes:
        health = shot.health.get(row.name, "") if row.pid else ""
        colour = "green" if health == "ready" else "red"
        processes.add_row(
            row.name, row.address, row.state, str(row.pid or ""), megabytes(row.memory), f"[{colour}]{health}[/]"
        )
    console.print(processes)
    total = sum(row.memory or 0 for row in shot.processes)
    console.print(f"memory together {megabytes(total)}{'; DRILL stack' if shot.stack.get('drill') else ''}\n")
    waiting = table("SERVICE", "LAG", "OUTBOX", "JOBS", "FAILED JOBS", "STATES")
    for service, work in shot.work.items():
        lag = sum(count for group, count in shot.lag.items() if group.startswith(f"trueshelf.{service}."))
        jobs = ", ".join(f"{name} {_counts(counts)}" for name, counts in work.jobs.items()) or "none"
        states = "; ".join(f"{name}: {_counts(counts)}" for name, counts in work.states.items() if counts)
        waiting.add_row(service, str(lag), str(work.outbox), jobs, str(work.failed_jobs), states)
    console.print(waiting)
    for error in shot.errors:
        console.print(f"[red]{error}[/]")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())
