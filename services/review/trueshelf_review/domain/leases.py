"""Two people never work on the same case: a lease with a time limit, kept alive by heartbeats."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trueshelf_review.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a case, since when (R-74 measures from here) and until when."""

    holder: str
    since: datetime
    until: datetime

    def live(self, now: datetime) -> bool:
        return now < self.until


def take(lease: Lease | None, who: str, now: datetime, ttl: timedelta) -> Lease:
    """Return the lease of `who`, new or prolonged. Raises Refusal while somebody else's is live."""
    if lease and lease.holder == who:
        return replace(lease, until=now + ttl)
    if lease and lease.live(now):
        raise Refusal(
            "conflict",
            "leased",
            "somebody else is looking at this case",
            f"take the next one, or try again after {lease.until.isoformat(timespec='seconds')}",
        )
    return Lease(who, now, now + ttl)


def must_hold(lease: Lease | None, who: str) -> Lease:
    """Return the lease of `who`. Raises Refusal when there is none.

    A lease that ran out and was taken by nobody else still counts: the person was slow, no second one was let in.
    """
    if lease is None or lease.holder != who:
        raise Refusal("conflict", "not_leased", "the case is not leased to you", "lease it, look at it, then decide")
    return lease
