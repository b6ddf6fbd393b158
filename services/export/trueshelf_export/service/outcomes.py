"""What the marketplace or the buyers said afterwards (R-103 to R-107)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.ids import derive
from trueshelf_contracts.refs import Marketplace
from trueshelf_export.service.repeats import request_hash, require_same
from trueshelf_export.sql import SQL
from trueshelf_runtime.db import Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import stamp

OutcomeKind = Literal["moderation_accepted", "moderation_rejected", "return_not_as_pictured", "return_wrong_colour"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer of a marketplace, or one return, about a SKU and where known its pack or picture."""

    sku: str
    marketplace: Marketplace
    kind: OutcomeKind
    reported_on: date
    pack_id: UUID | None
    variant_id: UUID | None
    reason: str
    checklist_item: str | None


async def record(tx: Tx, outcome: Outcome, who: Principal, key: str, at: datetime) -> UUID:
    """Record the outcome once per key. Raises Refused when it names what export does not know, or the future."""
    outcome_id = derive("outcome", who.id, key)
    asked = request_hash([getattr(outcome, name) for name in Outcome.__slots__])
    known = await tx.fetchrow(SQL["outcome_by_id"], outcome_id)
    if known is not None:
        require_same(known["request_hash"], asked)
        return outcome_id
    if outcome.reported_on > at.date():
        raise Refused(
            "invalid_date", f"reported_on {outcome.reported_on} lies in the future", "enter the day of the report"
        )
    version = await _version(tx, outcome)
    await tx.execute(
        SQL["add_outcome"],
        outcome_id,
        asked,
        outcome.sku,
        version,
        outcome.marketplace,
        outcome.pack_id,
        outcome.variant_id,
        outcome.kind,
        outcome.reason,
        outcome.checklist_item,
        outcome.reported_on,
        who.actor(),
        who.drill,
        at,
    )
    await tx.emit(
        OutcomeRecorded(
            **stamp("OutcomeRecorded", outcome_id, at=at, drill=who.drill),
            sku=outcome.sku,
            sku_version=version,
            outcome_id=outcome_id,
            marketplace=outcome.marketplace,
            pack_id=outcome.pack_id,
            variant_id=outcome.variant_id,
            kind=outcome.kind,
            reason=outcome.reason,
            checklist_item=outcome.checklist_item,
            reported_on=outcome.reported_on,
            actor=who.actor(),
        )
    )
    return outcome_id


async def _version(tx: Tx, outcome: Outcome) -> int:
    """Return the SKU version that the outcome is about: the pack's, the picture's, else the current one."""
    if outcome.pack_id is not None:
        pack = await tx.fetchrow(SQL["pack"], outcome.pack_id)
        if pack is None or pack["sku"] != outcome.sku or pack["marketplace"] != outcome.marketplace:
            raise Refused(
                "invalid_pack",
                f"there is no pack {outcome.pack_id} of {outcome.sku} for {outcome.marketplace}",
                "leave pack_id out when it is not known",
            )
        return int(pack["sku_version"])
    if outcome.variant_id is not None:
        version = await tx.fetchval(SQL["variant_known"], outcome.sku, outcome.variant_id)
        if version is None:
            raise Refused(
                "invalid_variant",
                f"{outcome.sku} has no approved picture {outcome.variant_id}",
                "leave variant_id out when it is not known",
            )
        return int(version)
    version = await tx.fetchval(SQL["sku_version"], outcome.sku)
    if version is None:
        raise Refused("sku_not_found", f"nothing of {outcome.sku} was ever approved here", "check the SKU")
    return int(version)
