"""Bus → log: every record of every topic, as it lay there."""

from trueshelf_audit.adapters.log import PostgresLog
from trueshelf_audit.domain.entry import Coordinates, Record
from trueshelf_audit.service import receive
from trueshelf_contracts.topics import TOPICS
from trueshelf_runtime.bus import RawRecord, RawSubscription
from trueshelf_runtime.db import Tx


async def on_record(raw: RawRecord, tx: Tx) -> None:
    at = Coordinates(raw.topic, raw.partition, raw.offset)
    await receive(Record(at, raw.timestamp_ms, raw.key, raw.value, raw.headers), PostgresLog(tx))


def subscriptions() -> tuple[RawSubscription, ...]:
    """Return one subscription per topic of the registry that names audit as a reader: all of them."""
    return tuple(RawSubscription(topic.owner, on_record) for topic in TOPICS if "audit" in topic.consumers)
