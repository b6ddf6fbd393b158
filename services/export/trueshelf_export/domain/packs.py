"""What may happen to a pack, and the sentences that travel with it."""

from collections.abc import Iterable, Mapping
from typing import Literal

from trueshelf_export.domain.profiles import Profile

PackState = Literal["waiting_rules", "rendering", "awaiting_answers", "packing", "ready", "refused", "withdrawn"]
RenditionState = Literal["pending", "rendered", "in_review", "ok", "rejected"]
WithdrawalReason = Literal["sku_changed", "approval_withdrawn", "sku_held"]

OPEN: tuple[PackState, ...] = ("waiting_rules", "rendering", "awaiting_answers", "packing")
"""May still become ready: whatever ends an approval refuses these. A `ready` pack is withdrawn instead."""

WITHDRAWN: Mapping[WithdrawalReason, tuple[str, str]] = {
    "sku_changed": (
        "the article has changed since, so its approved pictures no longer show what is shipped",
        "have the new version photographed and approved, then order again",
    ),
    "approval_withdrawn": (
        "an approval that it rests on was withdrawn",
        "order again when another picture of that slot is approved",
    ),
    "sku_held": (
        "the SKU is held because a spot check of its batch found something bad",
        "order again when a senior reviewer has released the batch",
    ),
}
"""Reason → (why, what to do)."""


def next_state(renditions: Iterable[RenditionState], *, answered: bool) -> PackState:
    """Return where a pack that is being rendered stands, given its renditions and whether all items are answered."""
    states = tuple(renditions)
    if not states or any(state != "ok" for state in states):
        return "rendering"
    return "packing" if answered else "awaiting_answers"


def warnings(
    profile: Profile,
    *,
    generative: bool,
    uneven_main: bool,
    left_out: tuple[str, ...],
    margins: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Return what the person who uploads must know, as sentences for the manifest.

    `margins` names the files whose added margin shows, because the ground of their master is not even.
    """
    holds = {"always": True, "generative": generative, "uneven_ground": uneven_main}
    sentences = [warning.text for warning in profile.warnings if holds[warning.when]]
    unsure = sorted(name for name, value in profile.values.items() if value.confidence in ("C", "U"))
    if unsure:
        sentences.append(
            f"These values of the profile rest on a single source or on none: {', '.join(unsure)}. "
            "Compare them with the marketplace's current help."
        )
    if margins:
        sentences.append(
            f"The margin that was added shows, for the ground is not even: {', '.join(margins)}. Look first."
        )
    if left_out:
        sentences.append(f"Approved, but not in this pack: {', '.join(left_out)}.")
    return tuple(sentences)
