"""Bus → use cases."""

from collections.abc import Awaitable, Callable

from trueshelf_contracts.event import Event
from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, VariantGenerated
from trueshelf_contracts.ingest import BatchOpened, BatchSealed, CaptureAccepted, SkuChanged
from trueshelf_contracts.qa import RenditionChecked, VariantChecked
from trueshelf_review.adapters.desk import PostgresDesk
from trueshelf_review.ports import Desk
from trueshelf_review.service import afterwards, batches, changes, rounds
from trueshelf_review.service.context import Review
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Tx


def subscriptions(review: Review) -> tuple[Subscription, ...]:
    """Return what review reads: one subscription per topic."""

    def at_desk(use: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def handle(event: Event, tx: Tx) -> None:
            await use(review, PostgresDesk(tx), event)

        return handle

    async def captured(_: Review, desk: Desk, event: CaptureAccepted) -> None:
        await rounds.on_captured(desk, event)

    async def outcome(_: Review, desk: Desk, event: OutcomeRecorded) -> None:
        await afterwards.on_outcome(desk, event)

    return (
        Subscription(
            "ingest",
            {
                CaptureAccepted: at_desk(captured),
                SkuChanged: at_desk(changes.on_changed),
                BatchOpened: at_desk(batches.on_opened),
                BatchSealed: at_desk(batches.on_sealed),
            },
        ),
        Subscription(
            "generate",
            {
                GenerationPlanned: at_desk(rounds.on_planned),
                VariantGenerated: at_desk(rounds.on_generated),
                GenerationRefused: at_desk(rounds.on_refused),
            },
        ),
        Subscription(
            "qa",
            {
                VariantChecked: at_desk(rounds.on_checked),
                RenditionChecked: at_desk(afterwards.on_rendition_checked),
            },
        ),
        Subscription("export", {OutcomeRecorded: at_desk(outcome)}),
    )
