"""The outbox: rows written with the state, in its transaction, and published after it by the relay (`relay.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import BY_OWNER, MAX_PAYLOAD
from trueshelf_runtime.errors import Invalid
from trueshelf_runtime.origin import traceparent_of

ANNOUNCE_INTERVAL = 0.02
"""Seconds between two NOTIFYs of one process, however many transactions commit."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be published. `event_id` is unique in the outbox: a second one with the same id is passed over."""

    event_id: UUID
    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def channel(schema: str) -> str:
    """Return the NOTIFY channel of this schema's outbox: channels belong to the database, not to a schema."""
    return f"trueshelf_outbox_{schema}"


def outgoing(event: Event, producer: Service) -> Outgoing:
    """Return the record of `event`. Raises ValueError for another owner's event, Invalid for one that is too large."""
    topic = BY_OWNER[producer]
    if type(event) not in topic.events:
        raise ValueError(f"{type(event).__name__} is no event of {topic.name}: only its owner may state it")
    value = event.model_dump_json().encode()
    if len(value) > MAX_PAYLOAD:
        raise Invalid(
            f"{event.type} {event.event_id} has {len(value)} bytes, {MAX_PAYLOAD} are allowed: "
            "put the data into object storage and refer to it"
        )
    headers = cloud_event_headers(event, producer, traceparent_of())
    return Outgoing(event.event_id, topic.name, event.key.encode(), value, headers)


_INSERT = """
INSERT INTO outbox (event_id, topic, key, value, headers)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::jsonb[])
ON CONFLICT (event_id) DO NOTHING
"""
_INSERT_ONE = """
INSERT INTO outbox (event_id, topic, key, value, headers) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO NOTHING
"""


async def insert(connection: Any, records: Sequence[Outgoing]) -> None:
    """Append `records` in this order, in one statement."""
    if len(records) == 1:
        (one,) = records
        await connection.execute(_INSERT_ONE, one.event_id, one.topic, one.key, one.value, dict(one.headers))
        return
    rows = _once(records)
    await connection.execute(
        _INSERT,
        [row.event_id for row in rows],
        [row.topic for row in rows],
        [row.key for row in rows],
        [row.value for row in rows],
        [dict(row.headers) for row in rows],
    )


def _once(records: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the records without repeated ids, each where it stood first."""
    first: dict[UUID, Outgoing] = {}
    for record in records:
        first.setdefault(record.event_id, record)
    return list(first.values())
