"""What runs and how it fares, read from supervisord, the operating system and PostgreSQL."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg
import psutil

from trueshelf_cli.supervision import Supervisor
from trueshelf_contracts.refs import Service

PLUMBING = ("inbox", "outbox", "delivery_attempt", "dead_letter", "job_failure", "schema_migration")


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One program of supervisord, or supervisord itself."""

    name: str
    address: str
    state: str
    pid: int | None
    memory: int | None
    """Resident bytes of the process and its children; pages that they share counted once."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one service has before it, from its own schema."""

    jobs: dict[str, dict[str, int]]
    """Job name → status (queued, picked) → count."""
    failed_jobs: int
    outbox: int
    """Records that wait to be published."""
    states: dict[str, dict[str, int]] = field(default_factory=dict)
    """Table → state → rows, for each table that has a column `state`."""


def process_rows(supervisor: Supervisor, socket: str, addresses: Mapping[str, str]) -> list[ProcessRow]:
    """Return every process of the stack, in the order of `addresses`. Empty when it does not run."""
    if not supervisor.answers():
        return []
    rows = [
        ProcessRow(
            name=info["name"],
            address=addresses.get(info["name"], ""),
            state=str(info["statename"]).lower(),
            pid=info["pid"] or None,
            memory=tree_memory(info["pid"]) if info["pid"] else None,
        )
        for info in supervisor.processes()
    ]
    order = {name: index for index, name in enumerate(addresses)}
    rows.sort(key=lambda row: (order.get(row.name, len(order)), row.name))
    own = supervisor.pid()
    if own is not None:
        rows.append(ProcessRow("supervisord", socket, "running", own, _memory(psutil.Process(own))))
    return rows


def tree_memory(pid: int) -> int | None:
    """Return the resident bytes of a process and its children; None when it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(_memory(each) for each in [process, *process.children(recursive=True)])
    except psutil.Error:
        return None


def _memory(process: psutil.Process) -> int:
    """Proportional set size: a page that several share counts once among them. RSS where that is not readable."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        try:
            return int(process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(process.memory_info().rss)
    return 0


async def work_of(connection: asyncpg.Connection, service: Service) -> Work | None:
    """Return what `service` has before it; None when its schema has no tables yet. Raises asyncpg's errors."""
    if await connection.fetchval("SELECT to_regclass($1)", f"{service}.outbox") is None:
        return None
    jobs: dict[str, dict[str, int]] = defaultdict(dict)
    query = f"SELECT entrypoint, status::text, count(*) FROM {service}.pgqueuer GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 -- a known name
    for name, status, count in await connection.fetch(query):
        jobs[name][status] = count
    return Work(
        jobs=dict(jobs),
        # What a domain refused (a corrupt photo, say) is an answer, not a fault.
        failed_jobs=await connection.fetchval(
            f"SELECT count(*) FROM {service}.job_failure WHERE error_type <> 'Refused'"  # noqa: S608 -- a known name
        ),
        outbox=await connection.fetchval(f"SELECT count(*) FROM {service}.outbox WHERE published_at IS NULL"),  # noqa: S608 -- a known name
        states=await _states(connection, service),
    )


async def _states(connection: asyncpg.Connection, service: Service) -> dict[str, dict[str, int]]:
    tables = await connection.fetch(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND a.attname = 'state' AND NOT c.relname = ANY($2) ORDER BY 1",
        service,
        list(PLUMBING),
    )
    states = {}
    for (table,) in tables:
        name = await connection.fetchval("SELECT format('%I.%I', $1::text, $2::text)", service, table)
        rows = await connection.fetch(f"SELECT state::text, count(*) FROM {name} GROUP BY 1 ORDER BY 1")  # noqa: S608 -- quoted by the server
        states[table] = {state: count for state, count in rows if state is not None}
    return states
