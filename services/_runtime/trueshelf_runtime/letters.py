"""A dead letter: everything about a record that could not be taken in, as JSON, so that nothing of it is lost."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from trueshelf_contracts.ids import derive
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import MAX_PAYLOAD, dlq_topic, group_id
from trueshelf_runtime.errors import describe, kind_of
from trueshelf_runtime.outbox import Outgoing
from trueshelf_runtime.records import RawRecord

Bytes = Annotated[Base64Bytes, Field(description="base64")]
MOST = MAX_PAYLOAD * 2
"""Bytes of a record that a letter keeps. A broker takes more when they compress well, but not in base64."""


_SHORT = 1024


class DeadLetter(BaseModel):
    """The value of a record on a dead-letter topic. Its own key is the original's."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    id: UUID
    consumer: Service
    producer: Service
    group: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: Bytes | None
    value: Bytes | None
    headers: tuple[tuple[str, Bytes | None], ...]
    kind: Literal["refused", "invalid", "transient", "outage"]
    error: str
    attempts: int = Field(ge=0, description="counted attempts; 0 = it could never have worked")
    trace_id: str | None
    died_at: datetime
    whole_size: int | None = Field(
        default=None, description="bytes of key, value and headers when they were too many to keep whole: then cut here"
    )

    @property
    def record(self) -> RawRecord:
        """The original, byte for byte."""
        return RawRecord(self.topic, self.partition, self.offset, self.timestamp_ms, self.key, self.value, self.headers)

    @classmethod
    def read(cls, value: bytes) -> Self:
        """Read a dead letter back. Raises pydantic.ValidationError."""
        return cls.model_validate_json(value)


def letter_id(group: str, record: RawRecord) -> UUID:
    """Return the id of the one letter that a group can write about a record."""
    return derive("dead", group, *record.place)


def _size(record: RawRecord) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def bury(consumer: Service, producer: Service, record: RawRecord, *, error: BaseException, attempts: int) -> Outgoing:
    """Return the outbox row of the letter about `record`; writing it twice is harmless."""
    group = group_id(consumer, producer)
    trace = record.traceparent
    size = _size(record)
    letter = DeadLetter.model_construct(
        format=1,
        id=letter_id(group, record),
        consumer=consumer,
        producer=producer,
        group=group,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=record.key[:_SHORT] if size > MOST and record.key else record.key,
        value=record.value[:MOST] if size > MOST and record.value else record.value,
        headers=record.headers if size <= MOST else (),
        whole_size=size if size > MOST else None,
        kind=kind_of(error).value,
        error=describe(error),
        attempts=attempts,
        trace_id=trace.split("-")[1] if trace else None,
        died_at=datetime.now(UTC),
    )
    headers = {"content-type": "application/json", "error_kind": letter.kind}
    return Outgoing(
        letter.id,
        dlq_topic(consumer, producer),
        letter.key or b"",
        letter.model_dump_json().encode(),
        headers if trace is None else {**headers, "traceparent": trace},
    )
