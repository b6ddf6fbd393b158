"""Where one slot of one SKU version stands."""

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

SlotState = Literal["open", "approved", "reshoot", "abandoned", "withdrawn", "superseded"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot is open until a person ended it, or the SKU changed; its round goes up with each regeneration."""

    sku: str
    sku_version: int
    slot: str
    batch_id: UUID
    category: str
    correlation_id: UUID
    round: int = 1
    state: SlotState = "open"
    asked_by: str | None = None
    """Who asked for the current round."""
    drill: bool = False

    @property
    def ended(self) -> bool:
        return self.state != "open"

    def next_round(self, asked_by: str, *, drill: bool) -> "Slot":
        return replace(self, round=self.round + 1, asked_by=asked_by, drill=self.drill or drill)

    def end(self, state: SlotState) -> "Slot":
        return replace(self, state=state)
