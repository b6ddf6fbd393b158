"""Topics as the registry in contracts wants them: made when missing, never made smaller or deleted."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from trueshelf_contracts.topics import MAX_PAYLOAD, PARTITIONS, RETENTION_DAYS, TOPICS, dlq_topic, groups

DLQ_PARTITIONS = 1
"""Dead letters are few and read by people; their order per group is all that matters."""
TOPIC_EXISTS = 36
DAY_MS = 24 * 60 * 60 * 1000


class TopicError(Exception):
    """A topic cannot be made. The message names it and the broker's reason."""


def wanted(replication: int = 1) -> list[NewTopic]:
    """Return every topic of the registry, dead-letter topics included."""
    configs = {
        "retention.ms": str(RETENTION_DAYS * DAY_MS),
        "cleanup.policy": "delete",
        "max.message.bytes": str(MAX_PAYLOAD * 2),  # a dead letter carries its original plus headers
        "min.insync.replicas": str(2 if replication >= 3 else 1),  # noqa: PLR2004 -- design.md: replication 3, min ISR 2
    }
    names = {topic.name: PARTITIONS for topic in TOPICS}
    names |= {dlq_topic(consumer, topic.owner): DLQ_PARTITIONS for consumer, topic in groups()}
    return [
        NewTopic(name=name, num_partitions=count, replication_factor=replication, topic_configs=configs)
        for name, count in names.items()
    ]


async def ensure_topics(options: Mapping[str, Any], *, replication: int = 1, seconds: float = 30.0) -> list[str]:
    """Make what is missing and return the names that were made. `options` are aiokafka's connection options.

    Raises TopicError, also when the topics are not there for all to see within `seconds`.
    """
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=15000)
    try:
        await admin.start()
        have = set(await admin.list_topics())
        missing = [topic for topic in wanted(replication) if topic.name not in have]
        if missing:
            await _create(admin, missing)
            await _visible(admin, {topic.name for topic in missing}, seconds)
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def _create(admin: AIOKafkaAdminClient, missing: list[NewTopic]) -> None:
    answer = await admin.create_topics(missing)
    for name, code, *reason in answer.topic_errors:
        if code not in (0, TOPIC_EXISTS):
            raise TopicError(
                f"topic {name} could not be made: {for_code(code).__name__} {' '.join(filter(None, reason))}"
            )


async def _visible(admin: AIOKafkaAdminClient, names: set[str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        described = await admin.describe_topics(sorted(names))
        ready = {
            topic["topic"]
            for topic in described
            if not topic["error_code"] and topic["partitions"] and all(p["leader"] >= 0 for p in topic["partitions"])
        }
        if names <= ready:
            return
        if time.monotonic() > deadline:
            raise TopicError(f"topics without a leader after {seconds:.0f} s: {', '.join(sorted(names - ready))}")
        await asyncio.sleep(0.1)
