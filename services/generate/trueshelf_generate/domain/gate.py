"""When a generator may be called: a token bucket and a circuit breaker, as arithmetic on one row.

The row lies in PostgreSQL and is locked while it changes, so that all worker processes share one bucket.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trueshelf_generate.domain.offers import External

BREAKS_AT = 5
"""Failures in a row (no answer, an error of the server) after which nobody calls for a while."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
BLOCKED_FOR = timedelta(minutes=5)
"""How long a refused key or an empty account is believed before one call asks again."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How one generator stands. `blocked` is the code of a refusal that holds for every item until `not_before`."""

    tokens: float
    filled_at: datetime
    failures: int = 0
    not_before: datetime | None = None
    blocked: str = ""
    paused_at: datetime | None = None
    """When failures last closed it."""

    @property
    def broken(self) -> bool:
        """It failed so often that nobody calls for a while."""
        return self.failures >= BREAKS_AT

    @property
    def shut(self) -> bool:
        """Broken or blocked: once `not_before` has passed, one call finds out whether it still is."""
        return self.broken or bool(self.blocked)


def fresh(external: External, now: datetime) -> Gate:
    """Return the gate of a generator that was never called."""
    return Gate(float(external.burst), now)


def refilled(gate: Gate, external: External, now: datetime) -> Gate:
    """Return the gate with the tokens that time has brought; a clock that runs backwards brings none."""
    seconds = max(0.0, (now - gate.filled_at).total_seconds())
    tokens = min(float(external.burst), gate.tokens + seconds * external.per_minute / 60)
    return replace(gate, tokens=tokens, filled_at=max(now, gate.filled_at))


def wait(gate: Gate, external: External, now: datetime) -> float:
    """Return the seconds until a call may begin; 0 means now."""
    held = (gate.not_before - now).total_seconds() if gate.not_before else 0.0
    tokens = refilled(gate, external, now).tokens
    return max(0.0, held, (1 - tokens) * 60 / external.per_minute)


def taken(gate: Gate, external: External, now: datetime) -> Gate:
    """Return the gate after a call has begun. A shut gate lets one call try and holds the others meanwhile."""
    full = refilled(gate, external, now)
    until = now + timedelta(seconds=external.total_seconds) if gate.shut else None
    return replace(full, tokens=full.tokens - 1, not_before=until)


def answered(gate: Gate) -> Gate:
    """Return the gate after an answer, good or bad: the server is there.

    What Retry-After asked for stays: a call that was under way before says nothing against it.
    """
    return replace(gate, failures=0, not_before=None if gate.shut else gate.not_before, blocked="")


def failed(gate: Gate, began: datetime, now: datetime) -> Gate:
    """Return the gate after a call that began at `began` ended in a failure of the server or of the way to it.

    Calls that were under way when the gate closed fail of the same outage: they do not lengthen the pause.
    """
    if gate.broken and gate.paused_at is not None and began <= gate.paused_at:
        return gate
    failures = gate.failures + 1
    if failures < BREAKS_AT:
        return replace(gate, failures=failures)
    pause = min(FIRST_PAUSE * 2 ** min(failures - BREAKS_AT, 10), LONGEST_PAUSE)
    return replace(gate, failures=failures, not_before=now + pause, paused_at=now)


def held(gate: Gate, now: datetime, seconds: float) -> Gate:
    """Return the gate after the server asked everybody to wait (Retry-After)."""
    until = now + timedelta(seconds=seconds)
    return replace(gate, not_before=max(until, gate.not_before or until))


def blocked(gate: Gate, now: datetime, code: str) -> Gate:
    """Return the gate after the key was refused or the account was found empty: what is asked next ends the same."""
    return replace(gate, not_before=now + BLOCKED_FOR, blocked=code)


Change = Callable[[Gate], Gate]
