"""Bus → use cases."""

from trueshelf_contracts.ingest import SkuChanged
from trueshelf_contracts.qa import RenditionChecked
from trueshelf_contracts.review import (
    ApprovalWithdrawn,
    RenditionAccepted,
    RenditionRejected,
    SkuFreed,
    SkuHeld,
    SpotCheckPassed,
    VariantApproved,
)
from trueshelf_export.ports import Signatures
from trueshelf_export.service import standing
from trueshelf_export.service.renditions import Renditions
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Tx


class Handlers:
    """One method per event that export reads."""

    def __init__(self, renditions: Renditions, clock: Clock, signatures: Signatures) -> None:
        self._renditions = renditions
        self._signatures = signatures
        self._clock = clock

    async def on_variant_approved(self, event: VariantApproved, tx: Tx) -> None:
        self._signatures.check(event, event.signature)
        await standing.approved(tx, event)

    async def on_approval_withdrawn(self, event: ApprovalWithdrawn, tx: Tx) -> None:
        await standing.approval_withdrawn(tx, event, self._clock.now())

    async def on_sku_held(self, event: SkuHeld, tx: Tx) -> None:
        await standing.held(tx, event, self._clock.now())

    async def on_sku_freed(self, event: SkuFreed, tx: Tx) -> None:
        self._signatures.check(event, event.signature)
        await standing.freed(tx, event)

    async def on_spot_check_passed(self, event: SpotCheckPassed, tx: Tx) -> None:
        self._signatures.check(event, event.signature)
        await standing.spot_checked(tx, event)

    async def on_sku_changed(self, event: SkuChanged, tx: Tx) -> None:
        await standing.changed(tx, event, self._clock.now())

    async def on_rendition_checked(self, event: RenditionChecked, tx: Tx) -> None:
        await self._renditions.checked(tx, event, self._clock.now())

    async def on_rendition_accepted(self, event: RenditionAccepted, tx: Tx) -> None:
        self._signatures.check(event, event.signature)
        await self._renditions.accepted(tx, event, self._clock.now())

    async def on_rendition_rejected(self, event: RenditionRejected, tx: Tx) -> None:
        await self._renditions.rejected(tx, event, self._clock.now())

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return what export reads, topic by topic."""
        return (
            Subscription("ingest", {SkuChanged: self.on_sku_changed}),
            Subscription("qa", {RenditionChecked: self.on_rendition_checked}),
            Subscription(
                "review",
                {
                    VariantApproved: self.on_variant_approved,
                    ApprovalWithdrawn: self.on_approval_withdrawn,
                    SkuHeld: self.on_sku_held,
                    SkuFreed: self.on_sku_freed,
                    SpotCheckPassed: self.on_spot_check_passed,
                    RenditionAccepted: self.on_rendition_accepted,
                    RenditionRejected: self.on_rendition_rejected,
                },
            ),
        )
