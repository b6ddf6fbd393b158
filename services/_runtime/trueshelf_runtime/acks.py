"""Offsets of settled records, committed a few times a second instead of once per record.

A commit is a round trip to the broker, dearer than the record's whole transaction. What a kill loses of it is delivered
again and met by its own inbox rows. Offsets are named: the consumer's position would include the record in hand (P2).
"""

import asyncio
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from trueshelf_runtime.errors import describe

LOG = structlog.get_logger(__name__)
EVERY = 0.2
"""Seconds between two commits of a consumer."""
PATIENCE = 5.0
"""Seconds for one commit: an outage of Kafka must not hold up the end of the process."""


class Acknowledgements:
    """What the consumers of one broker have settled and not committed yet."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._noted: dict[Any, dict[TopicPartition, int]] = {}

    def of(self, consumer: Any, record: Any) -> "Acknowledging":
        """Return what FastStream takes for the consumer of `record`: its ack is noted, its nack a seek as ever."""
        return Acknowledging(self, consumer, record)

    async def note(self, consumer: Any, record: Any) -> None:
        """Take note that `record` is settled. While the process stops, commit at once: nobody comes after."""
        place = TopicPartition(record.topic, record.partition)
        self._noted.setdefault(consumer, {})[place] = record.offset + 1
        if self._stopping.is_set():
            await self.flush()

    async def flush(self) -> None:
        """Commit what is noted. What the group has taken from us in the meantime is somebody else's to commit."""
        noted, self._noted = self._noted, {}
        for consumer, offsets in noted.items():
            try:
                async with asyncio.timeout(PATIENCE):  # while no broker answers, aiokafka would look for one for ever
                    await consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError) as error:
                LOG.info("offsets of a lost partition are left to its new owner", error=describe(error))
            except (KafkaError, TimeoutError) as error:
                LOG.info("offsets wait for Kafka", error=describe(error))
                self._noted[consumer] = offsets | self._noted.get(consumer, {})

    async def run(self) -> None:
        """Commit a few times a second until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()


class Acknowledging:
    """The two verbs that FastStream's message uses of its consumer."""

    __slots__ = ("_acks", "_consumer", "_record")

    def __init__(self, acks: Acknowledgements, consumer: Any, record: Any) -> None:
        self._acks = acks
        self._consumer = consumer
        self._record = record

    async def commit(self) -> None:
        await self._acks.note(self._consumer, self._record)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.seek(partition=partition, offset=offset)
