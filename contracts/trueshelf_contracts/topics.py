"""The registry: which topic belongs to whom, what it carries, who reads it. Topics are created from here."""

from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from trueshelf_contracts.audit import AuditEvent
from trueshelf_contracts.console import ConsoleEvent
from trueshelf_contracts.event import Event
from trueshelf_contracts.export import ExportEvent
from trueshelf_contracts.generate import GenerateEvent
from trueshelf_contracts.ingest import IngestEvent
from trueshelf_contracts.qa import QaEvent
from trueshelf_contracts.refs import Service
from trueshelf_contracts.review import ReviewEvent

PARTITIONS = 12
RETENTION_DAYS = 30
INBOX_DAYS = 37
"""An inbox row outlives the record that it guards, plus a week for replays."""
MAX_PAYLOAD = 256 * 1024
"""Bytes; a larger event is refused before it reaches the outbox (messaging.md P16)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One producing service's topic."""

    owner: Service
    union: Any
    consumers: tuple[Service, ...]

    @property
    def name(self) -> str:
        return f"trueshelf.{self.owner}"

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The event classes that may stand on this topic."""
        return get_args(get_args(self.union)[0])

    def decode(self, value: bytes) -> Event:
        """Return the event in `value`. Raises pydantic.ValidationError: unknown type or version, wrong field."""
        return _adapter(self.owner).validate_json(value)


TOPICS: tuple[Topic, ...] = (
    Topic("ingest", IngestEvent, ("generate", "qa", "review", "export", "audit", "console")),
    Topic("generate", GenerateEvent, ("qa", "review", "audit", "console")),
    Topic("qa", QaEvent, ("review", "export", "audit", "console")),
    Topic("review", ReviewEvent, ("ingest", "generate", "export", "audit", "console")),
    Topic("export", ExportEvent, ("qa", "review", "audit", "console")),
    Topic("audit", AuditEvent, ("audit", "console")),
    Topic("console", ConsoleEvent, ("audit", "console")),
)
REGISTRY: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
BY_OWNER: dict[str, Topic] = {topic.owner: topic for topic in TOPICS}


@cache
def _adapter(owner: Service) -> TypeAdapter[Event]:
    """Return the one validator of a topic: building it costs ten times as much as decoding an event."""
    return TypeAdapter(BY_OWNER[owner].union)


def group_id(consumer: Service, producer: Service) -> str:
    """Return the consumer group with which `consumer` reads the topic of `producer`: one group reads one topic."""
    return f"trueshelf.{consumer}.{producer}"


def dlq_topic(consumer: Service, producer: Service) -> str:
    """Return the dead-letter topic of that group."""
    return f"trueshelf.dlq.{consumer}.{producer}"


def groups() -> list[tuple[Service, Topic]]:
    """Return every (consumer, topic) pair of the registry."""
    return [(consumer, topic) for topic in TOPICS for consumer in topic.consumers]
