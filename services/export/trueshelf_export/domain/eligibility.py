"""Which SKU may be exported, and every reason why one may not, each with what to do (R-82, R-89)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from trueshelf_export.domain.geometry import MasterTooSmallError, fit
from trueshelf_export.domain.profiles import Profile


@dataclass(frozen=True, slots=True)
class Approval:
    """A standing approval of the SKU's current version, as export needs it."""

    approval_id: UUID
    variant_id: UUID
    slot: str
    mode: str
    generative: bool
    master: tuple[int, int]
    drill: bool


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """A passed spot check: which approvals (slot → approval) it stands for."""

    event_id: UUID
    approvals: Mapping[str, UUID]
    drill: bool


@dataclass(frozen=True, slots=True)
class SkuState:
    """Everything that decides about one SKU; `version` is None while export never heard of it."""

    sku: str
    version: int | None
    approvals: tuple[Approval, ...]
    holds: tuple[str, ...]
    spot_checks: tuple[SpotCheck, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a stable code, and a sentence with what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """One approved picture at its place in the listing; position 1 is the main picture."""

    approval: Approval
    position: int


@dataclass(frozen=True, slots=True)
class Exportable:
    """The pack's pictures in the marketplace's order, and the spot check that they rest on."""

    places: tuple[Place, ...]
    spot_check: SpotCheck
    left_out: tuple[str, ...]


def judge_sku(state: SkuState) -> tuple[Reason, ...]:
    """Return why nothing of this SKU may leave, for whatever marketplace; empty when something may."""
    if state.version is None or not state.approvals:
        return (Reason("not_approved", _not_approved(state)),)
    reasons: list[Reason] = []
    for hold in state.holds:
        text = f"{state.sku} is held: {hold}. A senior reviewer must release the batch or withdraw its approvals first"
        reasons.append(Reason("held", text))
    slots = [approval.slot for approval in state.approvals]
    for slot in sorted({slot for slot in slots if slots.count(slot) > 1}):
        text = f"two approvals stand for slot {slot} of {state.sku}: withdraw one of them in review"
        reasons.append(Reason("slot_ambiguous", text))
    if "main" not in slots:
        text = f"{state.sku} has no approved main picture: approve one variant of slot main in review first"
        reasons.append(Reason("no_main", text))
    if passed_spot_check(state) is None:
        reasons.append(Reason("not_spot_checked", _not_spot_checked(state)))
    return tuple(reasons)


def judge(state: SkuState, profile: Profile | None, wanted: Sequence[str] | None) -> Exportable | tuple[Reason, ...]:
    """Return the pack's pictures, or every reason against it.

    `profile` is None while its numbers are not known (R-88): then only what holds for every marketplace is judged.
    `wanted` are slots chosen by the person who orders; None means all that the profile lists.
    """
    reasons = list(judge_sku(state))
    by_slot = {approval.slot: approval for approval in state.approvals}
    for slot in [slot for slot in wanted or () if slot not in by_slot]:
        text = f"slot {slot} of {state.sku} has no approved picture: approve one in review or order without it"
        reasons.append(Reason("slot_not_approved", text))
    if wanted is not None and "main" not in wanted:
        reasons.append(
            Reason("no_main", "the slots of the order leave out main: a pack has a main picture, name it too")
        )
    order = profile.slots if profile is not None else tuple(by_slot)
    listed = [slot for slot in order if slot in by_slot and (wanted is None or slot in wanted)]
    listed += [slot for slot in wanted or () if slot in by_slot and slot not in listed]
    if profile is not None and by_slot:
        reasons += _against_profile(profile, by_slot, listed)
    spot_check = passed_spot_check(state)
    if reasons or spot_check is None:
        return tuple(reasons)
    kept = listed if profile is None else listed[: profile.limits().max_files]
    return Exportable(
        places=tuple(Place(by_slot[slot], position) for position, slot in enumerate(kept, start=1)),
        spot_check=spot_check,
        left_out=tuple(sorted(set(by_slot) - set(kept))),
    )


def passed_spot_check(state: SkuState) -> SpotCheck | None:
    """Return the passed spot check that names every approval that stands now, if there is one (R-70, ADR 0005).

    An approval that was withdrawn since takes nothing from the others; one that was given since is not covered. Of
    several a drill's goes first: what practice has touched is stamped, whatever came before it.
    """
    standing = {(approval.slot, approval.approval_id) for approval in state.approvals}
    covering = [check for check in state.spot_checks if standing <= set(dict(check.approvals).items())]
    return max(covering, key=lambda check: check.drill, default=None)


def _against_profile(profile: Profile, by_slot: Mapping[str, Approval], listed: Sequence[str]) -> list[Reason]:
    reasons: list[Reason] = []
    main = by_slot.get("main")
    if main is not None and main.mode not in profile.main_modes:
        text = (
            f"the main picture was made in mode {main.mode}; for {profile.title} it is one of "
            f"{', '.join(profile.main_modes)}: approve such a variant for main"
        )
        reasons.append(Reason("main_mode", text))
    limits = profile.limits()
    for slot in listed:
        try:
            fit(by_slot[slot].master, limits.canvas, limits.minimum)
        except MasterTooSmallError as error:
            advice = "photograph it larger" + ("" if slot == "main" else " or order without this slot")
            reasons.append(Reason("master_too_small", f"{profile.title}, slot {slot}: {error}. {advice.capitalize()}"))
    return reasons


def _not_approved(state: SkuState) -> str:
    if state.version is None:
        return f"nothing of {state.sku} has been approved: take it through intake, generation and review first"
    return f"no approval stands for version {state.version} of {state.sku}: decide its cases in review first"


def _not_spot_checked(state: SkuState) -> str:
    if not state.spot_checks:
        return f"the batch of {state.sku} has not passed its spot check: it is drawn when all its SKUs are decided"
    return f"an approval of {state.sku} was given after its batch's spot check: the batch needs a new one"
