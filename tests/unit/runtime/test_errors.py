"""Which error means what: an outage that is taken for a fault would dead-letter good records, and the other way round
a fault that is taken for an outage would block a partition for ever."""

import aiokafka.errors
import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from trueshelf_runtime.errors import Invalid, Kind, Outage, Refused, Transient, describe, kind_of


def _validation_error() -> ValidationError:
    class Model(BaseModel):
        x: int

    with pytest.raises(ValidationError) as caught:
        Model(x="no")
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Refused("a", "b"), Kind.REFUSED),
        (Invalid("x"), Kind.INVALID),
        (_validation_error(), Kind.INVALID),
        (Transient("x"), Kind.TRANSIENT),
        (ZeroDivisionError(), Kind.TRANSIENT),
        (TimeoutError(), Kind.TRANSIENT),
        (Outage("x"), Kind.OUTAGE),
        (ConnectionRefusedError(), Kind.OUTAGE),
        (asyncpg.ConnectionDoesNotExistError("x"), Kind.OUTAGE),
        (asyncpg.CannotConnectNowError("x"), Kind.OUTAGE),
        (asyncpg.AdminShutdownError("x"), Kind.OUTAGE),
        (asyncpg.TooManyConnectionsError("x"), Kind.OUTAGE),
        (asyncpg.DiskFullError("x"), Kind.OUTAGE),
        (asyncpg.ReadOnlySQLTransactionError("x"), Kind.OUTAGE),
        (asyncpg.InterfaceError("cannot perform operation: connection is closed"), Kind.OUTAGE),
        (asyncpg.InterfaceError("pool is closing"), Kind.OUTAGE),
        (asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"), Kind.TRANSIENT),
        (asyncpg.DataError("invalid input for query argument $1"), Kind.TRANSIENT),
        (asyncpg.QueryCanceledError("x"), Kind.TRANSIENT),
        (asyncpg.LockNotAvailableError("x"), Kind.TRANSIENT),
        (asyncpg.DeadlockDetectedError("x"), Kind.TRANSIENT),
        (asyncpg.UniqueViolationError("x"), Kind.TRANSIENT),
        (aiokafka.errors.KafkaConnectionError(), Kind.OUTAGE),
        (aiokafka.errors.KafkaTimeoutError(), Kind.OUTAGE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_kind_of(error: Exception, kind: Kind):
    assert kind_of(error) is kind


class SilentError(Exception):
    def __str__(self) -> str:
        return self.args[0]


def test_a_description_is_one_short_text():
    assert describe(ValueError()) == "ValueError"
    assert describe(Refused("code", "message", "advice")) == "Refused: code: message (advice)"
    assert len(describe(ValueError("x" * 10_000), limit=100)) == 100
    assert describe(SilentError()) == "SilentError", "an error whose own text raises"
