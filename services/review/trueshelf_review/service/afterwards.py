"""Marketplace files that qa did not clear, and what the marketplace or the buyers said."""

from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.ids import derive
from trueshelf_contracts.qa import RenditionChecked
from trueshelf_review.domain.cases import Case, RenditionSubject, Subject, doubt
from trueshelf_review.ports import Desk
from trueshelf_review.service.context import Review


async def on_rendition_checked(review: Review, desk: Desk, event: RenditionChecked) -> None:
    """A rendition that is not clear waits for a person (R-51); a clear one needs nobody."""
    current = await desk.lock_sku(event.sku)
    case_id = derive("case", "rendition", event.rendition_id)
    if event.verdict == "clear" or event.sku_version < current or await desk.case(case_id):
        return
    await desk.add_rendition(event)
    variant = await desk.variant(event.variant_id)
    subject = RenditionSubject(
        rendition_id=event.rendition_id,
        order_id=event.order_id,
        pack_id=event.pack_id,
        variant_id=event.variant_id,
        marketplace=event.marketplace,
        verdict=event.verdict,
        rendition_sha256=event.rendition.sha256,
        report_sha256=event.report.sha256,
        flagged=tuple(c.check for c in event.checks if c.verdict in ("flag", "unjudged")),
        stopped=tuple(c.check for c in event.checks if c.verdict == "stop"),
    )
    await desk.put_case(
        Case(
            case_id=case_id,
            kind="rendition",
            sku=event.sku,
            sku_version=event.sku_version,
            batch_id=variant[0].batch_id if variant else None,
            category=event.category,
            slot=event.slot,
            round=None,
            subject=Subject(rendition=subject),
            checklist=review.checklist_version(event.category),
            opened_at=review.clock.now(),
            correlation_id=event.correlation_id,
            doubt=doubt((event.verdict,)),
            drill=event.drill,
        )
    )


async def on_outcome(desk: Desk, event: OutcomeRecorded) -> None:
    """Keep what was said; the rejection log joins it to the approval, its reviewer and its generator (R-103–R-107)."""
    await desk.add_outcome(event)
