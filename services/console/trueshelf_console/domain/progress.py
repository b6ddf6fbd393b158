"""Where a SKU version stands (R-101): a pure function of what is known of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from trueshelf_console.domain.progress_facts import Facts, Value
from trueshelf_console.domain.progress_slots import SlotState, slots_of

Stage = Literal[
    "source",
    "ready",
    "drafts",
    "qa",
    "review",
    "spot",
    "export",
    "packing",
    "packed",
    "after",
    "held",
    "withdrawn",
    "ended",
    "superseded",
]
FLOW: tuple[Stage, ...] = (
    "source", "ready", "drafts", "qa", "review", "spot", "export", "packing", "packed", "after",
)  # fmt: skip
"""The way of a SKU, in order."""
ASIDE: tuple[Stage, ...] = ("held", "withdrawn", "ended", "superseded")
"""Off the way: nothing leaves (held), an approval was taken back, nothing was approved, another version took over."""
SLOW: dict[Stage, timedelta] = {
    "source": timedelta(minutes=30),
    "ready": timedelta(hours=1),
    "drafts": timedelta(hours=1),
    "qa": timedelta(hours=1),
    "packing": timedelta(hours=1),
}
"""Who stays longer in such a stage counts as stuck, unless a backlog explains it (`progress_pace.limits`)."""


@dataclass(frozen=True, slots=True)
class Why:
    """What is waited for, as a code and what belongs to it. `stuck`: it will not go on by itself."""

    code: str
    stuck: bool
    about: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "stuck": self.stuck, **self.about}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one SKU version stands, since when, and why it does not go on."""

    stage: Stage
    since: datetime
    why: tuple[Why, ...] = ()
    category: str | None = None
    batch: str | None = None
    title: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    """planned, made, unmade, checked (drafts); slots, decided."""
    packs: dict[str, str] = field(default_factory=dict)
    """Marketplace → ordered, packed, refused or recalled."""

    @property
    def stuck(self) -> bool:
        return any(why.stuck for why in self.why)


def standing(facts: Facts) -> Standing:
    """Return where a SKU version with these facts stands. Raises ValueError when nothing is known of it."""
    if not facts:
        raise ValueError("nothing is known of this SKU version")
    slots = slots_of(facts)
    packs = _packs(facts)
    stage, since, why = _place(facts, slots, packs)
    whose = _whose(facts)
    return Standing(
        stage,
        datetime.fromisoformat(since),
        tuple(why),
        whose.get("category"),
        whose.get("batch"),
        whose.get("title", ""),
        {
            "planned": sum(len(plan["items"]) for _, plan in of(facts, "plan")),
            "made": sum(1 for _ in of(facts, "made")),
            "unmade": sum(1 for _ in of(facts, "unmade")),
            "checked": sum(1 for _ in of(facts, "checked")),
            "slots": len(slots),
            "decided": sum(1 for slot in slots.values() if slot.step == "decided"),
        },
        {market: state for market, (state, _, _) in packs.items()},
    )


_Place = tuple[Stage, str, list[Why]]
_Packs = dict[str, tuple[str, str, Value]]
"""Marketplace → (state, since, the pack's fact) of its newest order."""


def of(facts: Facts, kind: str) -> Iterator[tuple[str, Value]]:
    """Yield id and value of every fact of a kind, by id."""
    head = f"{kind}:"
    for key in sorted(facts):
        if key.startswith(head):
            yield key[len(head) :], facts[key]


def _newest(facts: Facts, *kinds: str) -> Value | None:
    return max((value for kind in kinds for _, value in of(facts, kind)), key=lambda v: str(v["at"]), default=None)


def _whose(facts: Facts) -> Value:
    """Return batch, category and title: from the newest plan or card, else what the sealed batch says."""
    return _newest(facts, "ready", "plan") or _newest(facts, "sealed") or {}


def _place(facts: Facts, slots: dict[str, SlotState], packs: _Packs) -> _Place:
    superseded = _newest(facts, "superseded")
    if superseded:
        return "superseded", superseded["at"], []
    held, freed = _newest(facts, "held"), _newest(facts, "freed", "released")
    if held and (freed is None or held["at"] >= freed["at"]):
        return "held", held["at"], [_hold(facts, held)]
    if not slots:
        return _before_drafts(facts)
    for step, stage in _STEPS:
        waiting = [slot for slot in slots.values() if slot.step == step]
        if waiting:
            since = min(slot.since for slot in waiting)
            return stage, since, [Why(code, stuck, about) for s in waiting for code, stuck, about in s.why]
    return _decided(facts, slots, packs)


_STEPS: tuple[tuple[str, Stage], ...] = (
    ("reshoot", "source"),
    ("drafting", "drafts"),
    ("checking", "qa"),
    ("deciding", "review"),
)


def _hold(facts: Facts, held: Value) -> Why:
    quarantine = _newest(facts, "quarantined")
    if quarantine:
        return Why("quarantined", stuck=True, about={"codes": quarantine["codes"], "sku": quarantine["bad"]})
    return Why("held", stuck=True, about={"reason": held["reason"]})


def _before_drafts(facts: Facts) -> _Place:
    ready = _newest(facts, "ready")
    if ready:
        return "ready", ready["at"], []
    why = []
    for _, refused in of(facts, "refused"):
        good = [a for _, a in of(facts, "accepted") if a["shot"] == refused["shot"] and a["at"] >= refused["at"]]
        if not good:
            about = {"shot": refused["shot"], "finding": refused["code"], "message": refused["message"]}
            why.append(Why("photo_refused", stuck=True, about=about))
    there = sorted({accepted["shot"] for _, accepted in of(facts, "accepted")})
    why.append(Why("shots_missing", stuck=False, about={"there": there}))
    return "source", min(value["at"] for value in facts.values()), why


def _decided(facts: Facts, slots: dict[str, SlotState], packs: _Packs) -> _Place:
    """Return the place of a SKU whose slots are all decided."""
    last = max(slot.since for slot in slots.values())
    main = slots.get("main")
    if main is not None and main.withdrawn:
        return "withdrawn", main.since, [Why("withdrawn", stuck=True, about={"cause": main.withdrawn})]
    approvals = {approval for slot in slots.values() for approval in slot.approvals}
    if not approvals:
        return "ended", last, []
    passed = [check for _, check in of(facts, "passed") if approvals <= set(check["approvals"])]
    if not passed:
        return "spot", last, [_before_spot(facts)]
    if not packs:
        return "export", min(check["at"] for check in passed), []
    return _packing(facts, packs)


def _before_spot(facts: Facts) -> Why:
    if _newest(facts, "passed"):
        return Why("spot_again", stuck=True)
    drawn = _newest(facts, "drawn")
    if drawn:
        return Why("spot_look" if drawn["sampled"] else "spot_others", stuck=False)
    return Why("batch_undecided" if _newest(facts, "sealed") else "batch_open", stuck=False)


def _packs(facts: Facts) -> _Packs:
    newest: dict[str, tuple[str, str]] = {}
    for pack_id, order in of(facts, "ordered"):
        newest[order["market"]] = max(newest.get(order["market"], ("", "")), (order["at"], pack_id))
    packs: _Packs = {}
    for market, (at, pack_id) in newest.items():
        packs[market] = ("ordered", at, {**facts[f"ordered:{pack_id}"], "pack": pack_id})
        for kind, state in (("packed", "packed"), ("unpacked", "refused"), ("recalled", "recalled")):
            ending = facts.get(f"{kind}:{pack_id}")
            if ending:
                packs[market] = (state, ending["at"], ending)
    return dict(sorted(packs.items()))


def _packing(facts: Facts, packs: _Packs) -> _Place:
    why: list[Why] = []
    for market, (state, _, pack) in packs.items():
        why += _pack_waits(facts, market, state, pack)
    at = {state: [since for found, since, _ in packs.values() if found == state] for state in ("ordered", "packed")}
    if at["ordered"]:
        return "packing", min(at["ordered"]), why
    if not at["packed"]:
        return "export", max(since for _, since, _ in packs.values()), why
    outcomes = [value for _, value in of(facts, "outcome")]
    if not outcomes:
        return "packed", min(at["packed"]), why
    return "after", min(value["at"] for value in outcomes), why + list(_said_after(outcomes, packs))


def _pack_waits(facts: Facts, market: str, state: str, pack: Value) -> Iterator[Why]:
    if state == "refused":
        yield Why("pack_refused", stuck=True, about={"market": market, "codes": pack["codes"]})
    elif state == "recalled":
        yield Why("pack_recalled", stuck=True, about={"market": market, "reason": pack["reason"]})
    elif state == "ordered":
        files = [value for _, value in of(facts, "rendered") if value["pack"] == pack["pack"]]
        if pack["waits"] and not files:
            yield Why("rules_waiting", stuck=True, about={"market": market})
        for rendition, value in of(facts, "weighed"):
            if value["pack"] == pack["pack"] and value["verdict"] != "clear" and f"settled:{rendition}" not in facts:
                yield Why("rendition_doubt", stuck=True, about={"market": market, "slot": value["slot"]})


def _said_after(outcomes: list[Value], packs: _Packs) -> Iterator[Why]:
    for market in sorted({value["market"] for value in outcomes}):
        said = [value for value in outcomes if value["market"] == market]
        state, packed_at, _ = packs.get(market, ("", "", {}))
        moderation = [v for v in said if v["kind"].startswith("moderation_")]
        last = max(moderation, key=lambda v: (str(v["at"]), str(v["kind"])), default=None)
        newer = state == "packed" and last is not None and packed_at > last["at"]
        if last and last["kind"] == "moderation_rejected" and not newer:
            yield Why("moderation_rejected", stuck=True, about={"market": market})
        returns = sum(1 for v in said if v["kind"].startswith("return_"))
        if returns:
            yield Why("returned", stuck=True, about={"market": market, "count": returns})
