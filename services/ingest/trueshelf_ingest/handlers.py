"""Bus → domain."""

from trueshelf_contracts.review import ReshootAsked
from trueshelf_ingest.service import Ingest
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Tx


def subscriptions(ingest: Ingest) -> tuple[Subscription, ...]:
    """What ingest listens to: review's wishes for new photos."""

    async def on_reshoot_asked(event: ReshootAsked, tx: Tx) -> None:
        await ingest.ask_reshoot(tx, event)

    return (Subscription("review", {ReshootAsked: on_reshoot_asked}),)
