"""From a master to a file that qa cleared or a person accepted (R-51, R-83)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.export import FileRules, RenditionRendered
from trueshelf_contracts.qa import RenditionChecked
from trueshelf_contracts.refs import ImageRef, Placement
from trueshelf_contracts.review import RenditionAccepted, RenditionRejected
from trueshelf_export.domain.checklist import Answer
from trueshelf_export.domain.eligibility import Reason
from trueshelf_export.domain.packs import OPEN, next_state
from trueshelf_export.service.ending import refuse
from trueshelf_export.service.orders import answered, known_items, locked_pack
from trueshelf_export.service.origins import on_behalf_of
from trueshelf_export.service.rules import Rules
from trueshelf_export.service.standing import lock_sku
from trueshelf_export.sql import SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import stamp


class Renditions:
    """Takes what renders, checks and accepts files, and moves their packs on."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def rendered(self, tx: Tx, rendition: UUID, image: ImageRef, facts: Mapping[str, Any], at: datetime) -> None:
        """Record a file and ask qa to look at it. Of a pack that ended meanwhile, nothing is said."""
        row = await _locked(tx, rendition)
        if row is None or row["state"] != "pending" or row["pack_state"] != "rendering":
            return
        await tx.execute(SQL["rendered"], rendition, image, dict(facts))
        with on_behalf_of(row):
            await tx.emit(_event(row, image, facts, at))

    async def checked(self, tx: Tx, event: RenditionChecked, at: datetime) -> None:
        """A clear verdict makes the file good; any other waits for a person (the rendition case in review)."""
        row = await _locked(tx, event.rendition_id)
        if row is None or row["state"] != "rendered" or row["image"]["sha256"] != event.rendition.sha256:
            return
        state = "ok" if event.verdict == "clear" else "in_review"
        await tx.execute(SQL["judged"], event.rendition_id, state, event.verdict, event.report.sha256, None)
        await self.advance(tx, row["pack_id"], at)

    async def accepted(self, tx: Tx, event: RenditionAccepted, at: datetime) -> None:
        """A person accepted exactly this file. It may be read before qa's verdict: they come by two topics."""
        row = await _locked(tx, event.rendition_id)
        if row is None or row["state"] not in ("rendered", "in_review"):
            return
        if row["image"]["sha256"] != event.rendition_sha256:
            return
        await tx.execute(SQL["judged"], event.rendition_id, "ok", None, event.report_sha256, event.actor.id)
        if event.drill:
            await tx.execute(SQL["mark_drill"], row["pack_id"])
        await self.advance(tx, row["pack_id"], at)

    async def rejected(self, tx: Tx, event: RenditionRejected, at: datetime) -> None:
        """A person refused the file: the pack is refused, with that person's reasons."""
        row = await _locked(tx, event.rendition_id)
        if row is None or row["image"] is None or row["pack_state"] not in OPEN:
            return
        await tx.execute(SQL["judged"], event.rendition_id, "rejected", None, event.report_sha256, None)
        words = "; ".join(f"{reason.code} {reason.note}".strip() for reason in event.reasons)
        text = (
            f"the file for slot {event.slot} was rejected by a reviewer after compression ({words}): "
            "have the slot made again in review, or order without it"
        )
        pack = await tx.fetchrow(SQL["pack"], row["pack_id"])
        assert pack is not None
        await refuse(tx, pack, (Reason("rendition_rejected", text),), at)

    async def answer(self, tx: Tx, pack_id: UUID, answers: Mapping[str, Answer], who: Principal, at: datetime) -> None:
        """Record answers to items of scope pack (R-71). Raises Refused when the pack takes none any more."""
        known_items(self._rules, answers)
        pack = await locked_pack(tx, pack_id)
        if pack is None:
            raise Refused("pack_not_found", f"there is no pack {pack_id}", "see GET /orders for the packs of an order")
        if pack["state"] not in ("waiting_rules", "rendering", "awaiting_answers"):
            raise Refused(
                "pack_closed",
                f"pack {pack_id} is {pack['state']}; its checklist is closed",
                "look at GET /packs/{id} for where it stands",
            )
        await tx.execute(SQL["answer_pack"], pack_id, dict(answers), at)
        if who.drill:
            await tx.execute(SQL["mark_drill"], pack_id)
        await act(tx, "export.pack_answered", target=f"pack {pack_id}", who=who, details=dict(answers), at=at)
        await self.advance(tx, pack_id, at)

    async def advance(self, tx: Tx, pack_id: UUID, at: datetime) -> None:
        """Move the pack on as far as its files and answers allow; the SKU's row is locked."""
        pack = await tx.fetchrow(SQL["pack"], pack_id)
        assert pack is not None
        if pack["state"] not in ("rendering", "awaiting_answers"):
            return
        rows = await tx.fetch(SQL["renditions_of_pack"], pack_id)
        state = next_state((row["state"] for row in rows), answered=answered(self._rules, pack["answers"]))
        if state != pack["state"]:
            await tx.execute(SQL["set_pack_state"], pack_id, state, at)
        if state == "packing":
            with on_behalf_of(pack):
                await tx.enqueue("export.pack", {"pack_id": str(pack_id)}, key=str(pack_id))

    async def failed(self, tx: Tx, pack_id: UUID, reason: Reason, at: datetime) -> None:
        """The work on a pack came to its end without a result: refused, with what went wrong."""
        pack = await locked_pack(tx, pack_id)
        if pack is not None and pack["state"] in OPEN:
            await refuse(tx, pack, (reason,), at)


async def _locked(tx: Tx, rendition: UUID) -> Row | None:
    row = await tx.fetchrow(SQL["rendition"], rendition)
    if row is None:
        return None
    await lock_sku(tx, row["sku"])
    return await tx.fetchrow(SQL["rendition"], rendition)


def _event(row: Row, image: ImageRef, facts: Mapping[str, Any], at: datetime) -> RenditionRendered:
    red, green, blue = facts["pad"]
    return RenditionRendered(
        **stamp("RenditionRendered", row["rendition_id"], at=at, drill=row["drill"]),
        sku=row["sku"],
        sku_version=row["sku_version"],
        order_id=row["order_id"],
        pack_id=row["pack_id"],
        rendition_id=row["rendition_id"],
        variant_id=row["variant_id"],
        approval_id=row["approval_id"],
        marketplace=row["marketplace"],
        profile=PolicyRef.model_validate(row["profile_ref"]),
        category=row["category"],
        slot=row["slot"],
        position=row["position"],
        source=ImageRef.model_validate(row["source"]),
        master=ImageRef.model_validate(row["master"]),
        rendition=image,
        placement=Placement.model_validate(facts["placement"]),
        pad=(red, green, blue),
        quality=facts["quality"],
        generative=row["generative"],
        rules=None if facts.get("rules") is None else FileRules.model_validate(facts["rules"]),
    )
