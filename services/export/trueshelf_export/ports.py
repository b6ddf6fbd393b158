"""What export's edges need from the world."""

from typing import Protocol

from trueshelf_contracts.event import Event, Signature


class Signatures(Protocol):
    """Who knows review's keys."""

    def check(self, event: Event, signature: Signature | None) -> None:
        """Raise Invalid unless review signed `event`."""
