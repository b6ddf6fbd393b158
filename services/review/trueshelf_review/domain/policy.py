"""The numbers of review's policy; each has its rule in requirements.md."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

OwnWork = Literal["capture", "regeneration"]
TABLET_WIDTH = 1024
"""CSS pixels of the narrowest screen that counts as large (R-62): a tablet on its side. The database checks it too."""


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """How strict review is. Defaults are those of requirements.md section 9."""

    min_viewport_width: int = TABLET_WIDTH
    min_main_variants: int = 2
    """R-22"""
    max_rounds: int = 3
    """After so many rounds only reshooting, keeping the original or doing without remain."""
    spot_rate: int = 5
    """R-69: every fifth."""
    audit_rate: int = 10
    """R-69: every tenth, after the batch has passed."""
    undo: timedelta = timedelta(seconds=10)
    lease: timedelta = timedelta(seconds=120)
    max_leases: int = 20
    """Cases that one person may hold at once: enough to prefetch, too few to hoard."""
    doubt_head_start: timedelta = timedelta(hours=1)
    """How much earlier a case counts as opened per degree of doubt: doubtful ones first, but nothing waits for ever."""
    login_age: timedelta = timedelta(hours=12)
    """How long ago who signs a decision may have logged in."""
    per_minute: int = 60
    """Decisions of one person. Practice accounts have no limit: scripts decide with them."""
    own_work: frozenset[OwnWork] = frozenset()
    """Whose own work nobody may approve (R-67). Empty by default: early on one person may hold several roles (R-65)."""
