"""What to do with a record that failed: pure decisions, no clock, no I/O. `delivery.py` carries them out."""

from collections import deque
from dataclasses import dataclass
from typing import assert_never

from trueshelf_runtime.errors import Kind


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient delivery is. Seconds."""

    attempts: int = 6
    """Real attempts before a dead letter: with these delays 8 to 16 s of trouble are ridden out."""
    base: float = 0.5
    cap: float = 30.0
    outage_base: float = 0.25
    outage_cap: float = 10.0
    """An outage is asked about at least this often, so that work resumes within 15 s of its end."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `delay`; the attempt was counted."""

    delay: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after `delay`; nothing was counted."""

    delay: float


@dataclass(frozen=True, slots=True)
class Bury:
    """Dead-letter it."""


Verdict = Retry | Wait | Bury


def counts(kind: Kind) -> bool:
    """Say whether an error of this kind is a real attempt."""
    match kind:
        case Kind.TRANSIENT:
            return True
        case Kind.OUTAGE | Kind.INVALID | Kind.REFUSED:
            return False
        case _:
            assert_never(kind)


def decide(kind: Kind, tries: int, policy: Policy, jitter: float) -> Verdict:
    """Return what to do after the `tries`-th failure (counted attempts; for an outage: consecutive waits).

    `jitter` in [0, 1) spreads the second half of each delay, so that consumers that fell together do not rise together.
    """
    match kind:
        case Kind.REFUSED | Kind.INVALID:
            return Bury()
        case Kind.OUTAGE:
            return Wait(_delay(tries, policy.outage_base, policy.outage_cap, jitter))
        case Kind.TRANSIENT if tries >= policy.attempts:
            return Bury()
        case Kind.TRANSIENT:
            return Retry(_delay(tries, policy.base, policy.cap, jitter))
        case _:
            assert_never(kind)


def _delay(tries: int, base: float, cap: float, jitter: float) -> float:
    exponent = min(max(tries, 1) - 1, 30)
    return min(cap, base * 2.0**exponent) * (0.5 + jitter / 2)


class Breaker:
    """Opens when too large a share of the recent records is dead-lettered: then the code is wrong, not the data.

    It stays open until the process is replaced: that is when the code may have changed.
    """

    __slots__ = ("_minimum", "_recent", "_share", "open")

    def __init__(self, *, window: int = 200, minimum: int = 50, share: float = 0.5) -> None:
        if not 1 <= minimum <= window:
            raise ValueError(f"the breaker needs 1 to {window} records to judge, not {minimum}")
        self._recent: deque[bool] = deque(maxlen=window)
        self._minimum = minimum
        self._share = share
        self.open = False

    def record(self, *, dead: bool) -> None:
        """Take note of how a record ended."""
        self._recent.append(dead)
        if len(self._recent) >= self._minimum and sum(self._recent) > self._share * len(self._recent):
            self.open = True
