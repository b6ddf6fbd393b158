"""A small service on the real bus, in this process or in one of its own, and eyes to see what became of its records."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError

from support.services import ServiceDb
from trueshelf_contracts.event import Actor, ActRecorded
from trueshelf_contracts.ids import event_id
from trueshelf_contracts.topics import BY_OWNER, dlq_topic, group_id
from trueshelf_runtime.bus import Consumers, RawRecord, RawSubscription, Subscription
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import Invalid, Outage, Refused, Transient
from trueshelf_runtime.health import Health
from trueshelf_runtime.letters import DeadLetter
from trueshelf_runtime.origin import stamp
from trueshelf_runtime.relay import Relay
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.settle import Policy

CONSUMER, PRODUCER = "qa", "generate"
SOURCE = BY_OWNER[PRODUCER].name
GROUP = group_id(CONSUMER, PRODUCER)
DLQ = dlq_topic(CONSUMER, PRODUCER)
OUT = BY_OWNER[CONSUMER].name
QUICK = Policy(attempts=4, base=0.05, cap=0.2, outage_base=0.1, outage_cap=0.5)
EFFECT = """
CREATE TABLE effect (id bigserial PRIMARY KEY, event_id uuid NOT NULL, subject text NOT NULL, act text NOT NULL);
GRANT ALL ON effect TO PUBLIC; GRANT USAGE ON SEQUENCE effect_id_seq TO PUBLIC
"""


def act(subject: str, number: int = 0, *, name: str = "test.ok", **details: str) -> ActRecorded:
    """Return an event about `subject`; the same arguments give the same event id."""
    return ActRecorded(
        event_id=event_id("ActRecorded", subject, number, name),
        occurred_at=datetime.now(UTC),
        cause_id=uuid4(),
        correlation_id=uuid4(),
        act=name,
        outcome="done",
        target=f"{subject}#{number}",
        details=details,
        actor=Actor(id=subject, kind="machine", role="operator", session="test"),
    )


async def until(condition: Callable[[], object], seconds: float = 20.0, what: str = "the condition") -> None:
    """Wait until `condition()`, plain or awaitable, holds; fail with `what` at the deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        held = condition()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds:.0f} s")
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Behaviour:
    """What the handler does, by the event's act; `tries` counts its runs by target, across nothing but this process."""

    tries: dict[str, int] = field(default_factory=dict)
    fixed: bool = False
    """The code was repaired: what was invalid works now."""
    traces: list[str | None] = field(default_factory=list)

    async def on_act(self, event: ActRecorded, tx: Tx) -> None:
        self.tries[event.target] = self.tries.get(event.target, 0) + 1
        await self._misbehave(event)
        await tx.execute(
            "INSERT INTO effect (event_id, subject, act) VALUES ($1, $2, $3)", event.event_id, event.target, event.act
        )
        answer = ActRecorded(
            **stamp("ActRecorded", "answer", event.event_id, at=datetime.now(UTC)),
            act="test.answer",
            outcome="done",
            target=event.target,
            actor=event.actor,
        )
        await tx.emit(answer)

    async def _misbehave(self, event: ActRecorded) -> None:
        first = self.tries[event.target] <= int(event.details.get("times", "2"))
        match event.act:
            case "test.invalid" if not self.fixed:
                raise Invalid("this can never work")
            case "test.refused" if not self.fixed:
                raise Refused("no", "the domain says no")
            case "test.flaky" if first:
                raise Transient("not yet")
            case "test.outage" if first:
                raise Outage("object storage is away")
            case "test.cancelled" if first:
                raise asyncio.CancelledError
            case "test.broken" if not self.fixed:
                raise ZeroDivisionError("a bug")
            case _:
                return


@dataclass(slots=True)
class Rig:
    """One service's settings, database and broker, and eyes on its topics since the test began."""

    db: ServiceDb
    settings: RuntimeSettings
    database: Database
    producer: AIOKafkaProducer
    starts: dict[str, dict[TopicPartition, int]]
    mark: str = field(default_factory=lambda: secrets.token_hex(4))

    def subject(self, name: str) -> str:
        """Return a name that no other test uses."""
        return f"{name}-{self.mark}"

    async def send(self, *events: ActRecorded, headers: list[tuple[str, bytes | None]] | None = None) -> None:
        for event in events:
            await self.raw(event.model_dump_json().encode(), key=event.key.encode(), headers=headers or [])

    async def raw(self, value: bytes | None, *, key: bytes, headers: list[tuple[str, bytes | None]] = []) -> RawRecord:  # noqa: B006 - never changed
        meta = await self.producer.send_and_wait(SOURCE, value, key=key, headers=headers)
        return RawRecord(SOURCE, meta.partition, meta.offset, meta.timestamp, key, value, tuple(headers))

    async def effects(self) -> list[str]:
        """Return the targets that took effect, in order, doubles included."""
        return [row["subject"] for row in await self._look("SELECT subject FROM effect ORDER BY id")]

    async def outbox(self, waiting: bool = True) -> int:
        rows = await self._look(
            f"SELECT count(*) AS n FROM outbox WHERE published_at IS {'' if waiting else 'NOT '}NULL"
        )
        return rows[0]["n"]

    async def _look(self, query: str) -> list[asyncpg.Record]:
        """Look with the admin's own connection: not through the pool under test."""
        connection = await asyncpg.connect(self.db.admin_dsn, server_settings={"search_path": CONSUMER})
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def published(self, topic: str) -> list:
        """Return the records of `topic` since the test began."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka_bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            starts = self.starts[topic]
            ends = await consumer.end_offsets(list(starts))
            consumer.assign([part for part in starts if ends[part] > starts[part]])
            for part in consumer.assignment():
                consumer.seek(part, starts[part])
            found = []
            while any([await consumer.position(part) < ends[part] for part in consumer.assignment()]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    async def answers(self) -> list[str]:
        """Return the targets of the answers that the service has published, doubles included."""
        return [ActRecorded.model_validate_json(record.value).target for record in await self.published(OUT)]

    async def letters(self) -> list[DeadLetter]:
        return [DeadLetter.read(record.value) for record in await self.published(DLQ)]

    @asynccontextmanager
    async def consuming(
        self, behaviour: Behaviour | None = None, *, policy: Policy = QUICK, subscription: RawSubscription | None = None
    ) -> AsyncIterator[Consumers]:
        """Run the consumer for the body."""
        chosen = subscription or Subscription(PRODUCER, {ActRecorded: (behaviour or Behaviour()).on_act})
        consumers = Consumers(self.settings, self.database, [chosen], health=Health(), policy=policy)
        async with running(consumers.run()):
            yield consumers

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[Relay]:
        """Run the relay for the body."""
        relay = Relay(self.settings, self.database)
        async with running(relay.run()):
            yield relay

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a service process of this rig."""
        return {
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            "TRUESHELF_QA_PG_DSN": self.db.dsn,
            "TRUESHELF_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            **more,
        }

    def spawn(self, *parts: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start the service in a process of its own; `parts` of consume, relay."""
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("bus_service.py")), *parts],
            env=self.environment(**environment),
            cwd=Path(__file__).parents[1],
        )


@asynccontextmanager
async def running(work: object) -> AsyncIterator[asyncio.Task]:
    """Run a coroutine for the body and cancel it after; its own failure fails the test."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def died(process: subprocess.Popen[bytes], seconds: float = 40.0) -> None:
    """Wait for the process to be killed at its crash point."""
    await until(lambda: process.poll() is not None, seconds, "the kill at the crash point")
    assert process.returncode == -signal.SIGKILL, f"the process ended with {process.returncode}, not by SIGKILL"


async def make_effect_table(db: ServiceDb) -> None:
    admin = await asyncpg.connect(db.owner_dsn, server_settings={"search_path": CONSUMER})
    await admin.execute(EFFECT)
    await admin.close()


@asynccontextmanager
async def rig_of(db: ServiceDb, bootstrap: str) -> AsyncIterator[Rig]:
    """Make the rig: a group that begins at the topics' present end, whatever earlier tests left there."""
    settings = RuntimeSettings(service=CONSUMER, pg_dsn=db.dsn, kafka_bootstrap=bootstrap)
    await make_effect_table(db)
    starts = await _begin_at_end(bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with Database.open(db.dsn, CONSUMER) as database:
            yield Rig(db, settings, database, producer, starts)
    finally:
        await producer.stop()


async def _begin_at_end(bootstrap: str) -> dict[str, dict[TopicPartition, int]]:
    """Return where each topic ends now, and let the group begin there."""
    starts: dict[str, dict[TopicPartition, int]] = {}
    for topic in (SOURCE, DLQ, OUT):
        looker = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, enable_auto_commit=False)
        await looker.start()
        starts[topic] = await looker.end_offsets(list(looker.assignment()))
        await looker.stop()
    group = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    await group.start()
    try:
        group.assign(list(starts[SOURCE]))

        async def committed() -> bool:
            with suppress(CommitFailedError):  # until the members that an earlier test killed have timed out
                await group.commit(starts[SOURCE])
                return True
            return False

        await until(committed, 40, what="an empty group")
    finally:
        await group.stop()
    return starts


def letter_ids(letters: list[DeadLetter]) -> set[UUID]:
    return {letter.id for letter in letters}


def headers_of(record: object) -> Mapping[str, str]:
    return {name: value.decode() for name, value in record.headers}
