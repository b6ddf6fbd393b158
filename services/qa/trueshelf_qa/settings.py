"""qa's own settings, read from TRUESHELF_QA_… beside the shared ones."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """What an operator may set for qa."""

    service: Literal["qa"] = "qa"
    compare_seconds: float = Field(default=60.0, gt=0, description="wall clock of one comparison in its child process")
    compare_memory_mb: int = Field(default=2_000, ge=512, description="memory of that child")
    thresholds: Path | None = Field(
        default=None,
        description="the company's own limits, as `trueshelf qa calibrate` writes them; else the release's",
    )
    compare_attempts: int = Field(
        default=4, ge=1, description="crashes after which a pair is unjudged, so that a person decides"
    )
