"""What people do with dead letters: list, show, replay, drop (messaging.md 10). Replay and drop say who and why.

The letters stay in their topic; what was decided about them stands in the consumer's own schema (`dead_letter`).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from trueshelf_contracts.event import Actor, ActRecorded
from trueshelf_contracts.ids import event_id
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import dlq_topic, group_id
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Outage, Refused
from trueshelf_runtime.letters import DeadLetter
from trueshelf_runtime.origin import current, fresh, using
from trueshelf_runtime.settings import RuntimeSettings

State = Literal["open", "waiting", "replayed", "failed", "dropped"]

_STATES = "SELECT id, state, error, actor, reason, attempts FROM dead_letter WHERE consumer = ANY($1::text[])"
_DECIDE = """
INSERT INTO dead_letter (id, consumer, letter, state, actor, reason, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $4 = 'waiting' THEN NULL ELSE now() END)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, actor = excluded.actor, reason = excluded.reason, attempts = 0,
    error = '', due_at = now(), decided_at = now(), ended_at = excluded.ended_at
WHERE dead_letter.state = 'failed'
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One dead letter and what has become of it."""

    letter: DeadLetter
    state: State
    note: str = ""
    """The failed replay's error, or who dropped it and why."""


class DeadLetters:
    """The dead letters of one consumer group: `settings.service` reading `producer`."""

    def __init__(self, settings: RuntimeSettings, db: Database, producer: Service) -> None:
        self.group = group_id(settings.service, producer)
        self.topic = dlq_topic(settings.service, producer)
        self._settings = settings
        self._db = db
        self._producer = producer

    async def list(self, *, everything: bool = False) -> list[Entry]:
        """Return the letters that want a decision (open, or whose replay failed), oldest first; or all of them.

        Raises Outage when Kafka or PostgreSQL does not answer.
        """
        found = await entries(self._settings, self._db, (self._producer,))
        return [entry for entry in found if everything or entry.state in {"open", "failed"}]

    async def show(self, letter_id: UUID) -> Entry:
        """Return one letter. Raises Refused when the group has none with that id."""
        for entry in await self.list(everything=True):
            if entry.letter.id == letter_id:
                return entry
        raise Refused("no_such_letter", f"{self.topic} holds no letter {letter_id}", "see `trueshelf dlq list`")

    async def replay(self, letter_id: UUID, *, actor: Actor, reason: str, at: datetime) -> None:
        """Let the consumer try the record once more, under its own event id. Only this group will see it.

        Raises Refused when the letter was dropped, replayed or waits already, or holds only part of the record.
        """
        letter = (await self.show(letter_id)).letter
        if letter.whole_size is not None:
            raise Refused(
                "letter_cut",
                f"the record had {letter.whole_size:,} bytes, too many to keep: the letter holds its beginning only",
                f"read it at {letter.topic}, partition {letter.partition}, offset {letter.offset}; drop the letter",
            )
        await self._decide(letter_id, "waiting", actor, reason, at)

    async def drop(self, letter_id: UUID, *, actor: Actor, reason: str, at: datetime) -> None:
        """Let the record lie for good. Raises Refused as `replay` does."""
        await self._decide(letter_id, "dropped", actor, reason, at)

    async def _decide(self, letter_id: UUID, state: State, actor: Actor, reason: str, at: datetime) -> None:
        verb = "replay" if state == "waiting" else "drop"
        if not reason.strip():
            raise Refused("reason_missing", f"a {verb} needs a reason", "say why; it goes into the audit trail")
        entry = await self.show(letter_id)
        letter = entry.letter
        with using(fresh(drill=actor.kind == "drill")):
            async with self._db.transaction() as tx:
                row = await tx.fetchrow(
                    _DECIDE, letter.id, self.group, letter.model_dump(mode="json"), state, actor.id, reason
                )
                if row is None:
                    raise Refused(
                        "already_decided", f"letter {letter_id} is {entry.state} already", "see `trueshelf dlq show`"
                    )
                await tx.emit(self._act(letter, verb, actor, reason, at))

    def _act(self, letter: DeadLetter, verb: str, actor: Actor, reason: str, at: datetime) -> ActRecorded:
        origin = current()
        return ActRecorded(
            event_id=event_id("ActRecorded", self._settings.service, f"dlq.{verb}", letter.id, at.isoformat()),
            occurred_at=at,
            cause_id=letter.id,
            correlation_id=origin.correlation_id,
            drill=origin.drill,
            act=f"dlq.{verb}",
            outcome="done",
            target=f"{letter.topic}[{letter.partition}]@{letter.offset}",
            reason=reason,
            details={"group": self.group, "letter": str(letter.id), "error": letter.error[:300]},
            actor=actor,
        )


async def entries(settings: RuntimeSettings, db: Database, producers: Sequence[Service]) -> list[Entry]:
    """Return every letter of the groups with which `settings.service` reads `producers`, group by group as they lie.

    Raises Outage when Kafka or PostgreSQL does not answer.
    """
    if not producers:
        return []
    groups = [group_id(settings.service, producer) for producer in producers]
    decided = {row["id"]: row for row in await db.fetch(_STATES, groups)}
    found: dict[UUID, Entry] = {}
    async for letter in _letters(settings, [dlq_topic(settings.service, producer) for producer in producers]):
        row = decided.get(letter.id)
        if row is None:
            found[letter.id] = Entry(letter, "open")
        else:
            note = row["error"] if row["state"] == "failed" else f"{row['actor']}: {row['reason']}"
            found[letter.id] = Entry(letter, row["state"], note)
    return list(found.values())


async def _letters(settings: RuntimeSettings, topics: Sequence[str]) -> AsyncIterator[DeadLetter]:
    """Read whole topics up to their present ends. What is no letter of ours is passed over."""
    consumer = AIOKafkaConsumer(
        *topics,
        **settings.kafka_options(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        partitions = list(consumer.assignment())
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        starts: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        left = {partition for partition in partitions if starts[partition] < ends[partition]}
        while left:
            batches: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=1000)
            for records in batches.values():
                for record in records:
                    try:
                        yield DeadLetter.read(record.value or b"")
                    except ValidationError:
                        continue
            left = {partition for partition in left if await consumer.position(partition) < ends[partition]}
    except (KafkaError, OSError) as error:
        raise Outage(f"Kafka does not answer: {error!r}") from error
    finally:
        await consumer.stop()
