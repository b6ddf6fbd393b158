"""Bus → the overview's projection: every topic is read (groups trueshelf.console.*)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from trueshelf_console.service.overview import take, take_policy
from trueshelf_console.service.pictures import remember
from trueshelf_contracts.console import AccountChanged
from trueshelf_contracts.event import ActRecorded, Event, PolicyPublished
from trueshelf_contracts.export import RulesConfirmed
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import TOPICS, Topic
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Tx

Handler = Callable[[Any, Tx], Awaitable[None]]
NOTHING_OF_A_SKU = (AccountChanged, ActRecorded, RulesConfirmed)


def subscriptions() -> tuple[Subscription, ...]:
    """Return one subscription per topic of the registry that names the console as a reader: all of them."""
    return tuple(Subscription(topic.owner, _handlers(topic)) for topic in TOPICS if "console" in topic.consumers)


def _handlers(topic: Topic) -> dict[type[Event], Handler]:
    handlers: dict[type[Event], Handler] = {
        event: _on_progress for event in topic.events if event not in (*NOTHING_OF_A_SKU, PolicyPublished)
    }
    if PolicyPublished in topic.events:
        handlers[PolicyPublished] = partial(_on_policy, topic.owner)
    return handlers


async def _on_progress(event: Event, tx: Tx) -> None:
    await take(tx, event)
    await remember(tx, event)


async def _on_policy(owner: Service, event: PolicyPublished, tx: Tx) -> None:
    await take_policy(tx, owner, event)
