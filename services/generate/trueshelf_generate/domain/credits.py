"""Credits as arithmetic: months, caps, and what a plan will use before anything runs (R-32)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from trueshelf_generate.domain.offers import Caps, Offer, Offers
from trueshelf_generate.domain.paid_refusals import over_cap
from trueshelf_generate.domain.plan import Refusal


@dataclass(frozen=True, slots=True)
class Spent:
    """Credits that count as spent: charged, under way, and those of which nobody knows."""

    batch: int
    month: int


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What one offer will be asked for: `calls` of them, for SKUs of one category."""

    category: str
    offer: Offer
    calls: int

    @property
    def credits(self) -> int:
        return self.calls * self.offer.credits


def month_of(at: datetime) -> datetime:
    """Return the beginning of the calendar month, in UTC: months of bills, not of time zones."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """Return the beginning of the month after."""
    year, index = divmod(month.year * 12 + month.month, 12)
    return month.replace(year=year, month=index + 1)


def forbidden(price: int, spent: Spent, caps: Caps) -> Refusal | None:
    """Return why a call of `price` may not be made; own modes cost nothing and are never forbidden."""
    if price == 0:
        return None
    for scope, so_far, cap in (("batch", spent.batch, caps.batch), ("month", spent.month, caps.month)):
        if cap is not None and so_far + price > cap:
            return over_cap(scope, so_far, price, cap)
    return None


def planned(skus: Iterable[tuple[str, int]], offers: Offers, chosen: Offer | None = None) -> tuple[PlanLine, ...]:
    """Return what the first round of so many SKUs per category buys; with `chosen`, one draft of it for each SKU too.

    An upper bound: a SKU without the shot that a standing order wants gets nothing made of it.
    """
    lines = []
    for category, count in skus:
        for standing in offers.every_sku:
            offer = offers.offer(standing.offer)
            if offer is not None and standing.category in (category, "default"):
                lines.append(PlanLine(category, offer, count))
        if chosen is not None:
            lines.append(PlanLine(category, chosen, count))
    return tuple(line for line in lines if line.calls)


def crossed(credits_: int, spent: Spent, caps: Caps) -> list[str]:
    """Return which caps (batch, month) a plan of so many credits would cross."""
    limits = (("batch", spent.batch, caps.batch), ("month", spent.month, caps.month))
    return [scope for scope, so_far, cap in limits if credits_ and cap is not None and so_far + credits_ > cap]
