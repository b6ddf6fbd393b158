"""Taking in one record: decode, claim, let the handler work, all in one transaction. Knows no Kafka and no failure."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from opentelemetry.trace import SpanKind, get_tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import ValidationError

from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import BY_OWNER, group_id
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import Invalid
from trueshelf_runtime.inbox import CLAIMED, claim, claiming
from trueshelf_runtime.origin import Origin, fresh, from_event, using
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.telemetry import METRICS

Handler = Callable[[Any, Tx], Awaitable[None]]
RawHandler = Callable[[RawRecord, Tx], Awaitable[None]]
Outcome = Literal["done", "duplicate", "passed"]
_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = get_tracer("trueshelf.bus")


@dataclass(frozen=True, slots=True)
class Subscription:
    """The events of one producer that a service acts on; those without a handler are passed over."""

    producer: Service
    handlers: Mapping[type[Event], Handler]

    def __post_init__(self) -> None:
        foreign = [event.__name__ for event in self.handlers if event not in BY_OWNER[self.producer].events]
        if foreign:
            raise ValueError(f"{self.producer} never states {', '.join(foreign)}: subscribe to the owner's topic")


@dataclass(frozen=True, slots=True)
class RawSubscription:
    """Every record of one producer as it lies there, also what nobody can parse."""

    producer: Service
    on_record: RawHandler


AnySubscription = Subscription | RawSubscription


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a record before any transaction."""

    claim_id: UUID
    name: str
    origin: Origin
    run: Callable[[Tx], Awaitable[None]] | None
    """None: nobody here wants it."""


class Intake:
    """One service's way of taking in one producer's records."""

    def __init__(self, consumer: Service, subscription: AnySubscription, db: Database) -> None:
        self.consumer = consumer
        self.producer = subscription.producer
        self.group = group_id(consumer, subscription.producer)
        self.topic = BY_OWNER[subscription.producer]
        self._subscription = subscription
        self._db = db

    def read(self, record: RawRecord) -> Reading:
        """Decode `record`. Raises Invalid when it can never be taken in (a RawSubscription takes everything)."""
        match self._subscription:
            case Subscription(handlers=handlers):
                event = self._decode(record)
                handler = handlers.get(type(event))
                run = None if handler is None else lambda tx: handler(event, tx)
                return Reading(event.event_id, event.type, from_event(event, record.traceparent), run)
            case RawSubscription(on_record=on_record):
                return self._read_raw(record, on_record)

    async def take(self, record: RawRecord) -> Outcome:
        """Give `record` its effect in a transaction of its own."""
        reading = self.read(record)
        if reading.run is None:
            return "passed"
        with self._tracing(record, reading), using(reading.origin):
            started = time.perf_counter()
            async with self._db.transaction(first=claiming(self.group, reading.claim_id)) as tx:
                if tx.first != CLAIMED:
                    return "duplicate"
                await reading.run(tx)
                crash_point("handler.before_commit")
            crash_point("handler.after_commit")
            METRICS.handler_seconds.labels(self.group, reading.name).observe(time.perf_counter() - started)
        return "done"

    async def take_within(self, record: RawRecord, tx: Tx) -> Outcome:
        """Give `record` its effect in the caller's transaction (a replay)."""
        reading = self.read(record)
        if reading.run is None:
            return "passed"
        with self._tracing(record, reading), using(reading.origin):
            if not await claim(tx, self.group, reading.claim_id):
                return "duplicate"
            await reading.run(tx)
            await tx.flush()
        return "done"

    def _decode(self, record: RawRecord) -> Event:
        fault = record.header_fault()
        if fault is not None:
            raise Invalid(f"{record}: {fault}; its producer breaks the contract")
        if record.value is None:
            raise Invalid(f"{record}: a record without a value states nothing")
        try:
            return self.topic.decode(record.value)
        except ValidationError as error:
            raise Invalid(f"{record}: no event of {self.topic.name}: {_first(error)}") from error

    def _read_raw(self, record: RawRecord, on_record: RawHandler) -> Reading:
        """Claim by place: a record that the relay published twice is two records, and a log of the topic holds both."""

        def run(tx: Tx) -> Awaitable[None]:
            return on_record(record, tx)

        try:
            event = self._decode(record)
        except Invalid:
            origin = fresh(traceparent=record.traceparent)
            return Reading(record.place_id(), "unparsable", origin, run)
        return Reading(record.place_id(), event.type, from_event(event, record.traceparent), run)

    @contextmanager
    def _tracing(self, record: RawRecord, reading: Reading) -> Iterator[None]:
        """Continue the producer's trace: one trace id leads from intake to pack (messaging.md P20)."""
        carrier = {"traceparent": reading.origin.traceparent} if reading.origin.traceparent else {}
        with _TRACER.start_as_current_span(
            f"{record.topic} process",
            context=_PROPAGATOR.extract(carrier),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.kafka.offset": record.offset,
                "messaging.consumer.group.name": self.group,
                "trueshelf.event_type": reading.name,
            },
        ):
            yield


def _first(error: ValidationError) -> str:
    """Return the first fault with its place in the event, never the value: it may be somebody's."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the whole"
    return f"{place}: {fault['msg']} ({error.error_count()} faults)"
