"""A person's act that has no event of its own, as a fact for the audit log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol

from trueshelf_contracts.event import ActRecorded, Event
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import current, stamp


class Emits(Protocol):
    """What is needed of a transaction."""

    async def emit(self, *events: Event) -> None: ...


async def act(
    tx: Emits,
    name: str,
    *,
    target: str = "",
    outcome: Literal["done", "refused"] = "done",
    who: Principal | None = None,
    reason: str = "",
    details: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> ActRecorded:
    """Emit `ActRecorded` with the transaction: the act is on record if and only if it took effect.

    `name` is service.verb. Its id derives from the request, so that a repeated request is one act.
    """
    actor = who.actor() if who else None
    subject = (name, target, outcome, actor.id if actor else "", current().cause_id)
    event = ActRecorded(
        **stamp("ActRecorded", *subject, at=at or datetime.now(UTC), drill=(who.drill if who else None)),
        act=name,
        outcome=outcome,
        target=target[:300],
        reason=reason[:1000],
        details=dict(details or {}),
        actor=actor,
    )
    await tx.emit(event)
    return event
