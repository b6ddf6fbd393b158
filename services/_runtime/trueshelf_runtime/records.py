"""A record as it lay in Kafka, byte for byte."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from trueshelf_contracts.ids import derive
from trueshelf_runtime.origin import valid_traceparent


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record with its coordinates. Nothing of it was decoded, so nothing of it can be missing."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @classmethod
    def of(cls, record: Any) -> Self:
        """Return the record of an aiokafka `ConsumerRecord`."""
        return cls(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            tuple(record.headers),
        )

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset: what is unique about a record."""
        return (self.topic, self.partition, self.offset)

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"

    def header_fault(self) -> str | None:
        """Say what is wrong with the headers, or None: FastStream's own parser drops such a record without a word."""
        for name, value in self.headers:
            if value is None:
                return f"header {name!r} is null"
            try:
                value.decode()
            except UnicodeDecodeError:
                return f"header {name!r} is not UTF-8"
        return None

    def header(self, name: str) -> str | None:
        """Return the text of the last header of that name, None when there is none that is text."""
        for found, value in reversed(self.headers):
            if found == name and value is not None:
                try:
                    return value.decode()
                except UnicodeDecodeError:
                    return None
        return None

    @property
    def traceparent(self) -> str | None:
        return valid_traceparent(self.header("traceparent"))

    def place_id(self) -> UUID:
        """Return an id for a record that carries none of its own."""
        return derive("record", *self.place)
