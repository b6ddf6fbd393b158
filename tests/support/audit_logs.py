"""Logs for tests: records as the bus carries them, keys of their own, a log in memory, and ways to tamper with it."""

import base64
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trueshelf_audit.adapters.keys import FileSigner, check_ed25519
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.entry import Coordinates, Record, StoredEntry
from trueshelf_audit.domain.merkle import Hash, Node
from trueshelf_audit.domain.sequence import Batch
from trueshelf_audit.domain.verify import Keys, Report, verify
from trueshelf_audit.ports import Head, Received, StoredRecord
from trueshelf_audit.service import Sequencer
from trueshelf_contracts import schema
from trueshelf_contracts.signing import signable
from trueshelf_runtime.clock import SettableClock

ORIGIN = "trueshelf/test"
EXAMPLES = schema.FOLDER / "examples"
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Key:
    """An Ed25519 key; `signer` uses it for the log, `sign` for review's decisions."""

    def __init__(self, kid: str = "review-1") -> None:
        self.kid = kid
        self.private = Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def signer(self) -> FileSigner:
        return FileSigner(NoteKey(ORIGIN, self.public), self.private)

    def signed(self, event: dict[str, Any]) -> dict[str, Any]:
        value = base64.b64encode(self.private.sign(signable(event))).decode()
        return {**event, "signature": {"algorithm": "Ed25519", "key_id": self.kid, "value": value}}

    def jwks(self) -> dict[str, Any]:
        x = base64.urlsafe_b64encode(self.public).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x}]}

    def write(self, private: Path, public: Path) -> None:
        """Write the files that services read, as `trueshelf up` makes them."""
        d = base64.urlsafe_b64encode(self.private.private_bytes_raw()).rstrip(b"=").decode()
        private.write_text(json.dumps({**self.jwks()["keys"][0], "d": d}))
        public.write_text(json.dumps(self.jwks()))


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Return a golden example as a new event of its own."""
    event = json.loads((EXAMPLES / f"{name}.full.json").read_text())
    return {**event, "event_id": str(uuid4()), **changes}


@dataclass
class Bus:
    """Counts offsets as a broker does."""

    offsets: dict[tuple[str, int], int] = field(default_factory=dict)

    def record(self, topic: str, value: bytes | dict[str, Any] | None, *, partition: int = 0, key: str = "k") -> Record:
        offset = self.offsets.get((topic, partition), 0)
        self.offsets[topic, partition] = offset + 1
        data = json.dumps(value).encode() if isinstance(value, dict) else value
        headers = (("ce_specversion", b"1.0"), ("ce_id", b"x"))
        return Record(Coordinates(topic, partition, offset), 1_700_000_000_000 + offset, key.encode(), data, headers)


class MemoryLog:
    """`ports.Log` in memory, its tables open to whoever tampers."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.entries: list[StoredEntry] = []
        self.tree_nodes: dict[Node, Hash] = {}
        self.checkpoints: list[tuple[int, str, Hash]] = []
        self.copied: list[int] = []

    async def receive(self, record: Record) -> None:
        if all(item.record.at != record.at for item in self.received):
            self.received.append(Received(len(self.received), record, None))

    async def logged(self, record: Record) -> StoredRecord | None:
        return next(
            (StoredRecord(e.entry.seq, e.entry.record) for e in self.entries if e.entry.record.at == record.at), None
        )

    async def lock(self) -> bool:
        return True

    async def waiting(self, limit: int) -> list[Received]:
        found = [await self.logged(item.record) for item in self.received[:limit]]
        return [
            replace(item, logged=stored.seq if stored else None)
            for item, stored in zip(self.received, found, strict=False)
        ]

    async def head(self) -> Head | None:
        if not self.checkpoints:
            return None
        size, note, root = self.checkpoints[-1]
        return Head(size, root, note)

    async def size(self) -> int:
        return len(self.entries)

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, Hash]:
        leaves = {(0, item.entry.seq): item.leaf_hash for item in self.entries}
        return {node: value for node, value in {**self.tree_nodes, **leaves}.items() if node in wanted}

    async def append(self, batch: Batch, note: str) -> None:
        self.entries.extend(batch.entries)
        self.tree_nodes.update(batch.nodes)
        self.checkpoints.append((batch.checkpoint.size, note, batch.checkpoint.root))

    async def forget(self, received: Sequence[Received]) -> None:
        gone = {item.id for item in received}
        self.received = [item for item in self.received if item.id not in gone]

    async def uncopied(self) -> Head | None:
        head = await self.head()
        return head if head and head.size not in self.copied else None

    async def record_copy(self, size: int, reference: dict[str, object], at: datetime) -> None:  # noqa: ARG002 -- the port's signature
        self.copied.append(size)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["MemoryLog"]:
        yield self


class MemoryCopies:
    def __init__(self, notes: Iterable[str] = ()) -> None:
        self.notes = list(notes)

    async def keep(self, note: str) -> dict[str, object]:
        self.notes.append(note)
        return {"number": len(self.notes)}

    async def all(self) -> list[str]:
        return list(self.notes)


class Bench:
    """A log in memory with its sequencer, keys and copies."""

    def __init__(self, batch: int = 4) -> None:
        self.log, self.copies, self.bus = MemoryLog(), MemoryCopies(), Bus()
        self.log_key, self.review = Key("log"), Key()
        self.clock = SettableClock(START)
        self.batch = batch
        self.sequencer = self.new_sequencer()

    def new_sequencer(self, key: Key | None = None) -> Sequencer:
        return Sequencer(
            self.log.open,
            (key or self.log_key).signer,
            review_keys={self.review.kid: self.review.public},
            check=check_ed25519,
            copies=self.copies,
            clock=self.clock,
            batch=self.batch,
        )

    @property
    def keys(self) -> Keys:
        return Keys(self.log_key.signer.key, {self.review.kid: self.review.public}, check_ed25519)

    async def take(self, *records: Record) -> None:
        """Log records, a batch after another."""
        for record in records:
            await self.log.receive(record)
        while await self.sequencer.step():
            self.clock.advance(timedelta(milliseconds=300))

    async def fill(self, count: int) -> None:
        """Log `count` plain facts about one SKU, over three partitions."""
        await self.take(
            *(
                self.bus.record("trueshelf.ingest", example("SkuChanged", reason=f"change {n}"), partition=n % 3)
                for n in range(count)
            )
        )

    def approval(self, **changes: Any) -> dict[str, Any]:
        return self.review.signed(example("VariantApproved", **changes))

    def verify(self, *, keys: Keys | None = None, copies: Sequence[str] | None = None) -> Report:
        notes = [(size, note) for size, note, _ in self.log.checkpoints]
        kept = self.copies.notes if copies is None else copies
        return verify(self.log.entries, notes, kept, keys or self.keys)


def relabelled(stored: StoredEntry, seq: int) -> StoredEntry:
    """Return an entry moved to `seq`, its leaf hash made to fit: what a clever intruder does."""
    entry = replace(stored.entry, seq=seq)
    return StoredEntry(entry, entry.leaf(), stored.index)


def edited(stored: StoredEntry, old: bytes, new: bytes, *, rehash: bool) -> StoredEntry:
    """Return an entry with other content; with `rehash` its leaf hash fits."""
    record = stored.entry.record
    assert record.value is not None
    assert old in record.value
    entry = replace(stored.entry, record=replace(record, value=record.value.replace(old, new)))
    return StoredEntry(entry, entry.leaf() if rehash else stored.leaf_hash, stored.index)
