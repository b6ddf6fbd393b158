"""Which drafts are bought: what a standing order says in the first round, and what a person wishes later.

Nothing is bought unasked for main (R-21), and a mode of our own is never handed to a stranger.
"""

from dataclasses import replace

from trueshelf_contracts.refs import Mode, Slot
from trueshelf_generate.domain.offers import Offer, Offers
from trueshelf_generate.domain.plan import GENERATED, NOT_FOR_MAIN, Draft, Refusal, Shelf, Wish, strange_capture
from trueshelf_generate.domain.presets import DRAFTS, MAIN

COMPETING = DRAFTS[0]
"""Drafts for main (R-22): no more are bought than have to compete."""


def standing_drafts(shelf: Shelf, planned: tuple[Draft, ...], offers: Offers) -> tuple[Draft, ...]:
    """Return the drafts that standing orders add to a first round; a slot that is planned already gets a further one.

    A shot that the SKU does not have is no fault: nothing is made of nothing.
    """
    drafts: list[Draft] = []
    for standing in offers.every_sku:
        offer = offers.offer(standing.offer)
        found = shelf.of((standing.shot,))
        if standing.category not in (shelf.category, "default") or offer is None or not found:
            continue
        place = sum(draft.slot == standing.slot for draft in (*planned, *drafts))
        drafts.append(Draft(standing.slot, offer.mode, offer.name, found[0], place))
    return tuple(drafts)


def bought_round(slot: Slot, before: Draft, wish: Wish, shelf: Shelf, offers: Offers) -> tuple[Draft, ...] | None:
    """Return the drafts of a slot that an external generator shall make, or None when that is not what was wished."""
    offer = _wished(before, wish, offers)
    known = {capture.capture_id: capture for capture in shelf.captures}
    chosen = [known[wanted] for wanted in wish.capture_ids if wanted in known]
    if offer is None:
        return None
    exposures = chosen or [known.get(before.capture.capture_id, before.capture)]
    draft = Draft(slot, wish.mode or offer.mode, offer.name, exposures[0], 0)
    refusal = strange_capture(wish, known) or _impossible(slot, wish, offer)
    if refusal is not None:
        return (replace(draft, refusal=refusal),)
    count = COMPETING if slot == MAIN else 1
    return tuple(replace(draft, index=i, capture=exposures[i % len(exposures)]) for i in range(count))


def _wished(before: Draft, wish: Wish, offers: Offers) -> Offer | None:
    if wish.preset is not None:
        return offers.offer(wish.preset)
    mode: Mode = wish.mode or before.mode
    if mode == before.mode and not (wish.hinted and wish.mode is None):
        same = offers.offer(before.preset)
        if same is not None:
            return same
    return offers.for_mode(mode) if wish.mode is not None and mode not in GENERATED else None


def _impossible(slot: Slot, wish: Wish, offer: Offer) -> Refusal | None:
    if wish.mode is not None and wish.mode != offer.mode:
        said = f"preset {offer.name!r} belongs to mode {offer.mode}, not to {wish.mode}"
        return Refusal("preset_unknown", said, "Choose a preset of the mode, or leave the mode open.")
    if slot == MAIN and offer.mode == "lifestyle":
        return NOT_FOR_MAIN
    if wish.hinted:
        said = "a box or strokes say what to cut out; an external generator cannot be shown them"
        return Refusal("hints_not_for_external", said, "Leave the box and strokes out, or choose white_background.")
    return None
