"""The consumer: FastStream's broker exactly as messaging.md 1 and 2 want it, one subscriber per subscription."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.kafka.subscriber.usecase import LogicSubscriber
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from trueshelf_contracts.refs import Service
from trueshelf_runtime.acks import Acknowledgements
from trueshelf_runtime.db import Database
from trueshelf_runtime.delivery import SettleMiddleware, Settler
from trueshelf_runtime.errors import describe
from trueshelf_runtime.health import Health, kafka_answers
from trueshelf_runtime.inbox import keep_pruned
from trueshelf_runtime.intake import AnySubscription, Intake, RawSubscription, Subscription
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.replay import Replayer
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.settle import Policy

__all__ = ["Consumers", "RawRecord", "RawSubscription", "Subscription", "build_broker"]

LOG = structlog.get_logger(__name__)
START_TIMEOUT = 60.0
STILL = 30.0
"""Seconds without a sign of life, with records waiting, after which the watchdog's clock starts."""
SUBSCRIBER: Mapping[str, Any] = {
    "ack_policy": AckPolicy.NACK_ON_ERROR,
    "auto_offset_reset": "earliest",
    "batch": False,
    "max_workers": 1,
    "no_reply": True,
    "session_timeout_ms": 15_000,
    "heartbeat_interval_ms": 3_000,
    "rebalance_timeout_ms": 60_000,
    "max_poll_interval_ms": 600_000,
    "max_partition_fetch_bytes": 1024 * 1024,
}


Parser = Callable[[Any, Callable[[Any], Awaitable[KafkaMessage]]], Awaitable[KafkaMessage]]


def tolerant_parser(acks: Acknowledgements) -> Parser:
    """Return a parser that never loses a record: one with a null or non-UTF-8 header is parsed without headers (P1).

    The raw record keeps its headers, so that `RawRecord` and the dead letter have them. Acknowledging goes to `acks`.
    """

    async def parse(message: Any, original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
        try:
            parsed = await original(message)
        except (AttributeError, UnicodeDecodeError):
            parsed = await original(replace(message, headers=()))
            parsed.raw_message = message
        parsed.consumer = acks.of(parsed.consumer, message)
        return parsed

    return parse


def raw_decoder(message: KafkaMessage) -> RawRecord:
    """Hand the record on byte for byte: decoding is the intake's, where its failure is settled."""
    return RawRecord.of(message.raw_message)


def build_broker(
    settings: RuntimeSettings, intakes: Sequence[Intake], settlers: Mapping[str, Settler], acks: Acknowledgements
) -> KafkaBroker:
    """Return the broker with one subscriber per intake; nothing is connected yet."""
    broker = KafkaBroker(
        settings.kafka_bootstrap.split(","),
        client_id=f"trueshelf-{settings.service}-{socket.gethostname()}-{os.getpid()}",
        security=_security(settings),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        enable_idempotence=True,
        acks="all",
        consumer_only=True,  # publishing is the relay's
        allow_auto_create_topics=False,
        graceful_timeout=settings.graceful_timeout,
        retry_backoff_ms=500,  # the default of 100 keeps a core busy with retries while a broker restarts
        parser=tolerant_parser(acks),
        decoder=raw_decoder,
        middlewares=(partial(SettleMiddleware, settlers=settlers),),
        apply_types=False,
        logger=None,  # failures are logged once, where they are settled
    )
    for intake in intakes:
        broker.subscriber(
            intake.topic.name, group_id=intake.group, group_instance_id=settings.kafka_member, **SUBSCRIBER
        )(intake.take)
    return broker


class Consumers:
    """Everything that `consume` runs: the subscribers, the replays, and the pruning of inbox and outbox."""

    def __init__(
        self,
        settings: RuntimeSettings,
        db: Database,
        subscriptions: Sequence[AnySubscription],
        *,
        health: Health | None = None,
        policy: Policy | None = None,
    ) -> None:
        consumer: Service = settings.service
        self._settings = settings
        self._db = db
        self._health = health
        self._stopping = asyncio.Event()
        self._policy = policy or Policy(attempts=settings.delivery_attempts)
        self.intakes = tuple(Intake(consumer, subscription, db) for subscription in subscriptions)
        topics = [intake.topic.name for intake in self.intakes]
        if len(set(topics)) != len(topics):
            raise ValueError(f"{consumer} subscribes twice to one topic: put its handlers into one Subscription")
        self.settlers = {
            intake.topic.name: Settler(consumer, intake.producer, db, policy=self._policy, stopping=self._stopping)
            for intake in self.intakes
        }
        self.acks = Acknowledgements(self._stopping)
        self.broker: KafkaBroker | None = None

    async def run(self) -> None:
        """Consume until cancelled; then let the record in hand end (at most `graceful_timeout`) and leave the group."""
        tasks = [
            asyncio.create_task(Replayer(self.intakes, self._db, self._policy).run(), name="replay"),
            asyncio.create_task(keep_pruned(self._db), name="prune"),
            asyncio.create_task(self.acks.run(), name="commit offsets"),
        ]
        try:
            await self._start()
            await asyncio.gather(*tasks)
        finally:
            self._stopping.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.acks.flush()
            if self.broker is not None:
                await self._stop(self.broker)

    async def _start(self) -> None:
        """Connect; while Kafka is away, try again with a fresh broker."""
        delay = 0.5
        while self.intakes:
            broker = build_broker(self._settings, self.intakes, self.settlers, self.acks)
            self.broker = broker
            try:
                async with asyncio.timeout(START_TIMEOUT):
                    await broker.start()
            except (KafkaError, OSError, TimeoutError) as error:
                LOG.warning("the consumers wait for Kafka", error=describe(error))
                await self._stop(broker)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 10.0)
            else:
                break
        if self._health is not None and self.broker is not None:
            self._health.add_ready("kafka", partial(kafka_answers, self._settings))
            for subscriber in self.broker.subscribers:
                assert isinstance(subscriber, LogicSubscriber)
                settler = self.settlers[subscriber.topic_names[0]]
                settler.progress.moved_at = asyncio.get_running_loop().time()
                self._health.add_live(f"consume.{settler.producer}", partial(_pulse, subscriber, settler))
        LOG.info("consuming", groups=[intake.group for intake in self.intakes])

    @staticmethod
    async def _stop(broker: KafkaBroker) -> None:
        with suppress(KafkaError, OSError, ExceptionGroup):
            await broker.stop()


async def _pulse(subscriber: Any, settler: Settler) -> str | None:
    """Say what is wrong with one consumer (messaging.md 9): its task, its assignment, its progress while it lags."""
    consumer = subscriber.consumer
    if consumer is None or not any(not task.done() for task in subscriber.tasks):
        return "its consume task has ended"
    if settler.progress.waiting:
        return None
    assigned = consumer.assignment()
    if not assigned:
        return None if is_spare(consumer) else "no partition is assigned: a rebalance does not end"
    still = asyncio.get_running_loop().time() - settler.progress.moved_at
    if still < STILL:
        return None
    lag = 0
    for partition in assigned:
        high = consumer.highwater(partition)
        if high is not None:
            lag += max(0, high - await consumer.position(partition))
    return f"{lag} records wait and none has moved for {still:.0f} s" if lag else None


def is_spare(consumer: AIOKafkaConsumer) -> bool:
    """Say whether the group has settled without a partition for this member: it takes over when another one goes.

    With more processes than partitions that is in order. aiokafka's public `assignment()` is empty in both cases.
    """
    state = consumer._subscription  # noqa: SLF001 - see above
    settled = state.subscription is not None and not state.reassignment_in_progress
    return settled and not consumer.assignment()


def _security(settings: RuntimeSettings) -> BaseSecurity | None:
    """Return the settings' security in FastStream's words."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context: ssl.SSLContext | None = settings.kafka_options().get("ssl_context")
    if protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    schemes = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    return schemes[settings.kafka_sasl_mechanism](
        settings.kafka_username or "", password, ssl_context=context, use_ssl=protocol == "SASL_SSL"
    )
