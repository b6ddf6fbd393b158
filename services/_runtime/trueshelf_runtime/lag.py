"""How far each consumer group is behind its topic."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import PARTITIONS, group_id, groups
from trueshelf_runtime.errors import Outage


async def consumer_lag(options: Mapping[str, Any], services: Iterable[Service] | None = None) -> dict[str, int]:
    """Return group → records that it has not taken in yet, for the groups of `services` (default: all).

    `options` are `RuntimeSettings.kafka_options()`. Raises Outage when Kafka does not answer.
    """
    chosen = None if services is None else set(services)
    wanted = [
        (group_id(consumer, topic.owner), topic.name)
        for consumer, topic in groups()
        if chosen is None or consumer in chosen
    ]
    partitions = {
        name: [TopicPartition(name, number) for number in range(PARTITIONS)] for name in {name for _, name in wanted}
    }
    everything = [partition for each in partitions.values() for partition in each]
    consumer = AIOKafkaConsumer(**options)
    admin = AIOKafkaAdminClient(**options)
    try:
        await consumer.start()
        await admin.start()
        ends = await consumer.end_offsets(everything)
        starts = await consumer.beginning_offsets(everything)
        lag: dict[str, int] = {}
        for group, topic in wanted:
            done = await admin.list_consumer_group_offsets(group)
            at = {partition: known.offset for partition, known in done.items() if known.offset >= 0}
            lag[group] = sum(ends[p] - max(at.get(p, 0), starts[p]) for p in partitions[topic])
    except (KafkaError, OSError) as error:
        raise Outage(f"Kafka does not answer: {error!r}") from error
    else:
        return lag
    finally:
        await consumer.stop()
        await admin.close()
