"""One paid call: what is ordered, what comes back, and the ways in which it can end.

What matters of every end is whether money went: *charged*, *not charged*, or *unknown*. Unknown counts as spent, is
shown to people, and is never repeated in silence.
"""

from dataclasses import dataclass
from uuid import UUID

from trueshelf_generate.domain.offers import Offer


@dataclass(frozen=True, slots=True)
class Order:
    """What a generator is asked for: one picture of width × height pixels, made from the one that is sent."""

    call_id: UUID
    """Names the call for ever: idempotency key and request id."""
    offer: Offer
    picture: bytes
    """PNG, sRGB, no metadata."""
    seed: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: bytes that nobody has decoded yet, and what the server said of them."""

    data: bytes
    media_type: str
    """image/png, image/jpeg or image/webp, as the bytes begin; the header agreed."""
    request_id: str = ""
    seed: int | None = None


class CallFailed(Exception):  # noqa: N818 - says what is the case
    """Root of the ends that are no answer. `code` is a word of ours; a server's own text is never kept."""

    def __init__(self, code: str, *, status: int | None = None, request_id: str = "") -> None:
        super().__init__(code if status is None else f"{code} (HTTP {status})")
        self.code = code
        self.status = status
        self.request_id = request_id


class NotCharged(CallFailed):
    """The server did nothing for us; the same call may be made again."""


class Busy(NotCharged):
    """Too many calls: wait for `seconds`, as the server said, or None where it said nothing."""

    def __init__(self, *, status: int, seconds: float | None, request_id: str = "") -> None:
        super().__init__("generator_busy", status=status, request_id=request_id)
        self.seconds = seconds


class Declined(CallFailed):
    """The server refused for a reason that will not go away by itself; not charged.

    `account` is true when it would refuse everything else, too: the key, or the money.
    """

    def __init__(self, code: str, *, status: int, account: bool = False, request_id: str = "") -> None:
        super().__init__(code, status=status, request_id=request_id)
        self.account = account


class Useless(CallFailed):
    """An answer came and is charged, but it is not what was ordered."""


class Unknown(CallFailed):
    """The call was sent and no end of it came back: it may have been charged."""
