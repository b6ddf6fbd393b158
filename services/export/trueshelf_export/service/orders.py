"""Ordering files: one call for many SKUs, each with a pack of its own; what cannot be made is refused with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trueshelf_contracts.event import Actor
from trueshelf_contracts.export import ExportOrdered
from trueshelf_contracts.ids import derive, order_sku_id, rendition_id
from trueshelf_contracts.refs import Finding, Marketplace, Slot
from trueshelf_export.domain.checklist import Answer, unanswered, unknown
from trueshelf_export.domain.eligibility import Exportable, judge
from trueshelf_export.domain.naming import file_name
from trueshelf_export.domain.profiles import content_of
from trueshelf_export.domain.provenance import digital_source_type
from trueshelf_export.service.ending import emit_refused, refuse
from trueshelf_export.service.origins import on_behalf_of
from trueshelf_export.service.repeats import request_hash, require_same
from trueshelf_export.service.rules import InForce, Rules
from trueshelf_export.service.standing import load_state, lock_sku
from trueshelf_export.sql import SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import current, stamp


@dataclass(frozen=True, slots=True)
class Order:
    """What an uploader asks for. `slots` None: all approved ones that the marketplace's listing has."""

    marketplace: Marketplace
    skus: tuple[str, ...]
    slots: tuple[Slot, ...] | None
    answers: Mapping[str, Answer]
    iptc: bool


class Orders:
    """Takes orders and starts packs."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def place(self, tx: Tx, order: Order, *, who: Principal, key: str, at: datetime) -> UUID:
        """Record the order and begin a pack for each SKU; the same key again gives the same order.

        Raises Refused for a person who may not order, for a key used otherwise, for an unknown checklist item.
        """
        may_order(who)
        known_items(self._rules, order.answers)
        order_id = derive("order", who.id, key)
        asked = request_hash([order.marketplace, order.skus, order.slots, dict(order.answers), order.iptc])
        await tx.fetchval(SQL["share_marketplace"], order.marketplace)
        slots = None if order.slots is None else list(order.slots)
        fresh = await tx.fetchval(
            SQL["add_order"], order_id, order.marketplace, who.actor(), asked, slots, order.iptc, who.drill, at
        )
        if fresh is None:
            known = await tx.fetchrow(SQL["order_by_id"], order_id)
            assert known is not None
            require_same(known["request_hash"], asked)
            return order_id
        in_force = await self._rules.in_force(tx, order.marketplace, at.date(), drill=who.drill)
        for sku in sorted(set(order.skus)):
            await self._open(tx, order, order_id, sku, in_force=in_force, who=who, at=at)
        if order.answers:
            await act(
                tx, "export.pack_answered", target=f"order {order_id}", who=who, details=dict(order.answers), at=at
            )
        return order_id

    async def start(self, tx: Tx, pack_id: UUID, at: datetime) -> None:
        """Let a pack that waited for its rules go on, if they are in force now; judged anew, since time has passed."""
        pack = await locked_pack(tx, pack_id)
        if pack is None or pack["state"] != "waiting_rules":
            return
        in_force = await self._rules.in_force(
            tx, pack["marketplace"], at.date(), drill=Actor.model_validate(pack["actor"]).kind == "drill"
        )
        if in_force.standing != "current":
            return
        outcome = judge(await load_state(tx, pack["sku"]), in_force.profile, pack["slots"])
        if isinstance(outcome, Exportable):
            with on_behalf_of(pack):
                await self._begin(tx, pack, outcome, in_force, at)
        else:
            await refuse(tx, pack, outcome, at)

    async def _open(
        self, tx: Tx, order: Order, order_id: UUID, sku: str, *, in_force: InForce, who: Principal, at: datetime
    ) -> None:
        """Begin one SKU's pack: ordered, and then rendering, waiting or refused."""
        version = await lock_sku(tx, sku)
        usable = in_force.standing == "current"
        outcome = judge(await load_state(tx, sku), in_force.profile if usable else None, order.slots)
        findings: tuple[Finding, ...] = ()
        drill = who.drill
        if isinstance(outcome, Exportable):
            drill = drill or rests_on_drill(outcome, in_force)
        else:
            findings = tuple(Finding(code=reason.code, severity="refuse", message=reason.message) for reason in outcome)
        pack_id = order_sku_id(order_id, sku)
        correlation = await tx.fetchval(SQL["correlation_of"], sku, version) or current().correlation_id
        state = "refused" if findings else "waiting_rules"
        answers = dict(order.answers)
        await tx.execute(
            SQL["add_pack"],
            *(
                pack_id,
                order_id,
                sku,
                version or 1,
                state,
                in_force.ref,
                answers,
                list(findings),
                drill,
                at,
                correlation,
            ),
        )
        pack = await tx.fetchrow(SQL["pack"], pack_id)
        assert pack is not None
        with on_behalf_of(pack):
            await tx.emit(_ordered(pack, in_force, who, at))
            if findings:
                await emit_refused(tx, pack, findings, at)
            elif usable and isinstance(outcome, Exportable):
                await self._begin(tx, pack, outcome, in_force, at)

    async def _begin(self, tx: Tx, pack: Row, outcome: Exportable, in_force: InForce, at: datetime) -> None:
        """Fix rules, pictures and places of the pack and have its renditions made."""
        await tx.execute(
            SQL["start_pack"],
            pack["pack_id"],
            content_of(in_force.profile),
            in_force.ref,
            in_force.confirmed_by_event,
            outcome.spot_check.event_id,
            list(outcome.left_out),
            pack["drill"] or rests_on_drill(outcome, in_force),
            at,
        )
        for place in outcome.places:
            approval = place.approval
            rendition = rendition_id(pack["pack_id"], approval.slot, place.position, approval.variant_id)
            await tx.execute(
                SQL["add_rendition"],
                rendition,
                pack["pack_id"],
                approval.approval_id,
                approval.slot,
                place.position,
                file_name(in_force.profile.naming, pack["sku"], place.position),
                digital_source_type(approval.mode, generative=approval.generative),
            )
            await tx.enqueue("export.render", {"rendition_id": str(rendition)}, key=str(rendition))


async def locked_pack(tx: Tx, pack_id: UUID) -> Row | None:
    """Lock the pack's SKU, then read the pack as it stands; None when there is no such pack."""
    pack = await tx.fetchrow(SQL["pack"], pack_id)
    if pack is None:
        return None
    await lock_sku(tx, pack["sku"])
    return await tx.fetchrow(SQL["pack"], pack_id)


def rests_on_drill(outcome: Exportable, in_force: InForce) -> bool:
    """Say whether a practice account decided anything that the pack rests on: then the pack is practice too."""
    return in_force.drill or outcome.spot_check.drill or any(place.approval.drill for place in outcome.places)


class NotAllowed(Refused):
    """Refused for who asks, not for what."""

    status = 403


def may_order(who: Principal) -> None:
    """Raise Refused unless `who` is a named person, or a practice account for one (R-66, R-89)."""
    if who.kind == "machine":
        raise NotAllowed(
            "machine_orders",
            "files for a marketplace are ordered by a named person, never by a machine (R-66)",
            "let a person with the role uploader order them",
        )


def answered(rules: Rules, answers: Mapping[str, Answer]) -> bool:
    """Say whether every item of scope pack has an answer that counts (R-71)."""
    return not unanswered(rules.checklists.pack, answers)


def known_items(rules: Rules, answers: Mapping[str, Answer]) -> None:
    """Raise Refused for an answer to an item that the list does not have."""
    if strange := unknown(rules.checklists.pack, answers):
        raise Refused(
            "invalid_item",
            f"the checklist of scope pack has no item {', '.join(strange)}",
            f"its items are {', '.join(item.item for item in rules.checklists.pack)}",
        )


def _ordered(pack: Row, in_force: InForce, who: Principal, at: datetime) -> ExportOrdered:
    return ExportOrdered(
        **stamp("ExportOrdered", pack["pack_id"], at=at, drill=pack["drill"]),
        sku=pack["sku"],
        sku_version=pack["sku_version"],
        order_id=pack["order_id"],
        pack_id=pack["pack_id"],
        marketplace=pack["marketplace"],
        profile=in_force.ref,
        waits_for_rules=in_force.standing != "current",
        actor=who.actor(),
    )
