"""Records put onto a topic by hand: what a broken or foreign producer might write where no ACL stops it."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from support.live import LiveStack
from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.refs import Service


def put_records(live: LiveStack, topic: str, records: Iterable[tuple[bytes, bytes, dict[str, str]]]) -> None:
    """Write (key, value, headers) to the topic, in order."""

    async def work() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=live.written["backing"]["kafka"])
        await producer.start()
        try:
            for key, value, headers in records:
                named = [(name, text.encode()) for name, text in headers.items()]
                await producer.send_and_wait(topic, value=value, key=key, headers=named)
        finally:
            await producer.stop()

    asyncio.run(work())


def put_events(live: LiveStack, producer: Service, events: Iterable[Event]) -> None:
    """Write events as `producer` would."""
    records = [(e.key.encode(), e.model_dump_json().encode(), cloud_event_headers(e, producer)) for e in events]
    put_records(live, f"trueshelf.{producer}", records)
