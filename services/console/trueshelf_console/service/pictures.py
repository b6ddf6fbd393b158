"""The console's memory of pictures and packs: what the bus says of them, kept for searching by hash."""

from trueshelf_console.domain.pictures import is_hash, pictures_in
from trueshelf_contracts.event import Event, SkuEvent
from trueshelf_contracts.export import ExportOrdered, PackWithdrawn
from trueshelf_runtime.db import Tx, load_queries

SQL = load_queries("trueshelf_console", "export.sql")


async def remember(tx: Tx, event: Event) -> None:
    """Keep which pictures the event names, and what it says of a pack. Safe in any order and as often as it comes."""
    if not isinstance(event, SkuEvent):
        return
    found = sorted(set(pictures_in(event.model_dump(mode="json"))))
    for part, sha256 in found:
        if is_hash(sha256):
            where = (event.type, event.sku, event.sku_version, event.occurred_at)
            await tx.execute(SQL["add_mention"], sha256, event.event_id, part, *where)
    if isinstance(event, ExportOrdered):
        said = (event.sku, event.marketplace, event.actor.id, event.occurred_at, event.drill)
        await tx.execute(SQL["add_ordered"], event.pack_id, event.order_id, *said)
    if isinstance(event, PackWithdrawn):
        taken = list(event.downloaded_by)
        await tx.execute(SQL["add_withdrawn"], event.pack_id, event.reason, taken, event.occurred_at)
