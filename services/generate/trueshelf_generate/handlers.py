"""Bus → domain."""

from trueshelf_contracts.ingest import SkuChanged, SkuReady
from trueshelf_contracts.review import ApprovalWithdrawn, RegenerationAsked, VariantApproved
from trueshelf_generate.service import Generate
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Tx


def subscriptions(generate: Generate) -> tuple[Subscription, ...]:
    """What generate listens to: SKUs of ingest, wishes of review."""

    async def on_sku_ready(event: SkuReady, tx: Tx) -> None:
        await generate.plan_sku(tx, event)

    async def on_sku_changed(event: SkuChanged, tx: Tx) -> None:
        await generate.end_older(tx, event)

    async def on_regeneration_asked(event: RegenerationAsked, tx: Tx) -> None:
        await generate.plan_again(tx, event)

    async def on_variant_approved(event: VariantApproved, tx: Tx) -> None:
        await generate.approved(tx, event)

    async def on_approval_withdrawn(event: ApprovalWithdrawn, tx: Tx) -> None:
        await generate.withdrawn(tx, event)

    return (
        Subscription("ingest", {SkuReady: on_sku_ready, SkuChanged: on_sku_changed}),
        Subscription(
            "review",
            {
                RegenerationAsked: on_regeneration_asked,
                VariantApproved: on_variant_approved,
                ApprovalWithdrawn: on_approval_withdrawn,
            },
        ),
    )
