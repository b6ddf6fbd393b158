"""Publishes the outbox: one relay per schema at a time, rows in order, each marked after the broker's word.

At least once: a kill between the broker's word and the mark publishes a row again, and consumers' inboxes pass it over.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Outage, describe, is_database_outage
from trueshelf_runtime.health import Health, kafka_answers
from trueshelf_runtime.outbox import channel
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.telemetry import METRICS
from trueshelf_runtime.topics_admin import MAX_DEAD_LETTER

LOG = structlog.get_logger(__name__)
BATCH = 500
POLL = 1.0
SEND_TIMEOUT = 30.0
"""Seconds for a whole batch. The idempotent producer itself would wait for ever (messaging.md P16)."""
STANDBY_POLL = 1.0
STOP_TIMEOUT = 8.0
MEASURE_EVERY = 5.0

# ORDER BY id over all that waits, never above a high-water mark: sequences commit out of order.
_WAITING = "SELECT id, topic, key, value, headers FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1"
_MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])"
_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_MEASURE = (
    "SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age"
    " FROM outbox WHERE published_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One waiting row of the outbox."""

    id: int
    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str]


def markable(rows: Sequence[Row], sent: set[int]) -> list[int]:
    """Return the ids that may be marked: sent, and with no earlier row of the same topic and key that was not.

    A row behind a failed one is sent again after it: consumers see it twice, but never only in the wrong order.
    """
    broken: set[tuple[str, bytes]] = set()
    marked = []
    for row in rows:
        lane = (row.topic, row.key)
        if row.id in sent and lane not in broken:
            marked.append(row.id)
        else:
            broken.add(lane)
    return marked


class Relay:
    """The relay of one service's outbox."""

    def __init__(self, settings: RuntimeSettings, db: Database, *, health: Health | None = None) -> None:
        self._settings = settings
        self._db = db
        self._wake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._measured = 0.0
        self._moved_at = time.monotonic()
        self._behind = False
        self._trouble: str | None = None
        if health is not None:
            health.add_live("relay", self.stuck_for)
            health.add_ready("kafka", partial(kafka_answers, settings))

    def stuck_for(self) -> str | None:
        """Say what is wrong when rows wait and nothing moves, though nothing is known to be away."""
        if not self._behind or self._trouble:
            return None
        still = time.monotonic() - self._moved_at
        return f"outbox rows wait and nothing was published for {still:.0f} s" if still > SEND_TIMEOUT * 2 else None

    async def run(self) -> None:
        """Publish until cancelled. Outages of PostgreSQL and Kafka are waited for."""
        self._db.on_append.append(self._wake.set)
        delay = 0.2
        try:
            while True:
                try:
                    async with self._leading() as connection:
                        delay = 0.2
                        await self._publish_from(connection)
                except (
                    Outage,
                    KafkaError,
                    OSError,
                    TimeoutError,
                    asyncpg.PostgresError,
                    asyncpg.InterfaceError,
                ) as error:
                    if isinstance(error, asyncpg.PostgresError) and not is_database_outage(error):
                        LOG.exception("the relay's query failed")
                    elif self._trouble is None:
                        LOG.warning("the relay waits", error=describe(error))
                    self._trouble = describe(error, 200)
                    METRICS.outage_waits.labels("relay").inc()
                    await asyncio.sleep(delay)
                    delay = min(delay * 2, 5.0)
        finally:
            self._db.on_append.remove(self._wake.set)
            await self._drop_producer()

    @contextlib.asynccontextmanager
    async def _leading(self) -> AsyncIterator[Any]:
        """Wait for this schema's relay lock and hold it on the body's connection: if that dies, so does the body."""
        connection = await self._db.connect()
        try:
            while not await connection.fetchval(_LOCK, f"trueshelf.relay.{self._db.schema}"):  # noqa: ASYNC110 - a lock of the server
                await asyncio.sleep(STANDBY_POLL)
            await connection.add_listener(channel(self._db.schema), lambda *_: self._wake.set())
            yield connection
        finally:
            if not connection.is_closed():
                connection.terminate()

    async def _publish_from(self, connection: Any) -> None:
        while True:
            self._wake.clear()
            rows = [Row(*record) for record in await connection.fetch(_WAITING, BATCH)]
            await self._measure(connection)
            self._behind = bool(rows)
            if not rows:
                self._trouble = None
            if rows:
                await _to_its_end(self._publish(connection, rows))
            if len(rows) < BATCH:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):  # not wait_for: 3.11's loses a cancel that comes with the wake
                        await self._wake.wait()

    async def _publish(self, connection: Any, rows: Sequence[Row]) -> None:
        """Send and mark one batch. Raises Outage when Kafka did not take all of it."""
        crash_point("relay.before_publish")
        sent, failure = await self._send(rows)
        marked = markable(rows, sent)
        crash_point("relay.after_publish")
        if marked:
            await connection.execute(_MARK, marked)
            self._moved_at = time.monotonic()
            crash_point("relay.after_mark")
        done = set(marked)
        for topic, count in Counter(row.topic for row in rows if row.id in done).items():
            METRICS.published.labels(topic).inc(count)
        if failure is not None:
            left = len(rows) - len(marked)
            raise Outage(f"Kafka did not take {left} of {len(rows)} rows: {describe(failure)}")
        self._trouble = None

    async def _send(self, rows: Sequence[Row]) -> tuple[set[int], BaseException | None]:
        """Send `rows` in order and wait for the broker's word on each; return the ids it took, and the first failure.

        After any failure the producer is thrown away: an idempotent one may stay broken for ever (messaging.md P16).
        """
        futures: dict[int, asyncio.Future[Any]] = {}
        failure: BaseException | None = None
        oversized: BaseException | None = None
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                producer = await self._open_producer()
                for row in rows:
                    headers = [(name, text.encode()) for name, text in row.headers.items()]
                    try:
                        futures[row.id] = await producer.send(row.topic, row.value, key=row.key, headers=headers)
                    except MessageSizeTooLargeError as error:  # its lane stays; the others have done nothing wrong
                        LOG.error("an outbox row is too large for the broker", row=row.id, topic=row.topic)  # noqa: TRY400
                        oversized = error
                if futures:
                    await asyncio.wait(futures.values())
        except (KafkaError, OSError, TimeoutError) as error:
            failure = error
        sent = set()
        for id_, future in futures.items():
            if not future.done():
                continue
            if future.cancelled() or (error_ := future.exception()) is not None:
                failure = failure or (KafkaError("cancelled") if future.cancelled() else error_)
            else:
                sent.add(id_)
        if failure is not None:
            await self._drop_producer()
        return sent, failure or oversized

    async def _open_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._settings.kafka_options(),
                client_id=f"{self._settings.service}-relay",
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=2,
                max_batch_size=64 * 1024,
                max_request_size=MAX_DEAD_LETTER,
                request_timeout_ms=10_000,
            )
            self._producer = producer  # before the start, so that a failed start is closed too
            await producer.start()
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        stop = asyncio.ensure_future(producer.stop())
        done, _ = await asyncio.wait({stop}, timeout=5)
        if not done:
            stop.cancel()
        with contextlib.suppress(KafkaError, OSError, asyncio.CancelledError):
            await stop

    async def _measure(self, connection: Any) -> None:
        now = time.monotonic()
        if now - self._measured < MEASURE_EVERY:
            return
        self._measured = now
        row = await connection.fetchrow(_MEASURE)
        METRICS.outbox_rows.set(row["rows"])
        METRICS.outbox_age.set(row["age"])


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Let `work` end even when this process is told to stop meanwhile: a batch sent but not marked goes out twice."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=STOP_TIMEOUT)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
