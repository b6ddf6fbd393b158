"""Bus → use cases."""

from trueshelf_contracts.export import RenditionRendered
from trueshelf_contracts.generate import VariantGenerated
from trueshelf_contracts.ingest import SkuChanged, SkuReady
from trueshelf_qa.service import Qa
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Tx


def subscriptions(qa: Qa) -> tuple[Subscription, ...]:
    """What qa listens to: drafts, marketplace files, and what the seller says of the article."""

    async def on_variant_generated(event: VariantGenerated, tx: Tx) -> None:
        await qa.take(tx, event)

    async def on_rendition_rendered(event: RenditionRendered, tx: Tx) -> None:
        await qa.take(tx, event)

    async def on_sku_changed(event: SkuChanged, tx: Tx) -> None:
        await qa.change_sku(tx, event)

    async def on_sku_ready(event: SkuReady, tx: Tx) -> None:
        await qa.know(tx, event)

    return (
        Subscription("generate", {VariantGenerated: on_variant_generated}),
        Subscription("export", {RenditionRendered: on_rendition_rendered}),
        Subscription("ingest", {SkuChanged: on_sku_changed, SkuReady: on_sku_ready}),
    )
