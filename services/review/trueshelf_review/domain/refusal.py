"""The domain says no."""

from typing import Literal

Nature = Literal["conflict", "incomplete", "forbidden", "missing", "gone"]


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """What was asked may not happen, why, and what to do instead.

    `nature` tells the edges how to say it: *conflict* (the world moved on), *incomplete* (something is missing in what
    was sent), *forbidden* (this person may not), *missing* (there is no such thing), *gone* (too late).
    """

    def __init__(self, nature: Nature, code: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.nature = nature
        self.code = code
        self.message = message
        self.advice = advice
