"""The log as one file of JSON lines that can be verified anywhere: a head, the checkpoints, the entries.

    {"format": "trueshelf-audit/1", "log_key": …, "review_keys": …, "copies": […]}
    {"checkpoint": {"size": 256, "note": …}}
    {"entry": {"seq": 0, …, "value": base64}, "leaf_hash": base64, "index": {…}}

The keys in the file are what the exporter believed: who verifies it should bring his own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from trueshelf_audit.adapters.keys import jwks_of, keys_of
from trueshelf_audit.adapters.reader import LogReader
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.entry import (
    Coordinates,
    Entry,
    Record,
    StoredEntry,
    base64_bytes,
    base64_text,
    headers_of,
    time_text,
)
from trueshelf_audit.domain.verify import Keys

FORMAT = "trueshelf-audit/1"
_HOW = "`trueshelf audit export FILE` writes one."


class BadBundle(ValueError):  # noqa: N818 -- it says what the file is
    """The file is no exported log, or a line of it was damaged. Names the line."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of the file."""

    log_key: NoteKey
    review_keys: dict[str, bytes]
    copies: tuple[str, ...]


async def write_bundle(reader: LogReader, file: IO[str], keys: Keys, copies: list[str]) -> int:
    """Write the whole log to `file`; return the number of entries."""
    head = {
        "format": FORMAT,
        "log_key": str(keys.log),
        "review_keys": jwks_of(keys.review),
        "copies": copies,
        "exported_at": time_text(datetime.now(UTC)),
    }
    _line(file, head)
    for size, note in await reader.notes():
        _line(file, {"checkpoint": {"size": size, "note": note}})
    count = 0
    async for stored in reader.entries():
        _line(file, line_of(stored))
        count += 1
    return count


def line_of(stored: StoredEntry) -> dict[str, Any]:
    """Return an entry as the file holds it: the leaf's own JSON, its hash and the index columns."""
    return {
        "entry": json.loads(stored.entry.leaf_data()),
        "leaf_hash": base64_text(stored.leaf_hash),
        "index": {name: _plain(value) for name, value in stored.index.items()},
    }


class Bundle:
    """An exported log."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self) -> Head:
        """Return the first line. Raises BadBundle."""
        for number, data in self._lines():
            if data.get("format", FORMAT) != FORMAT:
                raise BadBundle(f"{self._path} has the format {data['format']}, this release reads {FORMAT}")
            try:
                return Head(NoteKey.parse(data["log_key"]), keys_of(data["review_keys"]), tuple(data["copies"]))
            except (KeyError, TypeError, ValueError) as error:
                raise BadBundle(f"{self._path} is no exported log: line {number} is no head of one. {_HOW}") from error
        raise BadBundle(f"{self._path} is empty. {_HOW}")

    def notes(self) -> list[tuple[int, str]]:
        """Return the checkpoints by size."""
        return [
            (int(d["checkpoint"]["size"]), str(d["checkpoint"]["note"])) for _, d in self._lines() if "checkpoint" in d
        ]

    def entries(self) -> Iterator[StoredEntry]:
        """Yield the entries as they stand in the file. Raises BadBundle naming the line."""
        for number, data in self._lines():
            if "entry" not in data:
                continue
            try:
                yield _stored(data)
            except (KeyError, TypeError, ValueError) as error:
                raise BadBundle(f"{self._path}, line {number}: the entry is malformed: {error}") from error

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    data = json.loads(line)
                except ValueError as error:
                    raise BadBundle(self._no_line(number)) from error
                if not isinstance(data, dict):
                    raise BadBundle(self._no_line(number))
                yield number, data

    def _no_line(self, number: int) -> str:
        if number == 1:
            return f"{self._path} is no exported log. {_HOW}"
        return f"{self._path}, line {number}: no JSON object"


def _stored(data: dict[str, Any]) -> StoredEntry:
    raw = data["entry"]
    record = Record(
        Coordinates(raw["topic"], raw["partition"], raw["offset"]),
        raw["timestamp_ms"],
        base64_bytes(raw["key"]),
        base64_bytes(raw["value"]),
        headers_of(raw["headers"]),
    )
    index = dict(data["index"])
    for name, kind in {"event_id": UUID, "batch_id": UUID, "occurred_at": datetime.fromisoformat}.items():
        index[name] = kind(index[name]) if index[name] is not None else None  # type: ignore[operator]
    leaf_hash = base64_bytes(data["leaf_hash"]) or b""
    return StoredEntry(Entry(raw["seq"], datetime.fromisoformat(raw["logged_at"]), record), leaf_hash, index)


def _line(file: IO[str], data: dict[str, Any]) -> None:
    file.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    return str(value) if isinstance(value, UUID) else value
