import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import cv2
import numpy as np
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from support.backing import KafkaServer
from support.bus import until
from support.running import RunningService, free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_contracts.event import Actor, Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.ingest import Capture, SkuChanged, SkuReady
from trueshelf_contracts.refs import ImageRef, Rights
from trueshelf_contracts.review import RegenerationAsked, RegenerationChange
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_imaging.pixels import encode_png, pixel_sha256
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.storage import ObjectStore

ACTOR = Actor(id="tester", kind="drill", role="reviewer", level="senior", session="s")


def drawn(*, clutter: bool = False, seed: int = 1) -> np.ndarray:
    """A phone-like photo, (480, 640, 3): a red bowl on paper, or on a patchwork."""
    rng = np.random.default_rng(seed)
    rgb = np.full((480, 640, 3), 205.0)
    if clutter:
        rgb = rng.integers(0, 256, (24, 32, 3)).repeat(20, 0).repeat(20, 1).astype(np.float64)
    product = np.zeros((480, 640), np.uint8)
    cv2.ellipse(product, (320, 250), (150, 110), 10, 0, 360, 255, -1)
    rgb[product > 0] = (160, 30, 35)
    noisy = cv2.GaussianBlur(rgb, (0, 0), 0.7) + rng.normal(0, 1.2, rgb.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@dataclass
class World:
    """generate running, and the services around it played by the test."""

    service: RunningService
    store: ObjectStore
    producer: AIOKafkaProducer
    settings: Any
    names: Callable[[], str] = field(default=lambda: f"SKU-{secrets.token_hex(4)}")

    async def capture(self, shot: str, rgb: np.ndarray, *, stored: bool = True, png: bytes | None = None) -> Capture:
        """A capture as ingest would state it; `stored=False` keeps the source from object storage."""
        png = encode_png(rgb) if png is None else png
        size = {"width": rgb.shape[1], "height": rgb.shape[0], "pixel_sha256": pixel_sha256(rgb)}
        source = await self.store.put_image("sources", png, "image/png", **size)  # type: ignore[arg-type]
        if not stored:
            await self.store.remove(source)
        original = await self.store.put("originals", png, "image/png")
        return Capture(
            capture_id=uuid4(),
            shot=shot,  # type: ignore[arg-type]
            original=original,
            source=source,
            preview=source,
            source_type="phone",
            rights=Rights(basis="own"),
        )

    async def say(self, producer: Any, event: Event) -> None:
        headers = [(name, value.encode()) for name, value in cloud_event_headers(event, producer).items()]
        value, key = event.model_dump_json().encode(), event.key.encode()
        await self.producer.send_and_wait(BY_OWNER[producer].name, value, key=key, headers=headers)

    async def ready(self, sku: str, *captures: Capture, version: int = 1, category: str = "home") -> SkuReady:
        event = SkuReady(
            **stamped(),
            sku=sku,
            sku_version=version,
            batch_id=uuid4(),
            category=category,
            title="A bowl",
            captures=captures,
        )
        await self.say("ingest", event)
        return event

    async def change(self, sku: str, version: int) -> None:
        about = {"previous_version": version - 1, "reason": "another glaze", "changed": ("colour",)}
        event = SkuChanged(**stamped(), sku=sku, sku_version=version, actor=ACTOR, **about)  # type: ignore[arg-type]
        await self.say("ingest", event)

    async def ask(self, ready: SkuReady, slot: str, round_: int, **change: Any) -> None:
        event = RegenerationAsked(
            **stamped(),
            sku=ready.sku,
            sku_version=ready.sku_version,
            batch_id=ready.batch_id,
            case_id=uuid4(),
            slot=slot,  # type: ignore[arg-type]
            round=round_,
            change=RegenerationChange(**change),
            actor=ACTOR,
        )
        await self.say("review", event)

    async def of(self, sku: str, *types: str) -> list[dict[str, Any]]:
        return [event for event in await self.service.stated(*types) if event.get("sku") == sku]

    async def outcomes(self, sku: str, count: int, seconds: float = 90.0) -> list[dict[str, Any]]:
        """The SKU's drafts and refusals once there are `count`."""
        kinds = ("VariantGenerated", "GenerationRefused")

        async def there() -> bool:
            return len(await self.of(sku, *kinds)) >= count

        await until(there, seconds, f"{count} outcomes of {sku}")
        return await self.of(sku, *kinds)

    async def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.service.db.admin_dsn)
        try:
            return await connection.fetch(query, *args)  # type: ignore[no-any-return]
        finally:
            await connection.close()

    async def picture(self, ref: dict[str, Any]) -> bytes:
        return await self.store.get(ImageRef.model_validate(ref))


def stamped() -> dict[str, Any]:
    return {
        "event_id": uuid4(),
        "occurred_at": datetime.now(UTC),
        "cause_id": uuid4(),
        "correlation_id": uuid4(),
        "drill": True,
    }


@dataclass(frozen=True)
class Worlds:
    """Makes worlds on the session's servers, each with a database of its own."""

    topics: KafkaServer
    service_db: ServiceDbFactory
    make_settings: SettingsFactory
    folders: pytest.TempPathFactory

    @asynccontextmanager
    async def one(self, *, inside: bool = True, **own: Any) -> AsyncIterator[World]:
        """Run generate with `own` settings; not `inside` this process: then the test starts it itself."""
        folder: Path = self.folders.mktemp("generate")
        private, public = folder / "token.key", folder / "token.pub"
        ensure_keys(private, public)
        db = await self.service_db("generate")
        common = {"http_port": free_port(), "jwks_file": public, "drill": True, "scratch_dir": folder / "scratch"}
        settings = await self.make_settings("generate", db, **(common | own))
        producer = AIOKafkaProducer(bootstrap_servers=self.topics.bootstrap)
        await producer.start()
        try:
            async with AsyncExitStack() as stack:
                url = f"http://127.0.0.1:{settings.http_port}"
                service = RunningService("generate", url, db, private)
                if inside:
                    service = await stack.enter_async_context(running("generate", settings, db, private))
                store = await stack.enter_async_context(ObjectStore.of(settings))
                yield World(service, store, producer, settings)
        finally:
            await producer.stop()


@pytest.fixture(scope="session")
def worlds(
    topics: KafkaServer,
    service_db: ServiceDbFactory,
    make_settings: SettingsFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Worlds:
    return Worlds(topics, service_db, make_settings, tmp_path_factory)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(worlds: Worlds) -> AsyncIterator[World]:
    async with worlds.one() as world:
        yield world


@pytest.fixture(scope="session")
def photo() -> Callable[..., np.ndarray]:
    return drawn
