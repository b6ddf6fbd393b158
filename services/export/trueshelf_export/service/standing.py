"""What review and ingest said about SKUs. Facts come in any order and repeatedly; what stands is computed of all."""

from datetime import datetime
from uuid import UUID

from trueshelf_contracts.ingest import SkuChanged
from trueshelf_contracts.review import ApprovalWithdrawn, SkuFreed, SkuHeld, SpotCheckPassed, VariantApproved
from trueshelf_export.domain.eligibility import Approval, SkuState, SpotCheck
from trueshelf_export.domain.packs import WithdrawalReason
from trueshelf_export.service.ending import end_packs
from trueshelf_export.sql import SQL
from trueshelf_runtime.db import Tx


async def lock_sku(tx: Tx, sku: str) -> int | None:
    """Lock the SKU against every other fact and decision; its version, None when nothing was ever said of it."""
    return await tx.fetchval(SQL["lock_sku"], sku)  # type: ignore[no-any-return]


async def load_state(tx: Tx, sku: str) -> SkuState:
    """Return everything that decides whether the SKU may leave. Call it with the SKU locked where it decides."""
    version = await tx.fetchval(SQL["sku_version"], sku)
    if version is None:
        return SkuState(sku, None, (), (), ())
    approvals = await tx.fetch(SQL["standing_approvals"], sku, version)
    holds = await tx.fetch(SQL["standing_holds"], sku, version)
    checks = await tx.fetch(SQL["spot_checks_of"], sku, version)
    return SkuState(
        sku=sku,
        version=version,
        approvals=tuple(
            Approval(
                approval_id=row["approval_id"],
                variant_id=row["variant_id"],
                slot=row["slot"],
                mode=row["mode"],
                generative=row["generative"],
                master=(row["master"]["width"], row["master"]["height"]),
                drill=row["drill"],
            )
            for row in approvals
        ),
        holds=tuple(row["reason"] for row in holds),
        spot_checks=tuple(
            SpotCheck(row["event_id"], {slot: UUID(text) for slot, text in row["approvals"].items()}, row["drill"])
            for row in checks
        ),
    )


async def approved(tx: Tx, event: VariantApproved) -> None:
    """Remember an approval, and what of the variant a pack needs."""
    await tx.fetchval(SQL["raise_sku"], event.sku, event.sku_version)
    await tx.execute(
        SQL["add_approval"],
        event.event_id,
        event.sku,
        event.sku_version,
        event.variant_id,
        event.slot,
        event.category,
        event.mode,
        event.generative,
        event.title,
        list(event.kit),
        event.source,
        event.master,
        event.actor.id,
        event.drill,
        event.decided_at,
        event.correlation_id,
    )


async def approval_withdrawn(tx: Tx, event: ApprovalWithdrawn, at: datetime) -> None:
    """Remember that an approval ended, also when it was not read yet itself; end the packs that rest on it."""
    await tx.fetchval(SQL["raise_sku"], event.sku, event.sku_version)
    await tx.execute(SQL["add_withdrawal"], event.approval_id, event.sku, event.sku_version, event.cause)
    packs = await tx.fetch(SQL["packs_of_approval"], event.approval_id)
    reason: WithdrawalReason = "sku_changed" if event.cause == "sku_changed" else "approval_withdrawn"
    await end_packs(tx, [row["pack_id"] for row in packs], reason, at)


async def held(tx: Tx, event: SkuHeld, at: datetime) -> None:
    """Nothing of this version leaves until it is freed; packs already made are withdrawn."""
    await tx.fetchval(SQL["raise_sku"], event.sku, event.sku_version)
    await tx.execute(SQL["hold"], event.sku, event.sku_version, event.batch_id, event.occurred_at, event.reason)
    packs = await tx.fetch(SQL["packs_of_version"], event.sku, event.sku_version)
    await end_packs(tx, [row["pack_id"] for row in packs], "sku_held", at)


async def freed(tx: Tx, event: SkuFreed) -> None:
    """The hold ended. Withdrawn packs stay withdrawn: who wants the files orders them again."""
    await tx.fetchval(SQL["raise_sku"], event.sku, event.sku_version)
    await tx.execute(SQL["free"], event.sku, event.sku_version, event.batch_id, event.occurred_at)


async def spot_checked(tx: Tx, event: SpotCheckPassed) -> None:
    """Remember for each member which approvals the passed spot check stands for."""
    for member in sorted(event.members, key=lambda member: member.sku):
        await tx.fetchval(SQL["raise_sku"], member.sku, member.sku_version)
        approvals = {slot: str(approval) for slot, approval in member.approvals.items()}
        await tx.execute(SQL["add_spot_check"], event.event_id, member.sku, member.sku_version, approvals, event.drill)


async def changed(tx: Tx, event: SkuChanged, at: datetime) -> None:
    """The article is another one now: approvals of older versions stand no more, their packs end (R-16)."""
    await tx.fetchval(SQL["raise_sku"], event.sku, event.sku_version)
    packs = await tx.fetch(SQL["packs_before_version"], event.sku, event.sku_version)
    await end_packs(tx, [row["pack_id"] for row in packs], "sku_changed", at)
