"""ingest's own settings, read from TRUESHELF_INGEST_… beside the shared ones."""

from typing import Literal

from pydantic import Field

from trueshelf_contracts.photos import MAX_PHOTO_BYTES
from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """What an operator may set for ingest."""

    service: Literal["ingest"] = "ingest"
    batch_size: int = Field(default=20, ge=1, le=30, description="SKUs per batch; 30 is the hard limit (R-27)")
    batch_max_age_hours: float = Field(
        default=24.0, gt=0, description="an open batch older than this is sealed as it is"
    )
    max_photo_bytes: int = Field(
        default=MAX_PHOTO_BYTES, ge=1_000, description="largest photo taken in (security.md rule 1)"
    )
    decode_seconds: float = Field(default=20.0, gt=0, description="wall clock of the throw-away child that decodes")
    decode_memory_mb: int = Field(default=1_500, ge=256, description="address space of that child")
