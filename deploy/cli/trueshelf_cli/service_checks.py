"""The doctor's checks of PostgreSQL, Kafka and S3, local or external, through the settings of the last `up`."""

import asyncio
import io
import time
from collections.abc import Callable, Collection, Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import urllib3
from aiokafka.admin import AIOKafkaAdminClient
from minio import Minio

from trueshelf_cli.checks import Finding, gather
from trueshelf_cli.inspection import work_of
from trueshelf_cli.layout import Layout
from trueshelf_cli.roles import role_names
from trueshelf_cli.servers import Servers, client_settings
from trueshelf_contracts.refs import Service
from trueshelf_runtime.lag import consumer_lag
from trueshelf_runtime.migrate import MigrationMismatch, check
from trueshelf_runtime.storage import AREAS
from trueshelf_runtime.topics_admin import wanted

SKEW = 5.0
"""Seconds between two machines' clocks: tokens and leases bear 30."""
PG_FLOOR = 160000
LAG_WARN = 1000
OUTBOX_WARN = 1000


def check_postgres(servers: Servers, services: list[Service]) -> Iterator[Finding]:
    """Version, clock, roles, schema versions, what waits."""
    yield from asyncio.run(_postgres(servers, services))


async def _postgres(servers: Servers, services: list[Service]) -> list[Finding]:
    try:
        connection = await asyncpg.connect(servers.pg_admin_dsn, timeout=5, command_timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        advice = "start the stack, or check TRUESHELF_EXTERNAL_PG_DSN"
        return [Finding("PostgreSQL", "fault", f"{servers.postgres} does not answer: {error}", advice)]
    found = []
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        said = f"version {version // 10000}.{version % 10000} at {servers.postgres}"
        if version < PG_FLOOR:
            found.append(Finding("PostgreSQL", "fault", said, "16 or newer is needed: upgrade the server"))
        else:
            found.append(Finding("PostgreSQL", "ok", said))
        theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
        found.append(_clock("PostgreSQL", float(theirs)))
        for service in services:
            found.extend(await _schema(connection, service))
    finally:
        await connection.close()
    return found


async def _schema(connection: asyncpg.Connection, service: Service) -> list[Finding]:
    what = f"schema {service}"
    _, role = role_names(service)
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        return [Finding(what, "fault", f"the role {role} is missing", "run `trueshelf up`")]
    await connection.execute("SELECT set_config('search_path', $1, false)", service)
    try:
        await check(connection, f"trueshelf_{service}")
    except MigrationMismatch as error:
        return [Finding(what, "fault", str(error), "run `trueshelf up`: it migrates first")]
    found = [Finding(what, "ok", "as this release expects")]
    work = await work_of(connection, service)
    if work is not None and work.outbox > OUTBOX_WARN:
        said = f"{work.outbox} records wait to be published"
        found.append(Finding(f"outbox {service}", "warn", said, f"read `trueshelf logs {service}`: is Kafka away?"))
    if work is not None and work.failed_jobs:
        said = f"{work.failed_jobs} jobs ended in failure"
        advice = f"look into {service}.job_failure (name, error) and `trueshelf logs {service}`"
        found.append(Finding(f"jobs {service}", "warn", said, advice))
    return found


def check_kafka(servers: Servers, services: list[Service]) -> Iterator[Finding]:
    """Every topic of the registry with its partitions; every group's lag."""
    yield from asyncio.run(_kafka(servers, services))


async def _kafka(servers: Servers, services: list[Service]) -> list[Finding]:
    options = client_settings(servers).kafka_options()
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=8000)
    try:
        await admin.start()
        names = {topic.name: topic.num_partitions for topic in wanted(servers.kafka_replication)}
        have = {
            topic["topic"]: len(topic["partitions"])
            for topic in await admin.describe_topics(sorted(names))
            if not topic["error_code"]
        }
    except Exception as error:  # noqa: BLE001 -- whatever it is, Kafka does not do what it should
        advice = "start the stack, or check TRUESHELF_EXTERNAL_KAFKA and its options"
        return [Finding("Kafka", "fault", f"{servers.kafka} does not answer: {error!r}", advice)]
    finally:
        await admin.close()
    found = [Finding("Kafka", "ok", f"answers at {servers.kafka}")]
    missing = sorted(names.keys() - have.keys())
    small = [
        f"{name} has {have[name]} of {count} partitions"
        for name, count in names.items()
        if have.get(name, count) < count
    ]
    if missing:
        found.append(Finding("topics", "fault", f"missing: {', '.join(missing)}", "run `trueshelf up`: it makes them"))
    elif small:
        advice = "add partitions while nothing is produced: the order per SKU depends on their number"
        found.append(Finding("topics", "fault", f"too few partitions: {'; '.join(small)}", advice))
    else:
        found.append(Finding("topics", "ok", f"all {len(names)} there"))
    if not missing:
        lag = await consumer_lag(options, services)
        found.extend(
            Finding(f"lag {group}", "warn", f"{count} records", f"is {group.split('.')[1]} running? `trueshelf status`")
            for group, count in lag.items()
            if count > LAG_WARN
        )
        found.append(Finding("lag", "ok", f"{sum(lag.values())} records over {len(lag)} groups"))
    return found


def check_s3(servers: Servers) -> Iterator[Finding]:
    """Clock, every bucket, and whether we may write, read and remove there."""
    settings = client_settings(servers)
    http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=5), retries=False)
    try:
        answer = http.request("GET", servers.s3)
    except urllib3.exceptions.HTTPError as error:
        advice = "start the stack, or check TRUESHELF_EXTERNAL_S3"
        yield Finding("S3", "fault", f"{servers.s3} does not answer: {error}", advice)
        return
    yield Finding("S3", "ok", f"answers at {servers.s3}")
    if answer.headers.get("date"):
        yield _clock("S3", parsedate_to_datetime(answer.headers["date"]).timestamp())
    parts = urlsplit(servers.s3)
    client = Minio(
        parts.netloc,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
        secure=parts.scheme == "https",
        http_client=http,
    )
    for area in AREAS:
        yield _bucket(client, f"{settings.bucket_prefix}-{area}")


def _bucket(client: Any, bucket: str) -> Finding:
    key = f"doctor/{time.time_ns()}"
    step = "write"
    try:
        if not client.bucket_exists(bucket):
            return Finding(f"bucket {bucket}", "fault", "missing", "run `trueshelf up`: it makes it")
        client.put_object(bucket, key, io.BytesIO(b"doctor"), 6, content_type="text/plain")
        step = "read"
        response = client.get_object(bucket, key)
        response.close()
        response.release_conn()
        step = "remove"
        client.remove_object(bucket, key)
    except Exception as error:  # noqa: BLE001 -- the SDK raises many kinds; each means that this step failed
        advice = f"give the stack's keys the right to {step} in {bucket}"
        return Finding(f"bucket {bucket}", "fault", f"cannot {step}: {error}"[:300], advice)
    return Finding(f"bucket {bucket}", "ok", "write, read, remove")


def _clock(what: str, theirs: float) -> Finding:
    skew = theirs - time.time()
    said = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine"
    if abs(skew) > SKEW:
        return Finding(f"clock of {what}", "fault", said, "let NTP set both clocks (timedatectl set-ntp true)")
    return Finding(f"clock of {what}", "ok", said)


def check_stack(layout: Layout, servers: Servers, *, stopped: Collection[str] = ()) -> list[Finding]:
    """Everything that needs the three servers, but for those that stopped with the stack: their silence is no fault."""
    stack = layout.stack() or {}
    services: list[Service] = list(stack.get("services", {}))
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "postgres": lambda: check_postgres(servers, services),
        "kafka": lambda: check_kafka(servers, services),
        "s3": lambda: check_s3(servers),
    }
    return gather(*(check for name, check in checks.items() if name not in stopped))
