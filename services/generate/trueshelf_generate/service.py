"""Use cases: plan a SKU that became ready, plan a slot again, end what a changed SKU left open.

An item goes planned → removed → generated, or refused, or ended; as_shot goes from planned to generated at once.
Removal belongs to a cut-out of its own, which the two items of main share (R-24).
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from trueshelf_contracts import ids
from trueshelf_contracts.generate import CaptureChoice, GenerationPlanned, PlanItem
from trueshelf_contracts.ingest import Capture, SkuChanged, SkuReady
from trueshelf_contracts.review import ApprovalWithdrawn, RegenerationAsked, RegenerationChange, VariantApproved
from trueshelf_generate.domain.choice import contested, order_of
from trueshelf_generate.domain.external_plan import bought_round, standing_drafts
from trueshelf_generate.domain.offers import Offers
from trueshelf_generate.domain.plan import Draft, Refusal, Shelf, Wish, first_round, next_round
from trueshelf_generate.outcomes import Outcomes
from trueshelf_generate.policy import Library, Policy
from trueshelf_generate.sql import CREDITS, SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Tx
from trueshelf_runtime.enqueue import Priority
from trueshelf_runtime.errors import Transient
from trueshelf_runtime.origin import stamp

_CARRIED = ("sku", "sku_version", "batch_id", "category", "kit", "title", "description", "captures")
"""What a plan repeats of SkuReady, so that its readers need not have seen it."""
REMOVE, REPLACE, KEEP, LIGHT = "generate.remove", "generate.replace", "generate.keep", "generate.light"
MEASURE, BUY = "generate.measure", "generate.buy"


class RemovePayload(BaseModel):
    """Cut one source out."""

    cutout_id: UUID


class ItemPayload(BaseModel):
    """Finish one item."""

    item_id: UUID


class MeasurePayload(BaseModel):
    """Measure the exposures of one SKU version, then plan it."""

    sku: str
    sku_version: int


class Generate:
    """What generate does when something happened elsewhere."""

    def __init__(self, clock: Clock, library: Library, outcomes: Outcomes, offers: Offers, recipe: str) -> None:
        """`recipe` names how cut-outs are made: what was cut by another one is not used again."""
        self._clock = clock
        self._library = library
        self._outcomes = outcomes
        self._offers = offers
        self._recipe = recipe

    async def plan_sku(self, tx: Tx, event: SkuReady) -> None:
        """Make the first plan of a SKU version; an older version than the known one is passed over."""
        current = await tx.fetchval(SQL["sku_ready"], event.sku, event.sku_version, event, self._clock.now())
        if current is None:
            return
        await tx.execute(SQL["items_end"], event.sku, event.sku_version, self._clock.now())
        if contested(event.captures):
            if await tx.fetchval(SQL["choosing_insert"], event.sku, event.sku_version) is not None:
                payload = MeasurePayload(sku=event.sku, sku_version=event.sku_version)
                await tx.enqueue(MEASURE, payload, key=f"{event.sku} {event.sku_version}", priority=Priority.BACKLOG)
            return
        await self._plan_first(tx, event, ())

    async def measured(self, tx: Tx, sku: str, sku_version: int, choices: tuple[CaptureChoice, ...]) -> None:
        """Plan a SKU version whose exposures are measured, once, and only while it is the current one."""
        row = await tx.fetchrow(SQL["sku_lock"], sku)
        if row is None or row["version"] != sku_version or row["ready"] is None:
            return
        if await tx.fetchval(SQL["choosing_done"], sku, sku_version, list(choices)) is not None:
            await self._plan_first(tx, SkuReady.model_validate(row["ready"]), choices)

    async def _plan_first(self, tx: Tx, ready: SkuReady, choices: tuple[CaptureChoice, ...]) -> None:
        policy = await self._library.current(tx)
        shelf = Shelf(ready.category, ready.captures, policy.presets, order_of(choices))
        drafts = first_round(shelf)
        drafts += standing_drafts(shelf, drafts, self._offers)
        await self._plan(tx, _Round(ready, "all", 1, policy, choices), drafts)

    async def plan_again(self, tx: Tx, event: RegenerationAsked) -> None:
        """Make one slot again as a person wishes (R-26). Raises Transient while the SKU version is not known here."""
        row = await tx.fetchrow(SQL["sku_lock"], event.sku)
        if row is not None and row["version"] > event.sku_version:
            return
        if row is None or row["version"] < event.sku_version or row["ready"] is None:
            raise Transient(f"{event.sku} version {event.sku_version} is not ready here yet; slot {event.slot} waits")
        ready = SkuReady.model_validate(row["ready"])
        change = await self._change(tx, event)
        hinted = bool(event.change.box or event.change.strokes)
        wish = Wish(change.mode, change.preset, change.capture_ids, hinted=hinted)
        policy = await self._library.current(tx)
        chosen = await tx.fetchrow(SQL["choosing_get"], event.sku, event.sku_version)
        choices = tuple(CaptureChoice.model_validate(one) for one in (chosen and chosen["choices"]) or ())
        shelf = Shelf(ready.category, ready.captures, policy.presets, order_of(choices))
        first = first_round(shelf)
        previous = await self._previous(tx, event) or tuple(draft for draft in first if draft.slot == event.slot)
        previous = previous or first
        drafts = bought_round(event.slot, previous[0], wish, shelf, self._offers)
        drafts = drafts or next_round(event.slot, previous, wish, shelf)
        await self._plan(tx, _Round(ready, event.slot, event.round, policy, choices, change), drafts)

    async def approved(self, tx: Tx, event: VariantApproved) -> None:
        """Count a draft as approved: what an approved picture costs is known where calls are paid (R-32)."""
        await tx.execute(CREDITS["variant_approved"], event.variant_id, event.decided_at)

    async def withdrawn(self, tx: Tx, event: ApprovalWithdrawn) -> None:
        """Count it no longer."""
        await tx.execute(CREDITS["variant_withdrawn"], event.variant_id, event.occurred_at)

    async def end_older(self, tx: Tx, event: SkuChanged) -> None:
        """End, without a word, what earlier versions still had open (R-16)."""
        await tx.execute(SQL["sku_changed"], event.sku, event.sku_version, self._clock.now())
        await tx.execute(SQL["items_end"], event.sku, event.sku_version, self._clock.now())

    async def _change(self, tx: Tx, event: RegenerationAsked) -> RegenerationChange:
        """Return the change with what it leaves open as it was: hints that were drawn hold for the same capture."""
        asked = event.change
        wish = await tx.fetchval(SQL["wish_before"], event.sku, event.sku_version, event.slot, event.round)
        before = RegenerationChange.model_validate(wish or {})
        kept: dict[str, object] = {} if asked.height_cm is not None else {"height_cm": before.height_cm}
        same = not asked.capture_ids or asked.capture_ids == before.capture_ids
        if same and asked.box is None and not asked.strokes and asked.mode != "as_shot":
            kept |= {"box": before.box, "strokes": before.strokes}
        return asked.model_copy(update=kept)

    async def _previous(self, tx: Tx, event: RegenerationAsked) -> tuple[Draft, ...]:
        rows = await tx.fetch(SQL["items_before"], event.sku, event.sku_version, event.slot, event.round)
        return tuple(
            Draft(row["slot"], row["mode"], row["preset"], Capture.model_validate(row["capture"]), row["place"])
            for row in rows
        )

    async def _plan(self, tx: Tx, this: "_Round", drafts: tuple[Draft, ...]) -> None:
        """Store a plan and its items, state it, and start the work; a plan that is there already changes nothing."""
        ready, now = this.ready, self._clock.now()
        about = (this.plan_id, ready.sku, ready.sku_version, this.scope, this.number, ready.batch_id, ready.category)
        if await tx.fetchval(SQL["plan_insert"], *about, this.policy.ref, this.change, now) is None:
            return
        await self._library.keep(tx, this.policy)
        items = tuple(
            PlanItem(
                item_id=ids.item_id(this.plan_id, draft.slot, draft.index),
                slot=draft.slot,
                mode=draft.mode,
                preset=draft.preset,
                capture_ids=(draft.capture.capture_id,),
                index=draft.index,
            )
            for draft in drafts
        )
        carried = {name: getattr(ready, name) for name in _CARRIED}
        named = stamp("GenerationPlanned", this.plan_id, at=now)
        await tx.emit(
            GenerationPlanned(
                **named,
                **carried,
                plan_id=this.plan_id,
                round=this.number,
                items=items,
                presets=this.policy.ref,
                choices=this.choices,
            )
        )
        for draft, item in zip(drafts, items, strict=True):
            await self._begin(tx, this, draft, item.item_id)

    async def _begin(self, tx: Tx, this: "_Round", draft: Draft, item_id: UUID) -> None:
        """Store one item and enqueue its first step, or refuse it at once."""
        cutout_id = None
        preset = this.policy.presets.presets.get(draft.preset)
        if draft.refusal is None and preset is not None and preset.needs_cutout:
            cutout_id = await self._cutout(tx, this, draft.capture)
        variant_id = ids.variant_id(item_id, this.number)
        named = (item_id, this.plan_id, variant_id, this.ready.sku, this.ready.sku_version, this.number)
        what = (draft.slot, draft.index, draft.mode, draft.preset, draft.capture, cutout_id)
        await tx.execute(SQL["item_insert"], *named, *what, self._clock.now())
        if draft.refusal is not None:
            await self._refuse(tx, item_id, draft.refusal)
        elif self._offers.offer(draft.preset) is not None:
            await tx.enqueue(BUY, ItemPayload(item_id=item_id), key=str(item_id), priority=this.priority)
        elif cutout_id is None:
            kind = KEEP if preset is None or not preset.keep_light else LIGHT
            await tx.enqueue(kind, ItemPayload(item_id=item_id), key=str(item_id), priority=this.priority)
        else:
            await self._continue(tx, item_id, cutout_id, this.priority)

    async def _cutout(self, tx: Tx, this: "_Round", capture: Capture) -> UUID:
        """Return the cut-out of this capture with these hints; it is made if it is not there yet."""
        hints = this.change or RegenerationChange()
        wanted = hints.model_dump(mode="json", include={"box", "strokes"})
        drawn = hashlib.sha256(hints.model_dump_json(include={"box", "strokes"}).encode()).hexdigest()
        sku = (this.ready.sku, this.ready.sku_version)
        cutout_id = ids.derive("cutout", *sku, capture.capture_id, drawn, self._recipe)
        await tx.execute(SQL["cutout_insert"], cutout_id, capture.source, wanted, self._recipe)
        await tx.execute(SQL["cutout_again"], cutout_id)
        return cutout_id

    async def _continue(self, tx: Tx, item_id: UUID, cutout_id: UUID, priority: Priority) -> None:
        """Start where the cut-out is: to be removed, ready to be replaced, or refused before."""
        cutout = await tx.fetchrow(SQL["cutout_lock"], cutout_id)
        assert cutout
        match cutout["state"]:
            case "pending":
                await tx.enqueue(REMOVE, RemovePayload(cutout_id=cutout_id), key=str(cutout_id), priority=priority)
            case "passed":
                await tx.execute(SQL["item_removed"], item_id)
                await tx.enqueue(REPLACE, ItemPayload(item_id=item_id), key=str(item_id), priority=priority)
            case _:
                await self._refuse(tx, item_id, Refusal(**cutout["refusal"]))

    async def _refuse(self, tx: Tx, item_id: UUID, refusal: Refusal) -> None:
        item = await tx.fetchrow(SQL["item_get"], item_id)
        assert item
        await self._outcomes.refuse(tx, item, refusal)


@dataclass(frozen=True, slots=True)
class _Round:
    """One plan to be: `change` is what a person wished, absent in the first round."""

    ready: SkuReady
    scope: str
    number: int
    policy: Policy
    choices: tuple[CaptureChoice, ...] = ()
    change: RegenerationChange | None = None

    @property
    def plan_id(self) -> UUID:
        return ids.plan_id(self.ready.sku, self.ready.sku_version, self.scope, self.number)

    @property
    def priority(self) -> Priority:
        """A person who waits goes ahead of the backlog."""
        return Priority.REVIEWER if self.number > 1 else Priority.BACKLOG
