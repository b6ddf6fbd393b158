"""What runs and how it fares, read from supervisord, the operating system, Kafka and PostgreSQL."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from trueshelf_cli.stack import Stack


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One program of supervisord, or supervisord itself."""

    name: str
    address: str
    state: str
    pid: int | None
    memory: int | None
    """Resident bytes of the process and its children; pages that they share counted once."""
    restarts: int = 0


def process_rows(stack: Stack, backing: Mapping[str, str], services: Mapping[str, str]) -> list[ProcessRow]:
    """Return every process of the stack. Empty when it does not run."""
    if not stack.supervisor.answers():
        return []
    addresses = {**backing, **services}
    rows = [
        ProcessRow(
            name=info["name"],
            address=addresses.get(info["name"], ""),
            state=str(info["statename"]).lower(),
            pid=info["pid"] or None,
            memory=tree_memory(info["pid"]) if info["pid"] else None,
        )
        for info in stack.supervisor.processes()
    ]
    order = {name: index for index, name in enumerate(addresses)}
    rows.sort(key=lambda row: (order.get(row.name, len(order)), row.name))
    own = stack.supervisor.pid()
    if own is not None:
        rows.append(ProcessRow("supervisord", str(stack.layout.socket), "running", own, _memory(psutil.Process(own))))
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
