"""Nobody looks at sixty pictures in a minute: decisions of one person are counted."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from trueshelf_review.domain.refusal import Refusal

MINUTE = timedelta(minutes=1)


def check_pace(decided: Sequence[datetime], most: int, now: datetime) -> None:
    """Raise Refusal when `most` decisions were taken within the minute before `now`; `decided`: oldest first."""
    lately = [at for at in decided if at > now - MINUTE]
    if len(lately) < most:
        return
    wait = lately[-most] + MINUTE - now
    raise Refusal(
        "too_fast",
        "too_fast",
        f"you took {len(lately)} decisions within a minute; at most {most} are taken",
        f"send it again in {math.ceil(wait.total_seconds())} seconds; nothing is lost",
        wait=wait,
    )
