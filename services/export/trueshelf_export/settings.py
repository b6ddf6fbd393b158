"""Settings of export."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """What export is told from outside: `TRUESHELF_EXPORT_…`."""

    service: Literal["export"] = "export"
    review_public_keys_file: Path | None = Field(
        default=None, description="JWKS with review's public keys; decisions without its signature are dead-lettered"
    )
    render_memory_mb: int = Field(default=2000, ge=200, description="memory of the child that renders one file")
    render_seconds: float = Field(default=60.0, gt=0, description="wall clock of the child that renders one file")
    render_concurrency: int = Field(default=2, ge=1, le=64, description="renderings at once in one process")
