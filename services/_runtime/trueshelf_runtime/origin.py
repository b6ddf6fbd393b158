"""Who caused what: a contextvar in handlers, jobs and requests, headers of outbox rows and jobs between them."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict
from uuid import UUID, uuid4

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from trueshelf_contracts.event import Event
from trueshelf_contracts.ids import event_id

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_PROPAGATOR = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Origin:
    """The event, request or job that everything made now goes back to.

    `traceparent` is the W3C trace context with which the origin arrived; one trace id leads from intake to pack.
    """

    cause_id: UUID
    correlation_id: UUID
    drill: bool = False
    traceparent: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the origin as text for a job's row, with the trace running now; `from_headers` reads it back."""
        texts = {
            "cause_id": str(self.cause_id),
            "correlation_id": str(self.correlation_id),
            "drill": "1" if self.drill else "0",
        }
        trace = traceparent_of(self)
        return texts if trace is None else {**texts, "traceparent": trace}


class Stamp(TypedDict):
    """The fields that `stamp` fills of every event."""

    event_id: UUID
    occurred_at: datetime
    cause_id: UUID
    correlation_id: UUID
    drill: bool


_current: ContextVar[Origin | None] = ContextVar("trueshelf_origin", default=None)


def current() -> Origin:
    """Return the origin of what runs now. Outside any (a maintenance task), a fresh one, its own cause."""
    origin = _current.get()
    if origin is None:
        origin = fresh()
        _current.set(origin)
    return origin


def fresh(*, drill: bool = False, traceparent: str | None = None) -> Origin:
    """Return the origin of something that nothing known has caused, with a trace of its own unless one is given."""
    own = uuid4()
    return Origin(own, own, drill, valid_traceparent(traceparent) or new_traceparent())


@contextmanager
def using(origin: Origin) -> Iterator[Origin]:
    """Make `origin` the current one for the body."""
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)


def stamp(event_type: str, *subject: object, at: datetime, drill: bool | None = None) -> Stamp:
    """Return the fields that say which fact this is, when and from what it came.

    The id is derived from `event_type` and `subject`: choose the subject so that stating the same fact again gives the
    same id, and stating another fact does not.
    """
    origin = current()
    return {
        "event_id": event_id(event_type, *subject),
        "occurred_at": at,
        "cause_id": origin.cause_id,
        "correlation_id": origin.correlation_id,
        "drill": origin.drill if drill is None else drill,
    }


def from_event(event: Event, traceparent: str | None = None) -> Origin:
    """Return the origin of whatever is done because of `event`."""
    return Origin(event.event_id, event.correlation_id, event.drill, valid_traceparent(traceparent))


def from_headers(headers: Mapping[str, str]) -> Origin:
    """Read back what `Origin.headers` wrote. Raises KeyError or ValueError when it was not written by us."""
    return Origin(
        UUID(headers["cause_id"]),
        UUID(headers["correlation_id"]),
        headers.get("drill") == "1",
        valid_traceparent(headers.get("traceparent")),
    )


def marked_drill(origin: Origin) -> Origin:
    """Return `origin` resting on a practice account's decision from here on."""
    return replace(origin, drill=True)


def valid_traceparent(text: str | None) -> str | None:
    """Return `text` if it is a W3C traceparent of version 00 with ids that are not all zero, else None."""
    return text if text is not None and _TRACEPARENT.match(text) else None


def new_traceparent() -> str:
    """Return a new, sampled trace context."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def traceparent_of(origin: Origin | None = None) -> str | None:
    """Return the trace context to send on: the running span's, else the origin's."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    origin = _current.get() if origin is None else origin
    return carrier.get("traceparent") or (origin.traceparent if origin else None)
