"""Up and down: the local stack's life as two use cases. Both may be repeated and interrupted at any point."""

import asyncio
import contextlib
import fcntl
import http.client
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
import psutil

from trueshelf_cli.backing.ports import LOOPBACK
from trueshelf_cli.backing.program import BackingError, Program, Server, wait_ready
from trueshelf_cli.keyring import Keyring, open_keyring
from trueshelf_cli.layout import SERVICES, Layout, write_private
from trueshelf_cli.processes import (
    IMAGE_PORT,
    MARK,
    ServiceProcess,
    base_environment,
    plan_ports,
    service_processes,
    service_program,
    worker_name,
)
from trueshelf_cli.roles import ensure_database, ensure_service, with_database
from trueshelf_cli.servers import DATABASE, Servers, choose_servers, client_settings, external, save_servers
from trueshelf_cli.supervision import Supervisor, render, write_config
from trueshelf_contracts.refs import Service

Step = Callable[[str, str], None]
"""Told as things happen: (what, state), for progress on a screen."""
LOCAL_PORTS = {"postgres": ("postgres",), "kafka": ("kafka", "kafka-controller"), "s3": ("s3",)}
BACKING_SECONDS = 90.0
SERVICE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What `up` is asked for."""

    drill: bool = False
    services: tuple[Service, ...] = SERVICES
    workers: Mapping[Service, int] = field(default_factory=dict)
    """Further processes with the verb `work`, per service."""
    ports: Mapping[str, int] = field(default_factory=dict)
    modules: Mapping[Service, str] = field(default_factory=dict)
    """Another module than `trueshelf_<service>` to run."""


@dataclass(frozen=True, slots=True)
class Running:
    """The stack after `up`."""

    servers: Servers
    processes: tuple[ServiceProcess, ...]


class Stack:
    """The stack of one checkout."""

    def __init__(self, layout: Layout, environ: Mapping[str, str] | None = None) -> None:
        self.layout = layout
        self.supervisor = Supervisor(layout)
        self._environ = dict(os.environ if environ is None else environ)

    def up(self, wish: Wish, step: Step = lambda _what, _state: None) -> Running:
        """Bring everything up and return when every process is ready. Raises BackingError, or what a server refused."""
        self.layout.make()
        with self._alone():
            running = self.supervisor.answers()
            if not running:
                self._end_orphans()
            keyring = open_keyring(self.layout)
            ports = self._ports(wish, running)
            servers = choose_servers(self.layout, keyring, ports, self._environ)
            processes = service_processes(wish.services, wish.workers, ports)
            self._configure(wish, keyring, servers, processes, ports, running=running)
            self._prepare_servers(keyring, servers, wish, step)
            self._write_stack(wish, keyring, servers, processes)
            self._start_services(processes, step)
            return Running(servers, tuple(processes))

    def down(self, step: Step = lambda _what, _state: None) -> list[str]:
        """End everything; return what had to be killed because it had outlived its supervisor. Safe to repeat."""
        self.layout.make()
        with self._alone():
            if self.supervisor.answers():
                names = [info["name"] for info in self.supervisor.processes()]
                backing = [name for name in names if name in LOCAL_PORTS]
                services = [name for name in names if name not in LOCAL_PORTS]
                step("services", "stopping")
                self.supervisor.stop_programs(services)
                step("backing servers", "stopping")
                self.supervisor.stop_programs(backing)
                self.supervisor.shut_down()
            killed = self._end_orphans()
            self.layout.clear_temporary()
            return killed

    def members(self) -> list[psutil.Process]:
        """Return every process that carries this stack's mark in its environment, supervisord included."""
        root = str(self.layout.root)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(MARK) == root:
                    found.append(process)
        return found

    def _ports(self, wish: Wish, running: bool) -> dict[str, int]:
        path = self.layout.run / "ports.json"
        before: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        outside = external(self._environ)
        names = [port for name, ports in LOCAL_PORTS.items() if name not in outside for port in ports]
        names += wish.services
        names += [IMAGE_PORT] if "console" in wish.services else []
        names += [worker_name(name, n) for name, count in wish.workers.items() for n in range(1, count + 1)]
        try:
            chosen = plan_ports(names, wish.ports, before, running)
        except ValueError as error:
            raise BackingError(str(error)) from error
        write_private(path, json.dumps({**before, **chosen}, indent=1))
        return chosen

    def _configure(
        self,
        wish: Wish,
        keyring: Keyring,
        servers: Servers,
        processes: list[ServiceProcess],
        ports: Mapping[str, int],
        *,
        running: bool,
    ) -> None:
        """Prepare the servers' directories, write supervisord's configuration, make supervisord follow it."""
        programs: list[Program] = [server.prepare() for server in servers.local]
        programs += [
            service_program(
                process,
                self.layout,
                keyring,
                servers,
                self._environ,
                ports=ports,
                drill=wish.drill,
                module=wish.modules.get(process.service),
            )
            for process in processes
        ]
        changed = write_config(self.layout, render(self.layout, programs))
        if not running:
            self.supervisor.start(base_environment(self.layout.root, self._environ))
        elif changed:
            self.supervisor.apply()

    def _prepare_servers(self, keyring: Keyring, servers: Servers, wish: Wish, step: Step) -> None:
        """Start the backing servers together; what depends on one of them begins as soon as that one answers."""
        local = {server.name: server for server in servers.local}
        for name in ("postgres", "kafka", "s3"):
            step(name, "starting" if name in local else "external")
        self.supervisor.start_programs(local)
        settings = client_settings(servers)

        def schemas() -> None:
            self._await("postgres", local, step)
            asyncio.run(_schemas(keyring, servers, wish, step))

        def topics() -> None:
            from trueshelf_runtime.topics_admin import ensure_topics  # noqa: PLC0415 -- keeps `--help` light

            self._await("kafka", local, step)
            made = asyncio.run(ensure_topics(settings.kafka_options(), replication=servers.kafka_replication))
            step("topics", f"{len(made)} made" if made else "all there")

        def buckets() -> None:
            self._await("s3", local, step)
            made = asyncio.run(_buckets(settings))
            step("buckets", f"{len(made)} made" if made else "all there")

        with ThreadPoolExecutor(3) as pool:
            for future in [pool.submit(_told, work) for work in (schemas, topics, buckets)]:
                future.result()

    def _await(self, name: str, local: Mapping[str, Server], step: Step) -> None:
        server = local.get(name)
        if server is not None:
            wait_ready(server, BACKING_SECONDS, lambda: self._died(name))
            step(name, "ready")

    def _start_services(self, processes: list[ServiceProcess], step: Step) -> None:
        for process in processes:
            step(process.name, "starting")
        self.supervisor.start_programs(process.name for process in processes)
        waiting = {process.name: process for process in processes}
        deadline = time.monotonic() + SERVICE_SECONDS
        last: dict[str, str] = {}
        while waiting:
            for name, process in list(waiting.items()):
                said = readiness(process)
                if said is None:
                    step(name, "ready")
                    del waiting[name]
                else:
                    last[name] = said
            if waiting and time.monotonic() > deadline:
                lines = [f"{name}: {self._died(name) or last[name]}; see `trueshelf logs {name}`" for name in waiting]
                raise BackingError(f"not ready after {SERVICE_SECONDS:.0f} s:\n" + "\n".join(lines))
            time.sleep(0.1)

    def _died(self, name: str) -> str | None:
        """Say that a program does not come up; a first failed attempt may be chance, supervisord tries again."""
        reason = self.supervisor.died(name)
        if reason is None or reason.startswith("BACKOFF"):
            return None
        log = self.layout.logs / f"{name}.log"
        tail = log.read_bytes()[-800:].decode(errors="replace") if log.exists() else ""
        return f"{reason}; end of {log}:\n{tail}"

    def _write_stack(self, wish: Wish, keyring: Keyring, servers: Servers, processes: list[ServiceProcess]) -> None:
        stack = {
            "root": str(self.layout.root),
            "drill": wish.drill,
            "services": {process.name: {"url": process.url} for process in processes if process.verb == "run"},
            "workers": {process.name: {"url": process.url} for process in processes if process.verb != "run"},
            "keys": str(keyring.token_key),
            "public_keys": {
                "tokens": str(keyring.jwks),
                "decisions": str(keyring.review_jwks),
                "checkpoints": str(keyring.audit_jwks),
            },
            "backing": servers.addresses(),
            "issuer": "trueshelf-local",
            "audience": "trueshelf",
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_private(self.layout.stack_file, json.dumps(stack, indent=1))
        save_servers(self.layout, servers)

    def _end_orphans(self) -> list[str]:
        """Kill what carries our mark though no supervisor answers: its supervisor was killed before it."""
        orphans = self.members()
        named = []
        for process in orphans:
            with contextlib.suppress(psutil.Error):
                named.append(f"{process.pid} {' '.join(process.cmdline()[:3])}")
                process.terminate()
        _, alive = psutil.wait_procs(orphans, timeout=10)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=5)
        return named

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the checkout's lock: two `up`s at once would choose the same ports."""
        with (self.layout.run / "up.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackingError(
                    "another `trueshelf up` or `down` of this checkout is running: wait for it"
                ) from error
            yield


def readiness(process: ServiceProcess, seconds: float = 3.0) -> str | None:
    """Ask `/readyz`; None when ready, else what it said."""
    connection = http.client.HTTPConnection(LOOPBACK, process.port, timeout=seconds)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer ({error})"
    finally:
        connection.close()
    return None if response.status == http.HTTPStatus.OK else f"not ready: {response.status} {body}"


def _told(work: Callable[[], None]) -> None:
    """Run one part of the preparation; what PostgreSQL, Kafka or S3 refuse becomes a sentence with advice."""
    from trueshelf_runtime.errors import RuntimeFailure  # noqa: PLC0415 -- keeps `--help` light
    from trueshelf_runtime.topics_admin import TopicRefused  # noqa: PLC0415

    try:
        work()
    except (RuntimeFailure, TopicRefused, asyncpg.PostgresError, TimeoutError) as error:
        raise BackingError(f"{work.__name__} could not be prepared: {error}; `trueshelf doctor` says more") from error


async def _schemas(keyring: Keyring, servers: Servers, wish: Wish, step: Step) -> None:
    """Make database, schemas and roles, and run the migrations, all services side by side."""
    from trueshelf_runtime.migrate import MigrationMismatch, migrate  # noqa: PLC0415 -- keeps `--help` light

    local = any(server.name == "postgres" for server in servers.local)
    if local:
        await ensure_database(with_database(servers.pg_admin_dsn, "postgres"), DATABASE)
    passwords = keyring.passwords

    async def one(service: Service) -> int:
        access = await ensure_service(servers.pg_admin_dsn, service, passwords[f"{service}_owner"], passwords[service])
        package = f"trueshelf_{service}" if service not in wish.modules else None
        try:
            return len(await migrate(access.owner, service, package=package))
        except MigrationMismatch as error:
            raise BackingError(
                f"the database was made by another version of {service}: {error}. "
                "Check out that version, or begin anew with `trueshelf down` and by removing .trueshelf/data"
            ) from error

    applied = await asyncio.gather(*(one(service) for service in wish.services))
    step("schemas", f"{sum(applied)} migrations applied" if any(applied) else "up to date")


async def _buckets(settings: object) -> list[str]:
    from trueshelf_runtime.storage import ObjectStore  # noqa: PLC0415 -- keeps `--help` light

    async with ObjectStore.of(settings) as store:  # type: ignore[arg-type]
        return await store.ensure_buckets()
