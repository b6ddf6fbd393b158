"""A service's process: it waits for what is down, works, stops cleanly, and says why when it cannot start."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from support import platform_service
from support.backing import KafkaServer, PostgresServer, S3Server
from support.services import ServiceDb, ServiceDbFactory
from trueshelf_cli.backing.ports import free_port
from trueshelf_runtime.keys import ensure_keys, mint
from trueshelf_runtime.migrate import migrate
from trueshelf_runtime.storage import ObjectStore

pytestmark = pytest.mark.integration
TESTS = Path(__file__).parents[2]


class Service:
    """The process, its log lines and its address."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, keys: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[dict[str, Any]] = []
        self.raw = ""
        self._key = ensure_keys(keys / "key.json", keys / "jwks.json")
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self.raw += line.decode()
            if line.startswith(b"{"):
                self.lines.append(json.loads(line))

    def said(self, message: str) -> bool:
        return any(line.get("message") == message for line in self.lines)

    async def until(self, message: str, seconds: float = 30.0) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not self.said(message):  # noqa: ASYNC110 - what it waits for is another process
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never said {message!r}; said:\n{self.raw}") from None

    async def ready(self, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds), httpx.AsyncClient() as client:
            while True:
                try:
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 25)

    def headers(self, key: str = "") -> dict[str, str]:
        token = mint(self._key, "machine-1", "operator", kind="machine")
        return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})


@pytest_asyncio.fixture
async def db(service_db: ServiceDbFactory) -> ServiceDb:
    made = await service_db("qa", migrated=False)
    await migrate(made.owner_dsn, "qa")
    return made


@asynccontextmanager
async def started(
    db: ServiceDb, kafka: KafkaServer, s3: S3Server, tmp_path: Path, *, verb: str = "run", **more: str
) -> AsyncIterator[Service]:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TESTS),
        "TRUESHELF_PG_DSN": db.admin_dsn,
        "TRUESHELF_PG_OWNER_DSN": db.owner_dsn,
        "TRUESHELF_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "TRUESHELF_S3_ENDPOINT": s3.endpoint,
        "TRUESHELF_S3_ACCESS_KEY": s3.access_key,
        "TRUESHELF_S3_SECRET_KEY": s3.secret_key,
        "TRUESHELF_BUCKET_PREFIX": "lifecycle",
        "TRUESHELF_HTTP_PORT": str(port),
        "TRUESHELF_JWKS_FILE": str(tmp_path / "jwks.json"),
        "TRUESHELF_SCRATCH_DIR": str(tmp_path / "scratch"),
    } | more
    process = await asyncio.create_subprocess_exec(
        *platform_service.COMMAND, verb, env=environment, stderr=asyncio.subprocess.PIPE
    )
    service = Service(process, port, tmp_path)
    try:
        yield service
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await service._reader


@pytest_asyncio.fixture(autouse=True)
async def buckets(s3: S3Server) -> None:
    async with ObjectStore.open(s3.endpoint, s3.access_key, s3.secret_key, prefix="lifecycle") as store:
        await store.ensure_buckets()


async def test_a_service_works_and_stops(db: ServiceDb, topics: KafkaServer, s3: S3Server, tmp_path: Path) -> None:
    async with started(db, topics, s3, tmp_path) as service, httpx.AsyncClient(base_url=service.url) as client:
        await service.ready()
        resident = psutil.Process(service.process.pid).memory_info().rss / 1024 / 1024
        assert resident < 120, f"{resident:.0f} MB resident when idle"
        assert (await client.post("/notes", json={"text": "a"})).status_code == 401
        answers = [await client.post("/notes", json={"text": "a"}, headers=service.headers("same")) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].json() == answers[1].json(), "the same Idempotency-Key is the same act"
        slow = asyncio.create_task(
            client.post("/notes", json={"text": "slow", "seconds": 1.5}, headers=service.headers(), timeout=20)
        )
        await asyncio.sleep(0.3)
        assert await service.stop() == 0
        assert (await slow).status_code == 202, "a running request ends before the process does"
        assert service.said("stopped")


async def test_a_service_waits_for_postgresql_and_starts_when_it_comes(
    db: ServiceDb, topics: KafkaServer, s3: S3Server, tmp_path: Path, postgres: PostgresServer
) -> None:
    await asyncio.to_thread(postgres.stop)
    try:
        async with started(db, topics, s3, tmp_path) as service:
            await service.until("waiting for what this rests on")
            await asyncio.to_thread(postgres.start)
            await service.ready()
            assert await service.stop() == 0
    finally:
        await asyncio.to_thread(postgres.start)


async def test_a_service_that_waits_can_be_stopped(
    topics: KafkaServer, s3: S3Server, tmp_path: Path, db: ServiceDb
) -> None:
    async with started(db, topics, s3, tmp_path, TRUESHELF_PG_DSN="postgresql://x@127.0.0.1:9/x") as service:
        await service.until("waiting for what this rests on")
        assert await service.stop() == 0


async def test_a_service_says_when_s3_is_away(db: ServiceDb, topics: KafkaServer, s3: S3Server, tmp_path: Path) -> None:
    more = {"TRUESHELF_S3_ENDPOINT": "http://127.0.0.1:9"}
    async with started(db, topics, s3, tmp_path, **more) as service, httpx.AsyncClient() as client:
        await service.until("started")
        async with asyncio.timeout(20):
            while True:
                try:
                    answer = await client.get(f"{service.url}/readyz", timeout=10)
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        assert answer.status_code == 503
        assert answer.json()["details"]["postgresql"] == "ok"
        assert answer.json()["details"]["s3"] != "ok"
        assert await service.stop() == 0


async def test_an_empty_schema_is_told_and_not_started_on(
    service_db: ServiceDbFactory, topics: KafkaServer, s3: S3Server, tmp_path: Path
) -> None:
    empty = await service_db("qa", migrated=False)
    async with started(empty, topics, s3, tmp_path) as service:
        assert await asyncio.wait_for(service.process.wait(), 30) == 3
    assert "migrate" in service.raw
    async with started(empty, topics, s3, tmp_path, verb="migrate") as service:
        assert await asyncio.wait_for(service.process.wait(), 30) == 0, service.raw


async def test_wrong_settings_are_named(db: ServiceDb, topics: KafkaServer, s3: S3Server, tmp_path: Path) -> None:
    async with started(db, topics, s3, tmp_path, TRUESHELF_CHILDREN="none") as service:
        assert await asyncio.wait_for(service.process.wait(), 30) == 2
    assert "TRUESHELF_CHILDREN" in service.raw


async def test_a_taken_port_is_named(db: ServiceDb, topics: KafkaServer, s3: S3Server, tmp_path: Path) -> None:
    async with started(db, topics, s3, tmp_path) as first:
        await first.until("started")
        port = first.url.rpartition(":")[2]
        async with started(db, topics, s3, tmp_path, TRUESHELF_HTTP_PORT=port) as second:
            assert await asyncio.wait_for(second.process.wait(), 40) == 1
        assert "is the port taken?" in second.raw
