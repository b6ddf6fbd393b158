"""What ingest shows: views read from its tables, without locks."""

from uuid import UUID

from trueshelf_ingest.service import Ingest
from trueshelf_ingest.sql import SQL
from trueshelf_ingest.views import BatchView, CaptureView, IntakeSummary, IntakeView, ReshootView, SkuView
from trueshelf_runtime.db import Row
from trueshelf_runtime.web import Problem


def capture_view(row: Row) -> CaptureView:
    """Return a capture's row for people; the quarantined original is named by its hash only."""
    return CaptureView.model_validate({name: row[name] for name in CaptureView.model_fields})


async def read_sku(ingest: Ingest, sku: str) -> SkuView:
    """Return the SKU's current version with its photos. Raises Problem 404."""
    row = await ingest.db.fetchrow(SQL["sku_get"], sku)
    if row is None:
        raise Problem(404, "unknown_sku", f"SKU {sku} is not registered", "register it with PUT /skus/{sku}")
    captures = await ingest.db.fetch(SQL["sku_captures"], sku, row["version"])
    wishes = await ingest.db.fetch(SQL["reshoot_open"], sku)
    return SkuView(
        sku=row["sku"],
        version=row["version"],
        category=row["category"],
        kit=tuple(row["kit"]),
        title=row["title"],
        description=row["description"],
        waived=row["waived"],
        state=row["state"],
        missing_shots=ingest.versions.missing(row, [c for c in captures if c["state"] == "accepted"]),
        reshoot_asked=tuple(sorted({shot for wish in wishes for shot in wish["shots"]})),
        captures=tuple(capture_view(c) for c in captures),
    )


async def read_reshoots(ingest: Ingest, limit: int) -> list[ReshootView]:
    """Return the SKUs that wait for photos that review asked for, the oldest wish first."""
    return [ReshootView(**dict(row)) for row in await ingest.db.fetch(SQL["reshoots"], limit)]


async def _intake(ingest: Ingest, intake_id: UUID) -> Row:
    row = await ingest.db.fetchrow(SQL["intake_get"], intake_id)
    if row is None:
        raise Problem(404, "unknown_intake", f"there is no intake {intake_id}", "open one with POST /intakes")
    return row


async def read_summary(ingest: Ingest, intake_id: UUID, limit: int) -> IntakeSummary:
    """Return a delivery in numbers, and at most `limit` refused photos and unfinished SKUs. Raises Problem 404."""
    row = await _intake(ingest, intake_id)
    captures = await ingest.db.fetchrow(SQL["intake_counts"], intake_id)
    skus = await ingest.db.fetchrow(SQL["intake_sku_counts"], intake_id)
    assert captures is not None
    assert skus is not None
    return IntakeSummary(
        intake_id=intake_id,
        reference=row["reference"],
        state=row["state"],
        **dict(captures),
        **dict(skus),
        first_refused=tuple(capture_view(c) for c in await ingest.db.fetch(SQL["intake_refused"], intake_id, limit)),
        first_collecting=tuple(r["sku"] for r in await ingest.db.fetch(SQL["intake_collecting"], intake_id, limit)),
    )


async def read_intake(ingest: Ingest, intake_id: UUID) -> IntakeView:
    """Return a delivery with every photo's fate. Raises Problem 404."""
    row = await _intake(ingest, intake_id)
    return IntakeView(
        intake_id=intake_id,
        reference=row["reference"],
        state=row["state"],
        skus={r["sku"]: r["state"] for r in await ingest.db.fetch(SQL["intake_skus"], intake_id)},
        captures=tuple(capture_view(c) for c in await ingest.db.fetch(SQL["intake_captures"], intake_id)),
    )


async def read_batch(ingest: Ingest, batch_id: UUID) -> BatchView:
    """Return a batch with its members. Raises Problem 404."""
    row = await ingest.db.fetchrow(SQL["batch_get"], batch_id)
    if row is None:
        raise Problem(404, "unknown_batch", f"there is no batch {batch_id}", "GET /batches lists them")
    members = await ingest.db.fetch(SQL["batch_members"], batch_id)
    pairs = tuple((m["sku"], m["sku_version"]) for m in members)
    return BatchView(**dict(row), members=pairs, count=len(pairs))


async def read_batches(ingest: Ingest, limit: int) -> list[BatchView]:
    """Return the latest batches, newest first, without their members."""
    return [_brief(row) for row in await ingest.db.fetch(SQL["batch_list"], limit)]


def _brief(row: Row) -> BatchView:
    fields = {name: row[name] for name in BatchView.model_fields if name not in ("members", "count")}
    return BatchView(**fields, count=row["members"])
