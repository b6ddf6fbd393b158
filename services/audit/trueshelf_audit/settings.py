"""What audit is told from outside, besides what every service is."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt

from trueshelf_runtime.settings import RuntimeSettings

ORIGIN = "trueshelf/audit"
"""The log's name in its checkpoints, unless another is set: two installations that compare logs need two names."""


class Settings(RuntimeSettings):
    """Settings of audit (`TRUESHELF_AUDIT_…`)."""

    service: Literal["audit"] = "audit"
    checkpoint_key_file: Path = Field(description="Ed25519 private key (JWK or PEM) that signs checkpoints")
    review_public_keys_file: Path = Field(description="JWKS of the keys that review signs decisions with")
    origin: str = Field(default=ORIGIN, pattern=r"^[^\s+]{1,100}$", description="the log's name in its checkpoints")
    batch: PositiveInt = Field(default=256, le=4096, description="entries under one checkpoint at most")
    interval: float = Field(default=0.25, gt=0, le=1.0, description="seconds between two looks for new records")
    copy_interval: float = Field(default=10.0, gt=0, description="seconds between two copies to object storage")
    verify_seconds: float = Field(default=600.0, gt=0, description="what a verification asked by HTTP may take")
