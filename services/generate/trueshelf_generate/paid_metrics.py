"""What the operator watches of paid calls; the ledger itself is PostgreSQL's (credits page)."""

from prometheus_client import Counter, Histogram

from trueshelf_generate.domain.calls import CallFailed, Useless

CALLS = Counter(
    "trueshelf_paid_calls_total",
    "Calls of external generators by how they ended; 'outcome_unknown' wants a look at the credits page.",
    ("generator", "end"),
)
CREDITS = Counter(
    "trueshelf_paid_credits_total", "Credits that calls of external generators have cost.", ("generator",)
)
SECONDS = Histogram(
    "trueshelf_paid_call_seconds",
    "Time of one call of an external generator.",
    ("generator",),
    buckets=(0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320),
)


def count(generator: str, credits_: int, end: CallFailed | None = None) -> None:
    """Count one call and, where it was charged, its price; `end` is why it gave no picture."""
    CALLS.labels(generator, "answered" if end is None else end.code).inc()
    if end is None or isinstance(end, Useless):
        CREDITS.labels(generator).inc(credits_)
