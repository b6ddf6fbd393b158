"""Audit as a whole service in a test: its keys, its database, a producer, and ways to look and to tamper."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from support.audit_logs import Key
from support.running import RunningService
from support.services import ServiceDb
from trueshelf_audit.adapters.copies import list_notes
from trueshelf_audit.adapters.keys import check_ed25519
from trueshelf_audit.adapters.reader import verify_database
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.verify import Keys, Report
from trueshelf_audit.settings import Settings
from trueshelf_contracts.topics import PARTITIONS, TOPICS, group_id


@dataclass
class Trail:
    """A running audit service, its keys, its database and a producer."""

    settings: Settings
    db: ServiceDb
    log_key: Key
    review: Key
    directory: Path
    producer: AIOKafkaProducer
    sent: int = 0
    service: RunningService | None = field(default=None)

    @property
    def keys(self) -> Keys:
        note_key = NoteKey(self.settings.origin, self.log_key.public)
        return Keys(note_key, {self.review.kid: self.review.public}, check_ed25519)

    async def say(
        self,
        topic: str,
        value: bytes | dict[str, Any] | None,
        key: str = "RING-1",
        headers: list[tuple[str, bytes | None]] | None = None,
    ) -> tuple[int, int]:
        """Put a record on the bus as a producer would; return its partition and offset."""
        data = json.dumps(value).encode() if isinstance(value, dict) else value
        meta = await self.producer.send_and_wait(topic, data, key=key.encode(), headers=headers or [])
        self.sent += 1
        return meta.partition, meta.offset

    async def look(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Look, or tamper, as the superuser."""
        connection = await asyncpg.connect(self.db.admin_dsn, server_settings={"search_path": "audit"})
        try:
            return await connection.fetch(query, *args)
        finally:
            await connection.close()

    async def tamper(self, *statements: str) -> None:
        """Change the log as a DBA can: triggers off, then the statements."""
        connection = await asyncpg.connect(self.db.admin_dsn, server_settings={"search_path": "audit"})
        try:
            await connection.execute("SET session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def size(self) -> int:
        return int((await self.look("SELECT count(*) FROM entries"))[0][0])

    def copies(self) -> list[str]:
        made = self.settings
        secret = made.s3_secret_key.get_secret_value()
        return list_notes(made.s3_endpoint, made.s3_access_key, secret, made.s3_region, f"{made.bucket_prefix}-audit")

    async def verify(self, copies: list[str] | None = None) -> Report:
        return await verify_database(self.db.dsn, self.keys, copies or [])


TrailFactory = Callable[..., AbstractAsyncContextManager[Trail]]


async def begin_at_end(bootstrap: str) -> None:
    """Let audit's groups begin where the topics end now: other tests' records are other tests' business."""
    for topic in TOPICS:
        group = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=group_id("audit", topic.owner), enable_auto_commit=False
        )
        await group.start()
        try:
            parts = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
            group.assign(parts)
            await group.commit(await group.end_offsets(parts))
        finally:
            await group.stop()
