"""What is really there: rows, records and objects as they lie in PostgreSQL, Kafka and S3.

Nothing of Trueshelf is imported. The checker must not share a mistake with what it checks, so it reads everything raw
and knows the layout from the documents: schemas, topics, the audit log's leaf.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from minio import Minio
from minio.error import S3Error

SERVICES: tuple[Any, ...] = ("ingest", "generate", "qa", "review", "export", "audit")
Json = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic, byte for byte."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def body(self) -> Json:
        return dict(json.loads(self.value or b"{}"))


@dataclass(slots=True)
class Evidence:
    """Everything the rules look at."""

    history: list[Json]
    records: dict[str, list[Record]]
    ends: dict[tuple[str, int], int]
    tables: dict[str, list[Row]]
    tally: dict[str, int] | None
    keys: Json
    objects: dict[tuple[str, str], tuple[str, bytes] | str] = field(default_factory=dict)
    """(bucket, key) → (sha256 of the bytes, the bytes of ZIP files only), or why it cannot be read."""

    def events(self, *types: str) -> list[Json]:
        """Return the distinct events of the types over all topics, in order of their first record."""
        seen: dict[str, Json] = {}
        for records in self.records.values():
            for record in records:
                if record.value:
                    body = record.body
                    if not types or body.get("type") in types:
                        seen.setdefault(str(body.get("event_id")), body)
        return list(seen.values())

    def acks(self, service: str, method: str, ending: str) -> list[Json]:
        found = [line for line in self.history if line["kind"] == "ack" and line["service"] == service]
        return [line for line in found if line["method"] == method and line["path"].endswith(ending)]


TABLES: dict[str, str] = {
    "ingest.sku": "SELECT sku, version, category, title, state FROM ingest.sku",
    "ingest.intake": "SELECT intake_id::text, state FROM ingest.intake",
    "ingest.capture": "SELECT capture_id::text, sku, shot, state, original_sha256, original, source, preview"
    " FROM ingest.capture",
    "ingest.batch": "SELECT batch_id::text, state FROM ingest.batch",
    "ingest.batch_member": "SELECT sku, sku_version, batch_id::text FROM ingest.batch_member",
    "generate.item": "SELECT item_id::text, variant_id::text, state, master FROM generate.item",
    "generate.cutout": "SELECT cutout_id::text, state, alpha FROM generate.cutout",
    "qa.subject": "SELECT subject_id::text, kind, state FROM qa.subject",
    "review.items": "SELECT item_id::text, variant_id::text, generated IS NOT NULL AS generated,"
    " checked IS NOT NULL AS checked, refused IS NOT NULL AS refused FROM review.items",
    "review.cases": "SELECT case_id::text, kind, sku, slot, round, state FROM review.cases",
    "review.decisions": "SELECT decision_id::text, case_id::text, kind, sku, actor_id, state FROM review.decisions",
    "review.approvals": "SELECT approval_id::text, decision_id::text, sku, sku_version, slot, variant_id::text,"
    " approver, master_sha256, withdrawn_at FROM review.approvals",
    "review.batches": "SELECT batch_id::text, encode(seed, 'hex') AS seed, rate, state FROM review.batches",
    "export.approvals": "SELECT approval_id::text FROM export.approvals",
    "export.orders": "SELECT order_id::text FROM export.orders",
    "export.packs": "SELECT pack_id::text, order_id::text, sku, state, object, manifest, reasons FROM export.packs",
    "export.renditions": "SELECT rendition_id::text, pack_id::text, approval_id::text, state, image"
    " FROM export.renditions",
    "export.spot_checks": "SELECT event_id::text, sku FROM export.spot_checks",
    "audit.entries": 'SELECT seq, logged_at, topic, partition, "offset", timestamp_ms, key, value, headers, leaf_hash,'
    " event_id::text, signature FROM audit.entries ORDER BY seq",
    "audit.checkpoints": "SELECT tree_size, root, note FROM audit.checkpoints ORDER BY tree_size",
    "audit.received": "SELECT count(*) AS n FROM audit.received",
}
PER_SERVICE = {
    "inbox": "SELECT consumer, event_id::text FROM {s}.inbox",
    "outbox": "SELECT event_id::text, topic, key, value, published_at FROM {s}.outbox ORDER BY id",
    "dead_letter": "SELECT id::text, consumer, state FROM {s}.dead_letter",
    "jobs": "SELECT id, entrypoint, status::text, dedupe_key, attempts FROM {s}.pgqueuer",
    "job_failure": "SELECT job_id, name, key, error_type, error FROM {s}.job_failure",
}


async def connect(dsn: str) -> Any:
    connection = await asyncpg.connect(dsn, timeout=20)
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    return connection


async def read_tables(dsn: str) -> dict[str, list[Row]]:
    connection = await connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            queries = dict(TABLES)
            for service in SERVICES:
                queries |= {f"{service}.{name}": text.format(s=service) for name, text in PER_SERVICE.items()}
            return {name: [dict(row) for row in await connection.fetch(text)] for name, text in queries.items()}
    finally:
        await connection.close()


async def read_tally(dsn: str) -> dict[str, int]:
    connection = await connect(dsn)
    try:
        return {
            row["id"]: row["n"] for row in await connection.fetch("SELECT event_id::text AS id, n FROM console.tally")
        }
    finally:
        await connection.close()


async def read_topics(bootstrap: str) -> tuple[dict[str, list[Record]], dict[tuple[str, int], int]]:
    """Return every record of every Trueshelf topic from offset 0, and each partition's end."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await admin.start()
    await consumer.start()
    try:
        names = sorted(name for name in await admin.list_topics() if name.startswith("trueshelf."))
        described = await admin.describe_topics(names)
        places = [TopicPartition(topic["topic"], p["partition"]) for topic in described for p in topic["partitions"]]
        consumer.assign(places)
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        records: dict[str, list[Record]] = {name: [] for name in names}
        left = {place for place in places if ends[place] > begins[place]}
        while left:
            for place, messages in (await consumer.getmany(timeout_ms=1000)).items():
                records[place.topic] += [
                    Record(m.topic, m.partition, m.offset, m.timestamp, m.key, m.value, tuple(m.headers))
                    for m in messages
                ]
            left = {place for place in left if await consumer.position(place) < ends[place]}
        return records, {(place.topic, place.partition): end for place, end in ends.items()}
    finally:
        await consumer.stop()
        await admin.close()


def references(value: Any) -> Iterator[Json]:
    """Yield everything below `value` that points at an object."""
    if isinstance(value, dict):
        if {"bucket", "key", "sha256", "size"} <= value.keys():
            yield value
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def read_objects(where: Json, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, bytes] | str]:
    """Read each object and hash it; keep the bytes of ZIP files."""
    parts = urlsplit(where["s3_endpoint"])
    client = Minio(
        parts.netloc,
        access_key=where["s3_access_key"],
        secret_key=where["s3_secret_key"],
        secure=parts.scheme == "https",
        region="us-east-1",
    )

    def read(place: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, bytes] | str]:
        try:
            response = client.get_object(*place)
            try:
                data = response.read()
            finally:
                response.close()
                response.release_conn()
        except S3Error as error:
            return place, f"{error.code}"
        return place, (hashlib.sha256(data).hexdigest(), data if place[1].endswith(".zip") else b"")

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(read, sorted(wanted)))


async def drained(where: Json, seconds: float) -> None:
    """Wait until outboxes, queues and audit's waiting room are empty, or the time is up: rules judge what is left."""
    connection = await connect(where["pg_dsn"])
    queries = [f"SELECT count(*) FROM {s}.outbox WHERE published_at IS NULL" for s in SERVICES]
    queries += [f"SELECT count(*) FROM {s}.pgqueuer" for s in SERVICES] + ["SELECT count(*) FROM audit.received"]
    published = "SELECT " + " + ".join(f"(SELECT count(*) FROM {s}.outbox)" for s in SERVICES)
    end = asyncio.get_running_loop().time() + seconds
    still, before = 0, -1
    try:
        while asyncio.get_running_loop().time() < end and still < 3:
            waiting = sum([await connection.fetchval(query) for query in queries])
            entries = await connection.fetchval("SELECT count(*) FROM audit.entries")
            count = await connection.fetchval(published) + entries
            if "witness_dsn" in where:
                count += len(await read_tally(where["witness_dsn"]))
            still = still + 1 if waiting == 0 and count == before else 0
            before = count
            await asyncio.sleep(0.7)
    finally:
        await connection.close()


def _read_files(where: Json) -> tuple[list[Json], Json]:
    history = [json.loads(line) for line in Path(where["history"]).read_text(encoding="utf-8").splitlines()]
    return history, {name: json.loads(Path(path).read_text()) for name, path in where["public_keys"].items()}


async def collect(where: Json, seconds: float) -> Evidence:
    """Wait for quiet, then read everything."""
    await drained(where, seconds)
    tables = await read_tables(where["pg_dsn"])
    tally = await read_tally(where["witness_dsn"]) if "witness_dsn" in where else None
    records, ends = await read_topics(where["kafka"])
    history, keys = await asyncio.to_thread(_read_files, where)
    evidence = Evidence(history, records, ends, tables, tally, keys)
    wanted = {(ref["bucket"], ref["key"]) for body in evidence.events() for ref in references(body)}
    wanted |= {(ref["bucket"], ref["key"]) for rows in tables.values() for row in rows for ref in references(row)}
    evidence.objects = await asyncio.to_thread(read_objects, where, wanted)
    return evidence
