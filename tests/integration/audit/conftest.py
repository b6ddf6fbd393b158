"""Audit as a whole service on the real bus, its groups beginning where the topics end now."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiokafka import AIOKafkaProducer

from support.audit_logs import Key
from support.audit_trail import Trail, TrailFactory, begin_at_end
from support.backing import KafkaServer
from support.running import free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.storage import ObjectStore


@pytest_asyncio.fixture
async def trail_of(
    topics: KafkaServer, service_db: ServiceDbFactory, make_settings: SettingsFactory, tmp_path: Path
) -> TrailFactory:
    """`async with trail_of() as trail`: with `run=False` nothing runs, and only database and keys are there."""

    @asynccontextmanager
    async def make(*, run: bool = True, **own: Any) -> AsyncIterator[Trail]:
        db = await service_db("audit")
        log_key, review = Key("log"), Key("review-1")
        log_key.write(tmp_path / "log.jwk", tmp_path / "log.pub")
        review.write(tmp_path / "review.jwk", tmp_path / "review.pub")
        ensure_keys(tmp_path / "token.jwk", tmp_path / "token.pub")
        settings = await make_settings(
            "audit",
            db,
            checkpoint_key_file=tmp_path / "log.jwk",
            review_public_keys_file=tmp_path / "review.pub",
            jwks_file=tmp_path / "token.pub",
            http_port=free_port(),
            drill=True,
            origin=f"trueshelf/{db.dsn.rsplit('/', 1)[-1]}",
            copy_interval=0.2,
            scratch_dir=tmp_path,
            bucket_prefix=f"trail-{secrets.token_hex(4)}",  # another log's copies are not this log's
            **own,
        )
        async with ObjectStore.of(settings) as store:
            await store.ensure_buckets()
        await begin_at_end(topics.bootstrap)
        producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        trail = Trail(settings, db, log_key, review, tmp_path, producer)
        try:
            if run:
                async with running("audit", settings, db, tmp_path / "token.jwk") as service:
                    trail.service = service
                    yield trail
            else:
                yield trail
        finally:
            await producer.stop()

    return make
