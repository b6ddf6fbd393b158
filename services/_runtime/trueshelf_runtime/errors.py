"""Failure as a vocabulary: what the one who catches it should do, never where it came from.

| Kind | Raised as | A handler's record | A job |
|---|---|---|---|
| refused | `Refused` | dead-lettered: a handler must answer a refusal by a fact | goes to `exhausted` at once |
| invalid | `Invalid`, a pydantic ValidationError | dead-lettered at once | goes to `exhausted` at once |
| transient | `Transient`, anything unknown | retried with backoff, then dead-lettered | the same, then `exhausted` |
| outage | `Outage`, a lost PostgreSQL, Kafka or S3 | waits, never counts | waits, never counts |
"""

from enum import Enum
from functools import cache


class RuntimeFailure(Exception):  # noqa: N818 - its children are the words that the whole code base uses
    """Root of the vocabulary; never raised itself."""


class Refused(RuntimeFailure):
    """The domain says no: a fact to state, not a fault.

    `code` is a stable word for programs, `message` says what was wrong and where, `advice` what to do about it.
    """

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(code, message, advice)
        self.code = code
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.advice})" if self.advice else "")


class Invalid(RuntimeFailure):
    """This input can never work, however often it is tried."""


class Transient(RuntimeFailure):
    """It may work the next time; retried with backoff, but not for ever."""


class Outage(RuntimeFailure):
    """Something that everything rests on is away: wait for it; no attempt is counted."""


class Kind(Enum):
    """What to do about an error."""

    REFUSED = "refused"
    INVALID = "invalid"
    TRANSIENT = "transient"
    OUTAGE = "outage"


# Child processes import this module for `Refused` alone: the libraries are loaded only where an error is judged.
@cache
def _postgres_outages() -> tuple[type[BaseException], ...]:
    import asyncpg  # noqa: PLC0415

    return (
        asyncpg.PostgresConnectionError,  # class 08
        asyncpg.InternalClientError,  # the protocol was cut in the middle
        asyncpg.OperatorInterventionError,  # class 57: shutting down, starting up, crashed
        asyncpg.InsufficientResourcesError,  # class 53: disk full, too many connections
        asyncpg.ReadOnlySQLTransactionError,  # a standby answers during a failover
        asyncpg.InvalidPasswordError,  # a rotated secret that has not arrived yet
    )


@cache
def _kafka_outages() -> tuple[type[BaseException], ...]:
    from aiokafka import errors  # noqa: PLC0415

    return (
        errors.KafkaConnectionError,
        errors.KafkaTimeoutError,
        errors.NodeNotReadyError,
        errors.RequestTimedOutError,
        errors.ProducerClosed,
        errors.BrokerNotAvailableError,
        errors.NotEnoughReplicasError,
        errors.NotEnoughReplicasAfterAppendError,
    )


def is_database_outage(error: BaseException) -> bool:
    """Say whether PostgreSQL is away. A query that the server cancelled for its own slowness is not an outage."""
    import asyncpg  # noqa: PLC0415

    if isinstance(error, asyncpg.QueryCanceledError):  # class 57 too, but our statement_timeout or a deadlock breaker
        return False
    if isinstance(error, asyncpg.InterfaceError):  # also raised for wrong arguments, which is our fault and no outage
        return "clos" in str(error)  # "connection is closed", "connection was closed in the middle", "pool is closing"
    return isinstance(error, (*_postgres_outages(), ConnectionError))


def is_contention(error: BaseException) -> bool:
    """Say whether PostgreSQL ended a transaction for another one's sake: repeated, it may pass."""
    import asyncpg  # noqa: PLC0415

    ended = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
    return isinstance(error, (*ended, asyncpg.QueryCanceledError))


def is_unstorable(error: BaseException) -> bool:
    """Say whether PostgreSQL refused a text for what it holds: U+0000, or half of a surrogate pair."""
    import asyncpg  # noqa: PLC0415

    return isinstance(error, (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError))


def kind_of(error: BaseException) -> Kind:
    """Return what to do about `error`. Everything unknown is transient: retried, and dead-lettered in the end."""
    from pydantic_core import ValidationError  # noqa: PLC0415

    match error:
        case Refused():
            return Kind.REFUSED
        case Invalid() | ValidationError():
            return Kind.INVALID
        case Outage() | ConnectionError():
            return Kind.OUTAGE
        case _ if is_database_outage(error) or isinstance(error, _kafka_outages()):
            return Kind.OUTAGE
        case _ if is_unstorable(error):
            return Kind.INVALID
        case _:
            return Kind.TRANSIENT


def describe(error: BaseException, limit: int = 2000) -> str:
    """Return the error as one line for a dead letter: its type and text, no stack, at most `limit` long."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - asyncpg's errors without arguments raise here; a report must not
        said = ""
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
