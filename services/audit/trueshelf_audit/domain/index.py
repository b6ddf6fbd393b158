"""What the log is searched by, read from a record's own bytes: a function of the value alone, so that it can be redone.

It reads JSON, not the models: an event of a later version or an unknown kind is indexed as far as its fields go, and
years from now the same bytes give the same index.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

MAX_TEXT = 300
"""Characters of an indexed text; longer ones are cut, the record keeps all."""


class Unreadable(Exception):  # noqa: N818 -- the record is, the reader is well
    """The value is no JSON object that has one meaning only."""


@dataclass(frozen=True, slots=True)
class Index:
    """The columns of a record; None where the record does not say."""

    type: str | None = None
    event_id: UUID | None = None
    sku: str | None = None
    sku_version: int | None = None
    batch_id: UUID | None = None
    actor_id: str | None = None
    occurred_at: datetime | None = None
    drill: bool = False

    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def read_value(value: bytes | None) -> dict[str, Any]:
    """Return the JSON object in `value`.

    Raises Unreadable: nothing there, no UTF-8, no JSON object, a name that stands twice (two readers could see two
    things), NaN or Infinity.
    """
    if value is None:
        raise Unreadable("the record has no value")
    try:
        data = json.loads(value.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the value is no unambiguous JSON: {error}") from error
    if not isinstance(data, dict):
        raise Unreadable("the value is no JSON object")
    return data


def index_of(data: dict[str, Any]) -> Index:
    """Return the index of an event's JSON object."""
    actor = data.get("actor")
    version = data.get("sku_version")
    return Index(
        type=_text(data.get("type")),
        event_id=_uuid(data.get("event_id")),
        sku=_text(data.get("sku")),
        sku_version=version
        if isinstance(version, int) and not isinstance(version, bool) and 0 < version < 2**31
        else None,
        batch_id=_uuid(data.get("batch_id")),
        actor_id=_text(actor.get("id")) if isinstance(actor, dict) else None,
        occurred_at=_time(data.get("occurred_at")),
        drill=data.get("drill") is True,
    )


def index_value(value: bytes | None) -> tuple[Index, dict[str, Any] | None]:
    """Return index and JSON object of a record's value; an empty index and None where it cannot be read."""
    try:
        data = read_value(value)
    except Unreadable:
        return Index(), None
    return index_of(data), data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    if value.isascii() and "\0" not in value:
        return value[:MAX_TEXT]
    cleaned = "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in value)
    return cleaned[:MAX_TEXT]


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
