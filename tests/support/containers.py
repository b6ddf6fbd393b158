"""The same three servers from Docker, by testcontainers: `make test BACKING=containers`.

Ports are chosen by us and fixed: a restarted container would otherwise come back elsewhere. Images are the official
ones; `TRUESHELF_TEST_IMAGE_POSTGRES`, `…_KAFKA` and `…_S3` name others that take the same environment.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from testcontainers.core.container import DockerContainer

from trueshelf_cli.backing.kafka import Kafka
from trueshelf_cli.backing.ports import free_port
from trueshelf_cli.backing.postgres import Postgres
from trueshelf_cli.backing.program import Server, wait_ready
from trueshelf_cli.backing.s3proxy import S3Proxy

IMAGES = {
    "POSTGRES": "postgres:18",
    "KAFKA": "apache/kafka:4.3.1",
    "S3": "andrewgaul/s3proxy:s3proxy-4.0.0",
}
NOWHERE = Path("/nonexistent")
"""The probes of our local servers are used; their directories are not."""


class ContainerSwitch:
    """Stops and starts a container, keeping its data and its port."""

    def __init__(self, container: DockerContainer, server: Server) -> None:
        self._container = container
        self._server = server

    def start(self) -> None:
        self._container.get_wrapped_container().start()
        wait_ready(self._server, 60)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=30)

    def kill(self) -> None:
        wrapped = self._container.get_wrapped_container()
        wrapped.kill()
        wrapped.wait()

    def restart(self) -> None:
        self.stop()
        self.start()


@contextlib.contextmanager
def postgres_container() -> Iterator[tuple[ContainerSwitch, str]]:
    port, password = free_port(), secrets.token_urlsafe(12)
    server = Postgres(NOWHERE, port, password)
    with _running("POSTGRES", 5432, port, server, {"POSTGRES_PASSWORD": password}) as switch:
        yield switch, server.dsn()


@contextlib.contextmanager
def kafka_container() -> Iterator[tuple[ContainerSwitch, str]]:
    port = free_port()
    server = Kafka(NOWHERE, NOWHERE, port, 0)
    environment = {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{server.bootstrap}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_BROKER_SESSION_TIMEOUT_MS": "3000",
        "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "1000",
        "KAFKA_HEAP_OPTS": "-Xms128m -Xmx384m",
    }
    with _running("KAFKA", 9092, port, server, environment) as switch:
        yield switch, server.bootstrap


@contextlib.contextmanager
def s3_container(access_key: str, secret_key: str) -> Iterator[tuple[ContainerSwitch, str]]:
    server = S3Proxy(NOWHERE, NOWHERE, free_port(), access_key, secret_key)
    environment = {
        "S3PROXY_ENDPOINT": "http://0.0.0.0:80",
        "S3PROXY_AUTHORIZATION": "aws-v2-or-v4",
        "S3PROXY_IDENTITY": access_key,
        "S3PROXY_CREDENTIAL": secret_key,
        "JCLOUDS_PROVIDER": "filesystem",
        "JCLOUDS_FILESYSTEM_BASEDIR": "/data",
    }
    with _running("S3", 80, server.port, server, environment) as switch:
        yield switch, server.endpoint


@contextlib.contextmanager
def _running(
    name: str, inside: int, port: int, server: Server, environment: dict[str, str]
) -> Iterator[ContainerSwitch]:
    image = os.environ.get(f"TRUESHELF_TEST_IMAGE_{name}") or IMAGES[name]
    container = DockerContainer(image).with_bind_ports(inside, port)
    for variable, value in environment.items():
        container.with_env(variable, value)
    with container:
        wait_ready(server, 120)
        yield ContainerSwitch(container, server)
