"""Rows → what the HTTP API gives."""

from dataclasses import asdict
from datetime import date
from typing import get_args
from uuid import UUID

from trueshelf_contracts.export import PackManifest
from trueshelf_contracts.refs import Marketplace
from trueshelf_export.bodies import (
    ChecklistsView,
    ConfirmationView,
    ExportableView,
    FileView,
    ItemView,
    OrderView,
    OutcomeView,
    PackView,
    PlaceView,
    ProfileView,
    ReasonView,
)
from trueshelf_export.domain.checklist import unanswered
from trueshelf_export.domain.eligibility import Exportable, judge
from trueshelf_export.domain.naming import pack_name
from trueshelf_export.domain.packs import WITHDRAWN
from trueshelf_export.domain.profiles import content_of
from trueshelf_export.service.rules import Rules
from trueshelf_export.service.standing import load_state
from trueshelf_export.sql import SQL
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.problem import Problem

MARKETPLACES: tuple[Marketplace, ...] = get_args(Marketplace)
SENTENCES = {
    "waiting_rules": "It waits until a person confirms the marketplace's current rules; then it goes on by itself.",
    "rendering": "Its files are being made and checked; one that qa did not clear waits for a reviewer.",
    "awaiting_answers": "Its files are good; it waits for the answers to the checklist of scope pack.",
    "packing": "Its files are good and the checklist is answered; the ZIP is being made.",
    "ready": "It is ready. The seller uploads it: nothing is uploaded from here (R-90).",
    "refused": "It was refused; the reasons say why and what to do.",
}


class Reading:
    """Reads one thing at a time; each method needs a transaction for one consistent view."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def checklists(self) -> ChecklistsView:
        lists = self._rules.checklists
        return ChecklistsView(
            version=lists.version,
            pack=[ItemView(**asdict(item)) for item in lists.pack],
            marketplace=[ItemView(**asdict(item)) for item in lists.marketplace],
        )

    async def profile(self, tx: Tx, marketplace: Marketplace, today: date, *, drill: bool) -> ProfileView:
        in_force = await self._rules.in_force(tx, marketplace, today, drill=drill)
        row = in_force.confirmation
        return ProfileView(
            marketplace=marketplace,
            title=in_force.profile.title,
            standing=in_force.standing,
            ref=in_force.ref,
            content=content_of(in_force.profile),
            to_enter=list(self._rules.shipped[marketplace].missing()),
            confirmation=None
            if row is None
            else ConfirmationView(
                confirmed_by=row["actor"]["id"],
                **{name: row[name] for name in ConfirmationView.model_fields if name != "confirmed_by"},
            ),
            checklist=self.checklists().marketplace,
        )

    async def pack(self, tx: Tx, pack_id: UUID) -> PackView:
        """Return where the pack stands. Raises Problem 404."""
        row = await tx.fetchrow(SQL["pack"], pack_id)
        if row is None:
            raise Problem(404, "no_such_pack", f"there is no pack {pack_id}", "GET /orders?sku= lists a SKU's packs")
        files = await tx.fetch(SQL["renditions_of_pack"], pack_id)
        items = self._rules.checklists.pack
        open_items = unanswered(items, row["answers"]) if row["state"] not in ("ready", "refused", "withdrawn") else {}
        ready = row["object"]
        return PackView(
            **{name: row[name] for name in ("pack_id", "order_id", "sku", "sku_version", "marketplace", "state")},
            **{name: row[name] for name in ("reasons", "withdrawn_reason", "drill", "ordered_at", "changed_at")},
            profile=row["profile_ref"],
            unanswered=[ItemView(**asdict(item)) for item in items if item.item in open_items],
            files=[_file(file) for file in files],
            sentence=sentence(row),
            file_name=pack_name(row["sku"], row["marketplace"], str(pack_id), drill=row["drill"]),
            size=ready["size"] if ready else None,
            sha256=ready["sha256"] if ready else None,
            manifest=PackManifest.model_validate(row["manifest"]) if row["manifest"] else None,
        )

    async def order(self, tx: Tx, order_id: UUID) -> OrderView:
        """Return the order with its packs. Raises Problem 404."""
        row = await tx.fetchrow(SQL["order_by_id"], order_id)
        if row is None:
            raise Problem(404, "no_such_order", f"there is no order {order_id}", "GET /orders?sku= lists a SKU's packs")
        packs = [await self.pack(tx, found["pack_id"]) for found in await tx.fetch(SQL["packs_of_order"], order_id)]
        return OrderView(
            order_id=order_id,
            marketplace=row["marketplace"],
            ordered_at=row["ordered_at"],
            ordered_by=row["actor"]["id"],
            drill=row["drill"],
            packs=packs,
        )

    async def packs_of_sku(self, tx: Tx, sku: str) -> list[PackView]:
        return [await self.pack(tx, row["pack_id"]) for row in await tx.fetch(SQL["packs_of_sku"], sku)]

    async def exportable(
        self, tx: Tx, sku: str, marketplace: Marketplace, today: date, *, drill: bool
    ) -> ExportableView:
        """Say whether an order would go through now, and if not, every reason."""
        in_force = await self._rules.in_force(tx, marketplace, today, drill=drill)
        state = await load_state(tx, sku)
        outcome = judge(state, in_force.profile if in_force.standing == "current" else None, None)
        good = outcome if isinstance(outcome, Exportable) else None
        return ExportableView(
            sku=sku,
            sku_version=state.version,
            marketplace=marketplace,
            exportable=good is not None,
            standing=in_force.standing,
            reasons=[] if isinstance(outcome, Exportable) else [ReasonView(**asdict(reason)) for reason in outcome],
            places=[
                PlaceView(
                    slot=place.approval.slot,  # type: ignore[arg-type]
                    position=place.position,
                    variant_id=place.approval.variant_id,
                    approval_id=place.approval.approval_id,
                )
                for place in (good.places if good else ())
            ],
            left_out=list(good.left_out) if good else [],
        )

    async def outcomes(self, tx: Tx, sku: str | None, marketplace: str | None) -> list[OutcomeView]:
        return [OutcomeView(**dict(row)) for row in await tx.fetch(SQL["outcomes"], sku, marketplace)]


def sentence(pack: Row) -> str:
    """Return where the pack stands, in words."""
    if pack["state"] == "withdrawn":
        why, advice = WITHDRAWN[pack["withdrawn_reason"]]
        return f"It was withdrawn: {why}. Do not use the files; {advice}."
    return SENTENCES[pack["state"]]


def _file(row: Row) -> FileView:
    image, facts = row["image"] or {}, row["facts"] or {}
    return FileView(
        **{name: row[name] for name in ("rendition_id", "slot", "position", "name", "state", "verdict")},
        variant_id=row["variant_id"],
        approval_id=row["approval_id"],
        width=image.get("width"),
        height=image.get("height"),
        size=image.get("size"),
        quality=facts.get("quality"),
    )
