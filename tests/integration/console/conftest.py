"""The console alone on real servers: what other services state is put on their topics, people log in by the form."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from support.backing import KafkaServer
from support.bus import until
from support.running import RunningService, free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.topics import TOPICS
from trueshelf_runtime.keys import ensure_keys

PASSWORD = "practice makes perfect"
SAME = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
AWAY = "http://127.0.0.1:9"
"""Nobody answers there."""


@dataclass(slots=True)
class Rig:
    """The console, a way to state what other services state, and people."""

    service: RunningService
    producer: AIOKafkaProducer
    bootstrap: str
    people: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def send(self, facts: Iterable[Event]) -> None:
        """Put facts on their owners' topics."""
        for fact in facts:
            topic = next(t for t in TOPICS if type(fact) in t.events and t.owner not in ("audit", "console"))
            headers = [(name, value.encode()) for name, value in cloud_event_headers(fact, topic.owner).items()]
            await self.producer.send_and_wait(
                topic.name, fact.model_dump_json().encode(), key=fact.key.encode(), headers=headers
            )

    async def person(self, login: str) -> httpx.AsyncClient:
        """Return a browser of sorts in which the practice account is logged in."""
        if login not in self.people:
            client = httpx.AsyncClient(base_url=self.service.url, headers=SAME, timeout=30)
            answer = await client.post("/login", data={"login": login, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            cookie = answer.headers["set-cookie"].split(";")[0]
            client.headers["Cookie"] = cookie  # Secure: no client sends it over plain HTTP by itself
            self.people[login] = client
        return self.people[login]

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.service.db.admin_dsn, server_settings={"search_path": "console"})

    async def row(self, sku: str, version: int = 1) -> dict[str, Any] | None:
        connection = await self.connect()
        try:
            found = await connection.fetchrow(
                "SELECT * FROM progress WHERE sku = $1 AND sku_version = $2", sku, version
            )
        finally:
            await connection.close()
        return dict(found) if found else None

    async def stands(self, sku: str, stage: str, version: int = 1) -> dict[str, Any]:
        """Return the SKU's row once it stands there."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            row = await self.row(sku, version)
            found[:] = [row] if row else []
            return bool(row and row["stage"] == stage)

        await until(there, 60, f"{sku} in {stage}")
        return found[0]


@pytest.fixture(scope="session")
def console_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rig(
    topics: KafkaServer, service_db: ServiceDbFactory, make_settings: SettingsFactory, console_folder: Path
) -> AsyncIterator[Rig]:
    private, public = console_folder / "token.jwk", console_folder / "token.pub"
    ensure_keys(private, public)
    (console_folder / "images.key").write_bytes(b"0" * 48)
    (console_folder / "practice.password").write_text(PASSWORD)
    db = await service_db("console")
    settings = await make_settings(
        "console",
        db,
        http_port=free_port(),
        image_port=free_port(),
        jwks_file=public,
        drill=True,
        scratch_dir=console_folder / "scratch",
        token_key_file=private,
        image_key_file=console_folder / "images.key",
        delivery_attempts=2,
        practice_password_file=console_folder / "practice.password",
        **{f"{name}_url": AWAY for name in ("ingest", "generate", "qa", "review", "export", "audit")},
    )
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap)
    await producer.start()
    try:
        async with running("console", settings, db, private) as service:
            connection = await asyncpg.connect(db.admin_dsn, server_settings={"search_path": "console"})

            async def accounts() -> bool:
                return bool(await connection.fetchval("SELECT count(*) FROM accounts WHERE kind = 'drill'"))

            await until(accounts, 30, "the practice accounts")
            await connection.close()
            made = Rig(service, producer, topics.bootstrap)
            yield made
            for client in made.people.values():
                await client.aclose()
    finally:
        await producer.stop()
