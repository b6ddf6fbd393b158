"""What qa's integration tests hold in their hands."""

from dataclasses import dataclass

from support.running import RunningService
from trueshelf_runtime.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class QaRig:
    """qa running, the bus to speak to it, the storage that it reads."""

    service: RunningService
    bootstrap: str
    store: ObjectStore
