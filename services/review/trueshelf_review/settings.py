"""Review's settings: `TRUESHELF_REVIEW_…`."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from trueshelf_review.domain.policy import TABLET_WIDTH, OwnWork, ReviewPolicy
from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """The numbers of the review policy, and where the signing key is."""

    service: Literal["review"] = "review"

    signing_key_file: Path | None = Field(default=None, description="JWK with the Ed25519 key that signs decisions")
    retired_keys_file: Path | None = Field(default=None, description="JWKS with the public keys of earlier ones")
    checklists_dir: Path | None = Field(
        default=None, description="the company's checklists and reasons.json; absent: ours"
    )

    undo_seconds: float = Field(default=10.0, ge=0, le=600, description="for so long a decision can be taken back")
    lease_seconds: float = Field(default=120.0, ge=5, le=3600)
    max_leases: int = Field(default=20, ge=1, description="cases that one person may hold at once")
    min_viewport_width: int = Field(default=TABLET_WIDTH, ge=TABLET_WIDTH, description="CSS pixels (R-62)")
    min_main_variants: int = Field(default=2, ge=2, description="R-22")
    max_rounds: int = Field(default=3, ge=1)
    spot_rate: int = Field(default=5, ge=1, description="every n-th SKU of a batch (R-69)")
    audit_rate: int = Field(default=10, ge=1, description="every n-th after the batch has passed (R-69)")
    login_age_minutes: int = Field(
        default=720, ge=1, description="so long ago who decides may have logged in (the token's auth_time)"
    )
    decisions_per_minute: int = Field(default=60, ge=1, description="of one person; practice accounts have no limit")
    own_work_refused: frozenset[OwnWork] = Field(
        default=frozenset(), description="whose own work nobody may approve: capture, regeneration (R-65, R-67)"
    )

    def policy(self) -> ReviewPolicy:
        return ReviewPolicy(
            min_viewport_width=self.min_viewport_width,
            min_main_variants=self.min_main_variants,
            max_rounds=self.max_rounds,
            spot_rate=self.spot_rate,
            audit_rate=self.audit_rate,
            undo=timedelta(seconds=self.undo_seconds),
            lease=timedelta(seconds=self.lease_seconds),
            max_leases=self.max_leases,
            login_age=timedelta(minutes=self.login_age_minutes),
            per_minute=self.decisions_per_minute,
            own_work=self.own_work_refused,
        )
