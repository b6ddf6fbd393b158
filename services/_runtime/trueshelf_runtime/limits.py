"""What a child process may use, and what comes back from it."""

import math
from dataclasses import asdict, dataclass
from typing import Any

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call. `seconds` is wall clock; memory is address space on top of what the libraries map.

    `file_mb` bounds a single file that the child writes, `result_mb` all blobs that it returns.
    """

    seconds: float = 60.0
    memory_mb: int = 1500
    cpu_seconds: float | None = None
    file_mb: int = 64
    open_files: int = 64
    processes: int = 32
    result_mb: int = 512

    @property
    def cpu(self) -> int:
        """CPU seconds: four cores' worth of the wall clock unless given, so that a spinning child ends by itself."""
        return math.ceil(self.cpu_seconds if self.cpu_seconds is not None else self.seconds * 4)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"cpu": self.cpu}


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What the entry returned: a JSON object and raw bytes."""

    value: dict[str, Any]
    blobs: tuple[bytes, ...]
