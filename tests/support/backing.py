"""The three backing servers for tests: local processes, containers, or the ones that environment variables name."""

import atexit
import contextlib
import importlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from trueshelf_cli.backing.jars import ensure_jars
from trueshelf_cli.backing.kafka import Kafka
from trueshelf_cli.backing.ports import free_port
from trueshelf_cli.backing.postgres import Postgres
from trueshelf_cli.backing.process import LocalProcess
from trueshelf_cli.backing.s3proxy import S3Proxy

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".trueshelf"
POMS = ROOT / "deploy" / "backing"
PREFIX = "trueshelf-test-"


class Switch(Protocol):
    """What an outage test does to a server."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def restart(self) -> None: ...


class NoSwitch:
    """An external server is not ours to stop: the test that wants to is skipped."""

    def __init__(self, name: str) -> None:
        self._name = name

    def start(self) -> None:
        """It runs anyway."""

    def stop(self) -> None:
        pytest.skip(f"{self._name} is external: outage tests need one of their own")

    kill = stop
    restart = stop


@dataclass(frozen=True, slots=True)
class Server:
    """A running server that a test may switch off and on again; `start` and `restart` return when it answers."""

    switch: Switch

    def start(self) -> None:
        self.switch.start()

    def stop(self) -> None:
        self.switch.stop()

    def kill(self) -> None:
        self.switch.kill()

    def restart(self) -> None:
        self.switch.restart()


@dataclass(frozen=True, slots=True)
class PostgresServer(Server):
    dsn: str
    """The admin's, database `postgres`."""


@dataclass(frozen=True, slots=True)
class KafkaServer(Server):
    bootstrap: str


@dataclass(frozen=True, slots=True)
class S3Server(Server):
    endpoint: str
    access_key: str
    secret_key: str


@contextlib.contextmanager
def session_directory() -> Iterator[Path]:
    """A directory for this session's servers; what killed sessions left behind is swept first."""
    _sweep()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o755)  # PostgreSQL's OS user passes through
    (directory / "owner.pid").write_text(f"{os.getpid()}")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _sweep() -> None:
    """End servers whose session is gone: they are found by their working directory, never by name."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if psutil.pid_exists(int((directory / "owner.pid").read_text())):
                continue
            for process in psutil.process_iter():
                with contextlib.suppress(psutil.Error):
                    if Path(process.cwd()).is_relative_to(directory):
                        process.kill()
            shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def run_postgres(directory: Path) -> Iterator[PostgresServer]:
    external = os.environ.get("TRUESHELF_TEST_PG_DSN")
    if external:
        yield PostgresServer(NoSwitch("PostgreSQL"), external)
        return
    if _containers():
        containers = importlib.import_module("support.containers")
        with containers.postgres_container() as (switch, dsn):
            yield PostgresServer(switch, dsn)
        return
    server = Postgres(directory / "postgres", free_port(), secrets.token_urlsafe(12))
    with _running(LocalProcess(server, directory / "postgres.log")) as process:
        yield PostgresServer(process, server.dsn())


@contextlib.contextmanager
def run_kafka(directory: Path) -> Iterator[KafkaServer]:
    external = os.environ.get("TRUESHELF_TEST_KAFKA")
    if external:
        yield KafkaServer(NoSwitch("Kafka"), external)
        return
    if _containers():
        containers = importlib.import_module("support.containers")
        with containers.kafka_container() as (switch, bootstrap):
            yield KafkaServer(switch, bootstrap)
        return
    port = free_port()
    server = Kafka(directory / "kafka", ensure_jars("kafka", POMS, CACHE), port, free_port({port}))
    with _running(LocalProcess(server, directory / "kafka.log")) as process:
        yield KafkaServer(process, server.bootstrap)


@contextlib.contextmanager
def run_s3(directory: Path) -> Iterator[S3Server]:
    """`TRUESHELF_TEST_S3` is `http://ACCESS:SECRET@host:port`."""
    external = os.environ.get("TRUESHELF_TEST_S3")
    if external:
        scheme, _, rest = external.partition("://")
        keys, _, host = rest.rpartition("@")
        access, _, secret = keys.partition(":")
        yield S3Server(NoSwitch("S3"), f"{scheme}://{host}", access, secret)
        return
    access, secret = secrets.token_hex(8), secrets.token_hex(20)
    if _containers():
        containers = importlib.import_module("support.containers")
        with containers.s3_container(access, secret) as (switch, endpoint):
            yield S3Server(switch, endpoint, access, secret)
        return
    server = S3Proxy(directory / "s3", ensure_jars("s3proxy", POMS, CACHE), free_port(), access, secret)
    with _running(LocalProcess(server, directory / "s3.log")) as process:
        yield S3Server(process, server.endpoint, access, secret)


@contextlib.contextmanager
def _running(process: LocalProcess) -> Iterator[LocalProcess]:
    atexit.register(process.kill)  # also when the session ends without its teardown
    process.start()
    try:
        yield process
    finally:
        process.stop()


def _containers() -> bool:
    return os.environ.get("TRUESHELF_TEST_BACKING") == "containers"


def wait_until(
    condition: Callable[[], object], seconds: float = 15.0, every: float = 0.05, what: str = "the condition"
) -> None:
    """Wait until `condition()` is true; fail with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {seconds:.0f} s")
        time.sleep(every)
