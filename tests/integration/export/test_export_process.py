"""The service as a process on real Kafka, PostgreSQL and S3, killed with SIGKILL at its crash points."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from trueshelf_cli.backing.ports import free_port
from trueshelf_contracts.event import Event
from trueshelf_contracts.export import PackReady, RenditionRendered
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_runtime.settings import RuntimeSettings

from .conftest import ANSWERS, PRODUCERS, Rig, eventually

pytestmark = pytest.mark.integration


class Process:
    """One export process at a time on the rig's database; started again whenever the test wants."""

    def __init__(self, rig: Rig, jwks: Path) -> None:
        settings: RuntimeSettings = rig.runtime.settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "TRUESHELF_EXPORT_PG_DSN": settings.pg_dsn.get_secret_value(),
            "TRUESHELF_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "TRUESHELF_S3_ENDPOINT": settings.s3_endpoint,
            "TRUESHELF_S3_ACCESS_KEY": settings.s3_access_key,
            "TRUESHELF_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
            "TRUESHELF_BUCKET_PREFIX": settings.bucket_prefix,
            "TRUESHELF_HTTP_PORT": str(self.port),
            "TRUESHELF_JWKS_FILE": str(jwks),
            "TRUESHELF_SCRATCH_DIR": str(settings.scratch_dir),
            "TRUESHELF_DRILL": "true",
        }
        self._deaths: list[str] = []
        self._running: subprocess.Popen[bytes]

    def start(self, *crash_at: str) -> None:
        """Start it; it dies at each of these points, one life after the other, and then lives."""
        self._deaths = list(crash_at)
        self._live()

    def _live(self) -> None:
        crash = {"TRUESHELF_CRASH_AT": self._deaths[0]} if self._deaths else {}
        self._running = subprocess.Popen(
            [sys.executable, "-m", "trueshelf_export", "run"], env=self._environment | crash
        )

    def revive(self) -> None:
        """Start it again if it died, which it may only of the point that is next."""
        if self._running.poll() is not None:
            assert self._deaths, f"the process ended by itself with {self._running.returncode}"
            assert self._running.returncode == -signal.SIGKILL
            self._deaths.pop(0)
            self._live()

    @property
    def deaths_left(self) -> list[str]:
        return self._deaths

    def end(self) -> None:
        if self._running.poll() is None:
            self._running.kill()
            self._running.wait()


class Uploader:
    """A person who asks until an answer comes, whatever happens to the process meanwhile."""

    def __init__(self, rig: Rig, process: Process, client: httpx.AsyncClient) -> None:
        self._rig = rig
        self._process = process
        self._client = client

    async def ask(self, method: str, path: str, good: Callable[[httpx.Response], bool], **more: Any) -> httpx.Response:
        answers: list[httpx.Response] = []

        async def answered() -> bool:
            self._process.revive()
            headers = self._rig.token() | {"Idempotency-Key": "the-order"}
            try:
                answers.append(await self._client.request(method, path, headers=headers, **more))
            except httpx.TransportError:
                return False
            return good(answers[-1])

        await eventually(answered, 90, f"{method} {path}")
        return answers[-1]


async def publish(bootstrap: str, *events: Event) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for event in events:
            topic = BY_OWNER[PRODUCERS.get(type(event), "review")].name
            await producer.send_and_wait(topic, event.model_dump_json().encode(), key=event.key.encode())


@asynccontextmanager
async def listening(bootstrap: str, sku: str) -> AsyncIterator[Any]:
    """Give a function that reads what export has said about `sku` on its topic so far."""
    consumer = AIOKafkaConsumer(
        BY_OWNER["export"].name, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    found: list[Event] = []
    async with consumer:

        async def heard() -> list[Event]:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                events = [BY_OWNER["export"].decode(record.value) for record in records]
                found.extend(event for event in events if getattr(event, "sku", None) == sku)
            return found

        yield heard


async def test_an_order_survives_a_kill_after_rendering_and_one_after_packing(
    rig: Rig, topics: Any, signing_key: tuple[Any, Path]
):
    """Nothing is lost and no effect doubled: one rendition, one pack, whose bytes are those that PackReady names."""
    del topics  # asked for: the registry's topics exist
    bootstrap = rig.runtime.settings.kafka_bootstrap
    rig.clock.set(datetime.now(UTC))
    process = Process(rig, signing_key[1])
    approval = await rig.approval("KILLED")
    process.start("export.after_render", "export.after_zip")
    try:
        async with httpx.AsyncClient(base_url=process.url) as client, listening(bootstrap, "KILLED") as heard:
            uploader = Uploader(rig, process, client)

            async def said(kind: type[Event]) -> Event:
                async def now() -> bool:
                    process.revive()
                    return any(isinstance(event, kind) for event in await heard())

                await eventually(now, 90, kind.__name__)
                return next(event for event in await heard() if isinstance(event, kind))

            await publish(bootstrap, approval, rig.spot_check(approval))
            asked = {"sku": "KILLED", "marketplace": "ebay"}
            await uploader.ask("GET", "/exportable", lambda got: got.json()[0]["exportable"], params=asked)
            body = {"marketplace": "ebay", "skus": ["KILLED"], "answers": ANSWERS}
            placed = await uploader.ask("POST", "/orders", lambda got: got.status_code == 201, json=body)
            rendered = await said(RenditionRendered)
            assert isinstance(rendered, RenditionRendered)
            await publish(bootstrap, rig.checked(rendered))
            ready = await said(PackReady)
            assert isinstance(ready, PackReady)
            assert process.deaths_left == []
            path = f"/packs/{placed.json()['packs'][0]['pack_id']}/download"
            got = await uploader.ask("GET", path, lambda got: got.status_code == 200)
            assert hashlib.sha256(got.content).hexdigest() == ready.pack.sha256
            assert zipfile.ZipFile(io.BytesIO(got.content)).testzip() is None
            kinds = Counter(event.type for event in {event.event_id: event for event in await heard()}.values())
            assert kinds == {"ExportOrdered": 1, "RenditionRendered": 1, "PackReady": 1}
    finally:
        await asyncio.to_thread(process.end)
