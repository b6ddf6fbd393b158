"""What audit's use cases need of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.entry import Record
from trueshelf_audit.domain.merkle import Hash, Node
from trueshelf_audit.domain.sequence import Batch


@dataclass(frozen=True, slots=True)
class Received:
    """A record that waits for its place; `logged` is its seq if it has one already."""

    id: int
    record: Record
    logged: int | None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record that has its place."""

    seq: int
    record: Record


@dataclass(frozen=True, slots=True)
class Head:
    """The newest checkpoint as it is stored."""

    size: int
    root: Hash
    note: str


class Log(Protocol):
    """The log within one transaction."""

    async def receive(self, record: Record) -> None:
        """Keep `record` until it is placed; one that waits already is passed over."""
        ...

    async def logged(self, record: Record) -> StoredRecord | None:
        """Return what stands in the log at the coordinates of `record`."""
        ...

    async def lock(self) -> bool:
        """Become the one sequencer until the transaction ends; False when another one is at work."""
        ...

    async def waiting(self, limit: int) -> list[Received]:
        """Return the records that came first."""
        ...

    async def head(self) -> Head | None: ...

    async def size(self) -> int:
        """Return the number of entries."""
        ...

    async def nodes(self, wanted: Sequence[Node]) -> dict[Node, Hash]:
        """Return the stored subtrees among `wanted`; level 0 are leaves."""
        ...

    async def append(self, batch: Batch, note: str) -> None:
        """Store entries, subtrees and checkpoint."""
        ...

    async def forget(self, received: Sequence[Received]) -> None:
        """Remove records that have their place from those that wait."""
        ...

    async def uncopied(self) -> Head | None:
        """Return the newest checkpoint if no copy of it was recorded."""
        ...

    async def record_copy(self, size: int, reference: dict[str, object], at: datetime) -> None: ...


class Signer(Protocol):
    """The log's private key."""

    @property
    def key(self) -> NoteKey: ...

    def sign(self, message: bytes) -> bytes: ...


class Copies(Protocol):
    """Where copies of checkpoints lie, out of reach of whoever can change the database."""

    async def keep(self, note: str) -> dict[str, object]:
        """Store `note`, return a reference to it. Raises the runtime's Outage."""
        ...

    async def all(self) -> list[str]:
        """Return every note that was kept."""
        ...
