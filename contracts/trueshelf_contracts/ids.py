"""Ids derived from what they name: the same fact made twice has the same id, so that everything may happen twice."""

import hashlib
from uuid import UUID, uuid5

NAMESPACE = UUID("6d1f0a52-5e0c-5b0f-9a64-6f1d3a5c7e21")
"""Root of every derived id of Trueshelf. Never change it: ids in the audit log depend on it."""


def derive(kind: str, *parts: object) -> UUID:
    """Return the UUIDv5 of `kind` and `parts`, each length-prefixed so that ("a", "bc") differs from ("ab", "c")."""
    text = "".join(f"{len(str(part))}:{part}" for part in (kind, *parts))
    return uuid5(NAMESPACE, text)


def event_id(event_type: str, *subject: object) -> UUID:
    """Return the id of the one event of `event_type` that says this about `subject`."""
    return derive("event", event_type, *subject)


def intake_id(owner: str, reference: str) -> UUID:
    """Return the id of a delivery; `reference` is the sender's name for it (Idempotency-Key, folder fingerprint)."""
    return derive("intake", owner, reference)


def capture_id(sku: str, shot: str, original_sha256: str) -> UUID:
    """Return the id of one photo of one SKU: the same bytes sent again for the same shot are the same capture."""
    return derive("capture", sku, shot, original_sha256)


def plan_id(sku: str, sku_version: int, slot_scope: str, round_: int) -> UUID:
    """Return the id of what generate will make; `slot_scope` is `all` for the first round, else the slot."""
    return derive("plan", sku, sku_version, slot_scope, round_)


def item_id(plan: UUID, slot: str, index: int) -> UUID:
    """Return the id of one item of a plan."""
    return derive("item", plan, slot, index)


def variant_id(item: UUID, round_: int) -> UUID:
    """Return the id of the one draft that an item results in."""
    return derive("variant", item, round_)


def order_sku_id(order: UUID, sku: str) -> UUID:
    """Return the id of the pack that an order makes for one SKU."""
    return derive("pack", order, sku)


def rendition_id(pack: UUID, slot: str, position: int, variant: UUID) -> UUID:
    """Return the id of one marketplace file."""
    return derive("rendition", pack, slot, position, variant)


def draw_sample(seed: bytes, members: list[str], rate: int) -> list[str]:
    """Return the members of a sealed batch whose approvals another person must look at again (R-69).

    A member is its SKU (`BatchMember.sku`): a batch holds a SKU once.
    Members are ranked by SHA-256(seed ‖ UTF-8 of the member) and the first ceil(n / rate) are taken, at least one of a
    batch that is not empty. With the seed committed before anything was decided, nobody could know the sample and
    anybody can recompute it. `rate` 5 means every fifth.
    """
    if rate < 1:
        raise ValueError(f"the spot rate is 1 or more, not {rate}")
    ranked = sorted(set(members), key=lambda member: hashlib.sha256(seed + member.encode()).digest())
    return sorted(ranked[: -(-len(ranked) // rate)])
