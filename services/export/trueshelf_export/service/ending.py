"""How packs end badly: refused before they are ready, withdrawn afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_contracts.export import PackRefused, PackWithdrawn
from trueshelf_contracts.refs import Finding
from trueshelf_export.domain.eligibility import Reason
from trueshelf_export.domain.packs import WITHDRAWN, PackState, WithdrawalReason
from trueshelf_export.service.origins import on_behalf_of
from trueshelf_export.sql import SQL
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.origin import stamp


async def end_packs(tx: Tx, packs: Sequence[UUID], reason: WithdrawalReason, at: datetime) -> None:
    """End packs of one SKU, whose row is locked: what is ready is withdrawn, what is not yet is refused."""
    why, advice = WITHDRAWN[reason]
    for pack_id in packs:
        pack = await tx.fetchrow(SQL["pack"], pack_id)
        assert pack is not None
        state: PackState = pack["state"]
        match state:
            case "ready":
                with on_behalf_of(pack):
                    await _withdraw(tx, pack, reason, at)
            case "waiting_rules" | "rendering" | "awaiting_answers" | "packing":
                text = f"while the pack was being made, {why}: {advice}"
                await refuse(tx, pack, (Reason(reason, text[0].upper() + text[1:]),), at)
            case "refused" | "withdrawn":
                pass
            case _:
                assert_never(state)


async def refuse(tx: Tx, pack: Row, reasons: Sequence[Reason], at: datetime) -> None:
    """End an open pack with every reason against it (R-89). The SKU's row is locked where it has one."""
    findings = tuple(Finding(code=reason.code, severity="refuse", message=reason.message) for reason in reasons)
    await tx.execute(SQL["refuse_pack"], pack["pack_id"], list(findings), at)
    with on_behalf_of(pack):
        await emit_refused(tx, pack, findings, at)


async def emit_refused(tx: Tx, pack: Row, findings: tuple[Finding, ...], at: datetime) -> None:
    """State the refusal of a pack whose row says so already."""
    await tx.emit(
        PackRefused(
            **stamp("PackRefused", pack["pack_id"], at=at, drill=pack["drill"]),
            sku=pack["sku"],
            sku_version=pack["sku_version"],
            order_id=pack["order_id"],
            pack_id=pack["pack_id"],
            marketplace=pack["marketplace"],
            reasons=findings,
            actor=Actor.model_validate(pack["actor"]),
        )
    )


async def _withdraw(tx: Tx, pack: Row, reason: WithdrawalReason, at: datetime) -> None:
    await tx.execute(SQL["withdraw_pack"], pack["pack_id"], reason, at)
    downloads = await tx.fetch(SQL["downloaded_by"], pack["pack_id"])
    await tx.emit(
        PackWithdrawn(
            **stamp("PackWithdrawn", pack["pack_id"], at=at, drill=pack["drill"]),
            sku=pack["sku"],
            sku_version=pack["sku_version"],
            order_id=pack["order_id"],
            pack_id=pack["pack_id"],
            marketplace=pack["marketplace"],
            reason=reason,
            downloaded_by=tuple(row["actor_id"] for row in downloads),
        )
    )
