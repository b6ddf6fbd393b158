"""How fast a person decides."""


def progress_rate(decided: int, span_seconds: float) -> float | None:
    """Return decisions per hour between the day's first and last one; None while there is no span to speak of."""
    return None if decided < 2 or span_seconds <= 0 else (decided - 1) * 3600 / span_seconds  # noqa: PLR2004
