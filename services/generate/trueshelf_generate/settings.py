"""generate's own settings, read from TRUESHELF_GENERATE_… beside the shared ones."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from trueshelf_generate.catalogue import load_catalogue
from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """What an operator may set for generate."""

    service: Literal["generate"] = "generate"
    remove_seconds: float = Field(default=90.0, gt=0, description="wall clock of one background removal")
    replace_seconds: float = Field(default=60.0, gt=0, description="wall clock of one composition")
    child_memory_mb: int = Field(
        default=3_000, ge=512, description="address space of a child: a 50-megapixel photo needs about 1,500"
    )
    generators_file: Path | None = Field(
        default=None, description="external generators, offers, prices and caps (docs/generators.md); absent = none"
    )

    @field_validator("generators_file")
    @classmethod
    def _readable(cls, file: Path | None) -> Path | None:
        """Refuse to start on a file with faults: a wrong price is worse than no service."""
        load_catalogue(file)
        return file
