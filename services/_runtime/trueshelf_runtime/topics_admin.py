"""Topics as the registry in contracts wants them: made when missing, never made smaller or deleted."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from trueshelf_contracts.topics import MAX_PAYLOAD, PARTITIONS, RETENTION_DAYS, TOPICS, dlq_topic, groups
from trueshelf_runtime.errors import Outage

DLQ_PARTITIONS = 1
"""Dead letters are few and read by people."""
MAX_RECORD = MAX_PAYLOAD * 2
"""Bytes that the broker takes on a service's topic: the payload, its headers, and room for a batch."""
MAX_DEAD_LETTER = MAX_RECORD * 2
"""A dead letter holds a whole foreign record in base64 (4/3) with its headers and the error."""
REPLICATED = 3
_TOPIC_EXISTS = 36
_DAY_MS = 24 * 60 * 60 * 1000


class TopicRefused(Exception):  # noqa: N818 - says what it is
    """The broker does not make a topic. The message names it and the broker's reason."""


def wanted(replication: int = 1) -> list[NewTopic]:
    """Return every topic of the registry, dead-letter topics included."""
    topics = [_topic(topic.name, PARTITIONS, MAX_RECORD, replication) for topic in TOPICS]
    letters = [dlq_topic(consumer, topic.owner) for consumer, topic in groups()]
    return topics + [_topic(name, DLQ_PARTITIONS, MAX_DEAD_LETTER, replication) for name in letters]


def _topic(name: str, partitions: int, max_bytes: int, replication: int) -> NewTopic:
    return NewTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=replication,
        topic_configs={
            "retention.ms": str(RETENTION_DAYS * _DAY_MS),
            "cleanup.policy": "delete",
            "max.message.bytes": str(max_bytes),
            "min.insync.replicas": "2" if replication >= REPLICATED else "1",
        },
    )


async def ensure_topics(options: Mapping[str, Any], *, replication: int = 1, seconds: float = 30.0) -> list[str]:
    """Make what is missing and return the names that were made. `options` are `RuntimeSettings.kafka_options()`.

    Raises TopicRefused, also when a topic has no leader within `seconds`, and Outage when Kafka does not answer.
    """
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=15_000)
    try:
        await admin.start()
        have = set(await admin.list_topics())
        missing = [topic for topic in wanted(replication) if topic.name not in have]
        if missing:
            await _create(admin, missing)
            await _wait_for_leaders(admin, {topic.name for topic in missing}, seconds)
    except (KafkaError, OSError) as error:
        raise Outage(f"Kafka does not answer: {error!r}") from error
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def _create(admin: AIOKafkaAdminClient, missing: list[NewTopic]) -> None:
    answer = await admin.create_topics(missing)
    for name, code, *reason in answer.topic_errors:
        if code not in {0, _TOPIC_EXISTS}:
            told = " ".join(part for part in reason if part)
            raise TopicRefused(f"topic {name} could not be made: {for_code(code).__name__} {told}".strip())


async def _wait_for_leaders(admin: AIOKafkaAdminClient, names: set[str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        ready = {
            topic["topic"]
            for topic in await admin.describe_topics(sorted(names))
            if not topic["error_code"] and topic["partitions"] and all(p["leader"] >= 0 for p in topic["partitions"])
        }
        if names <= ready:
            return
        if time.monotonic() > deadline:
            raise TopicRefused(f"no leader after {seconds:.0f} s for {', '.join(sorted(names - ready))}")
        await asyncio.sleep(0.1)
