"""generate's own settings, read from TRUESHELF_GENERATE_… beside the shared ones."""

from typing import Literal

from pydantic import Field

from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """What an operator may set for generate."""

    service: Literal["generate"] = "generate"
    remove_seconds: float = Field(default=90.0, gt=0, description="wall clock of one background removal")
    replace_seconds: float = Field(default=60.0, gt=0, description="wall clock of one composition")
    child_memory_mb: int = Field(
        default=3_000, ge=512, description="address space of a child: a 50-megapixel photo needs about 1,500"
    )
