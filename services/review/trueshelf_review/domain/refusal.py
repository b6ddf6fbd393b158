"""The domain says no."""

from datetime import timedelta
from typing import Literal

Nature = Literal["conflict", "incomplete", "forbidden", "missing", "gone", "too_fast"]


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """What was asked may not happen, why, and what to do instead.

    `nature` tells the edges how to say it: *conflict* (the world moved on), *incomplete* (something is missing in what
    was sent), *forbidden* (this person may not), *missing* (there is no such thing), *gone* (too late),
    *too_fast* (again after `wait`).
    """

    def __init__(
        self, nature: Nature, code: str, message: str, advice: str = "", *, wait: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.nature = nature
        self.code = code
        self.message = message
        self.advice = advice
        self.wait = wait
