"""Spot checks of a sealed batch: when they are drawn, what they show, and how strict the next ones are (R-69, R-70)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from trueshelf_review.domain.cases import Standing

BatchState = Literal["open", "drawn", "passed", "quarantined", "released"]
Look = Literal["waiting", "good", "bad", "fallen"]
"""A sampled member: not looked at yet, found good, found bad, or its SKU changed before anybody looked."""
Member = tuple[str, int]
"""SKU and version."""
RELAX_AFTER = 5
"""Batches passed in a row after which a tightened rate goes one step back towards the policy's."""


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member of a sealed batch: whether all its slots are decided, and what was approved and holds."""

    sku: str
    sku_version: int
    decided: bool
    approvals: tuple[Standing, ...] = ()
    current: bool = True
    """False when a newer version of the SKU is known."""

    @property
    def member(self) -> Member:
        return (self.sku, self.sku_version)


@dataclass(frozen=True, slots=True)
class Draw:
    """Reveal seed and sample; `fresh` are the sampled members that need a spot case."""

    population: tuple[Member, ...]
    sample: tuple[Member, ...]
    fresh: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """The batch may leave; empty members: nothing of it was approved."""

    members: tuple[MemberView, ...]


Step = Draw | Pass | None


def next_step(
    state: BatchState,
    members: tuple[MemberView, ...] | None,
    looks: Mapping[Member, Look],
    draw: Callable[[list[str]], list[str]],
) -> Step:
    """Return what the batch is due for, or None.

    `members` is None until the batch is sealed. `draw` is `ids.draw_sample` with seed and rate filled in. A sampled
    member whose SKU changed before anybody looked falls away, and the next of the same ranking takes its place: a
    batch never passes on a sample that nobody saw.
    """
    if members is None or state not in ("open", "drawn") or not all(m.decided for m in members):
        return None
    standing = {m.sku: m for m in members if m.approvals}
    if not standing:
        return Pass(())
    sample = tuple(standing[sku].member for sku in draw(list(standing)))
    if fresh := tuple(member for member in sample if member not in looks):
        return Draw(tuple(m.member for m in standing.values()), sample, fresh)
    if any(look in ("waiting", "bad") for look in looks.values()):
        return None
    return Pass(tuple(standing.values()))


def tightened(rate: int) -> int:
    """Return the category's rate after a bad spot check: twice as many looks, at last every SKU."""
    return max(1, rate // 2)


def relaxed(rate: int, policy_rate: int, passed_in_a_row: int) -> int:
    """Return the rate after a passed batch: one step back towards the policy's rate when the row is long enough."""
    if rate < policy_rate and passed_in_a_row % RELAX_AFTER == 0:
        return min(policy_rate, rate * 2)
    return rate
