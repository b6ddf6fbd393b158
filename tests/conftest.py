"""Fixtures that every level may use. Servers start on first use, once per session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.backing import (
    KafkaServer,
    PostgresServer,
    S3Server,
    run_kafka,
    run_postgres,
    run_s3,
    session_directory,
)
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_runtime.topics_admin import ensure_topics


@pytest.fixture(scope="session")
def backing_directory() -> Iterator[Path]:
    with session_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def postgres(backing_directory: Path) -> Iterator[PostgresServer]:
    """A real PostgreSQL: `.dsn` is the admin's; `stop()`, `start()`, `kill()`, `restart()` for outages."""
    with run_postgres(backing_directory) as server:
        yield server


@pytest.fixture(scope="session")
def kafka(backing_directory: Path) -> Iterator[KafkaServer]:
    """A real Kafka: `.bootstrap`; the same switches."""
    with run_kafka(backing_directory) as server:
        yield server


@pytest.fixture(scope="session")
def s3(backing_directory: Path) -> Iterator[S3Server]:
    """A real S3: `.endpoint`, `.access_key`, `.secret_key`; the same switches."""
    with run_s3(backing_directory) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def topics(kafka: KafkaServer) -> KafkaServer:
    """The broker with every topic of the registry."""
    await ensure_topics({"bootstrap_servers": kafka.bootstrap})
    return kafka


@pytest.fixture(scope="session")
def service_db(postgres: PostgresServer) -> ServiceDbFactory:
    """`db = await service_db("qa")`: a fresh database with schema, roles and migrations."""
    return ServiceDbFactory(postgres)


@pytest.fixture(scope="session")
def make_settings(kafka: KafkaServer, s3: S3Server) -> SettingsFactory:
    """`settings = await make_settings("qa", db)`."""
    return SettingsFactory(kafka, s3)
