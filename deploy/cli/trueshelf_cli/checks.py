"""What `trueshelf doctor` looks at. Each check is a function that says what it found and, for a fault, what to do."""

import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from trueshelf_cli.backing.jars import faults, read_sums
from trueshelf_cli.backing.ports import is_free
from trueshelf_cli.layout import Layout
from trueshelf_cli.supervision import Supervisor

Grade = Literal["ok", "warn", "fault"]
DISK_FAULT, DISK_WARN = 1 * 2**30, 5 * 2**30
MEMORY_NEEDED = int(2.5 * 2**30)
"""The idle stack's target is 2.0 GB; pixels need some on top."""
JAVA_FLOOR = 17


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's answer."""

    what: str
    grade: Grade
    said: str
    advice: str = ""


def check_machine(layout: Layout) -> Iterator[Finding]:
    """Java, Maven, jars, disk, memory: what a stack needs before it starts."""
    yield java()
    yield from jars(layout)
    yield disk(layout.state if layout.state.exists() else layout.root)
    running = Supervisor(layout).answers()
    yield memory(running=running)
    yield from ports(layout, running=running)


def java() -> Finding:
    path = shutil.which("java")
    if path is None:
        return Finding("Java", "fault", "not found", "install the Debian package openjdk-17-jre-headless")
    done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=False)
    match = re.search(r'version "(\d+)', done.stderr + done.stdout)
    if match is None:
        return Finding("Java", "fault", f"{path} does not tell its version", "reinstall openjdk-17-jre-headless")
    version = int(match[1])
    if version < JAVA_FLOOR:
        return Finding("Java", "fault", f"version {version}", "Kafka 4 needs 17: install openjdk-17-jre-headless")
    return Finding("Java", "ok", f"version {version}")


def jars(layout: Layout) -> Iterator[Finding]:
    complete = True
    for name in ("kafka", "s3proxy"):
        wrong = faults(layout.state / "lib" / name, read_sums(layout.poms / name / "SHA256SUMS"))
        complete = complete and not wrong
        if wrong:
            yield Finding(f"jars of {name}", "fault", "; ".join(wrong[:3]), "remove .trueshelf/lib, run `make setup`")
        else:
            yield Finding(f"jars of {name}", "ok", "as committed (SHA-256)")
    if shutil.which("mvn"):
        yield Finding("Maven", "ok", "found")
    elif complete:
        yield Finding("Maven", "ok", "not found, and not needed: the jars are here")
    else:
        yield Finding("Maven", "fault", "not found", "install the Debian package maven, then run `make setup`")


def disk(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    said = f"{free / 2**30:.1f} GB free at {path}"
    if free < DISK_FAULT:
        return Finding("disk", "fault", said, "make room: Kafka and PostgreSQL stop when the disk is full")
    if free < DISK_WARN:
        return Finding("disk", "warn", said, "make room soon: pictures are 10 to 20 MB each")
    return Finding("disk", "ok", said)


def memory(*, running: bool) -> Finding:
    free = psutil.virtual_memory().available
    said = f"{free / 2**30:.1f} GB available"
    if not running and free < MEMORY_NEEDED:
        return Finding("memory", "warn", said, "the stack wants about 2 GB and pixels 1 GB more: end other programs")
    return Finding("memory", "ok", said)


def ports(layout: Layout, *, running: bool) -> Iterator[Finding]:
    """Last time's ports: while the stack is down, somebody else may have taken one."""
    path = layout.run / "ports.json"
    if running or not path.exists():
        yield Finding("ports", "ok", "held by the running stack" if running else "none chosen yet")
        return
    taken = {name: port for name, port in json.loads(path.read_text()).items() if not is_free(port)}
    for name, port in taken.items():
        advice = (
            f"`up` will choose another one; to get this one back end {_holder(port)}, or start with --port {name}=N"
        )
        yield Finding("ports", "warn", f"{port}, last used for {name}, is in use", advice)
    if not taken:
        yield Finding("ports", "ok", "those of last time are free")


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})" if connection.pid else "it"
    return "whatever listens there"


def check_processes(layout: Layout) -> Iterator[Finding]:
    """Every program of supervisord runs."""
    supervisor = Supervisor(layout)
    if not supervisor.answers():
        yield Finding("processes", "warn", "the stack is not running", "start it with `trueshelf up`")
        return
    for info in supervisor.processes():
        name, state = info["name"], info["statename"]
        if state == "RUNNING":
            up = time.time() - info["start"]
            yield Finding(name, "ok", f"running, pid {info['pid']}, for {lasting(up)}")
        elif state == "STARTING":
            yield Finding(name, "warn", "starting", "wait some seconds and look again")
        else:
            said = f"{state.lower()} {info['spawnerr'] or ''}".strip()
            yield Finding(name, "fault", said, f"read `trueshelf logs {name}`, then run `trueshelf up` again")


def lasting(seconds: float) -> str:
    """Return a span in the unit in which a person would say it."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def gather(*checks: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Run the checks; one that breaks is itself a fault."""
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check())
        except Exception as error:  # noqa: BLE001 -- a doctor that dies of what it finds helps nobody
            name = getattr(check, "__name__", "check").replace("_", " ")
            found.append(Finding(name, "fault", f"{type(error).__name__}: {error}", "see `trueshelf logs`"))
    return found


def worst(findings: list[Finding]) -> Grade:
    grades = {finding.grade for finding in findings}
    return "fault" if "fault" in grades else "warn" if "warn" in grades else "ok"
