"""Where each slot of a SKU version stands: drafts made, checked, decided."""

from dataclasses import dataclass
from typing import Any, Literal

from trueshelf_console.domain.progress_facts import Facts, Value

Step = Literal["reshoot", "drafting", "checking", "deciding", "decided"]
ENOUGH_FOR_MAIN = 2
"""Checked drafts that main needs before one can be approved (R-22)."""
Waits = tuple[str, bool, dict[str, Any]]
"""Code, whether it is stuck, and what belongs to it."""


@dataclass(frozen=True, slots=True)
class SlotState:
    """One slot: its step, since when, what it waits for, and the approvals that stand."""

    step: Step
    since: str
    why: tuple[Waits, ...] = ()
    approvals: tuple[str, ...] = ()
    withdrawn: str = ""
    """Why the last approval was taken back, when nothing has come after it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A slot's facts, sorted out."""

    slot: str
    by_kind: dict[str, dict[str, Value]]
    items: dict[str, tuple[int, str, str]]
    """Item → round, mode, when it was planned."""

    def of(self, kind: str) -> dict[str, Value]:
        return self.by_kind.get(kind, {})

    def last(self, kind: str) -> str:
        """When such a thing happened last; empty when it did not."""
        return max((value["at"] for value in self.of(kind).values()), default="")


def slots_of(facts: Facts) -> dict[str, SlotState]:
    """Return the state of every slot that was planned or asked for."""
    by_slot: dict[str, dict[str, dict[str, Value]]] = {}
    items: dict[str, dict[str, tuple[int, str, str]]] = {}
    for key, value in facts.items():
        kind, _, subject = key.partition(":")
        if kind == "plan":
            for item, (slot, mode) in value["items"].items():
                items.setdefault(slot, {})[item] = (value["round"], mode, value["at"])
        elif kind in _OF_A_SLOT:
            by_slot.setdefault(value["slot"], {}).setdefault(kind, {})[subject] = value
    return {
        slot: _state(_Known(slot, by_slot.get(slot, {}), items.get(slot, {}))) for slot in sorted({*by_slot, *items})
    }


_OF_A_SLOT = frozenset(
    {"made", "unmade", "checked", "approved", "rejected", "disputed", "again", "reshoot", "abandoned", "withdrawn"}
)


def _state(known: _Known) -> SlotState:
    standing = {key: value for key, value in known.of("approved").items() if key not in known.of("withdrawn")}
    if standing:
        return SlotState("decided", max(v["at"] for v in standing.values()), approvals=tuple(sorted(standing)))
    ends = {kind: known.last(kind) for kind in ("again", "abandoned", "reshoot", "withdrawn")}
    last = max(ends.values())
    if last and last == ends["abandoned"]:
        return SlotState("decided", last)
    if last and last == ends["reshoot"]:
        shots = sorted({shot for value in known.of("reshoot").values() for shot in value["shots"]})
        return SlotState("reshoot", last, (("reshoot", True, {"slot": known.slot, "shots": shots}),))
    if last and last == ends["withdrawn"]:
        causes = [value["cause"] for value in known.of("withdrawn").values() if value["at"] == last]
        return SlotState("decided", last, withdrawn=min(causes))
    return _round(known)


def _round(known: _Known) -> SlotState:
    """Return the state of the newest round."""
    rounds = [round_ for round_, _, _ in known.items.values()]
    asked = [value["round"] for value in known.of("again").values()]
    told = [value["round"] for kind in ("made", "unmade", "checked") for value in known.of(kind).values()]
    newest = max((*rounds, *asked, *told), default=1)
    items = {item: entry for item, entry in known.items.items() if entry[0] == newest}
    made = {key: v for key, v in known.of("made").items() if v["round"] == newest}
    unmade = {key: v for key, v in known.of("unmade").items() if v["round"] == newest}
    checked = {key: v for key, v in known.of("checked").items() if v["round"] == newest}
    began = max((*(at for _, _, at in items.values()), known.last("again")), default="")
    ended = {value["item"] for value in made.values()} | set(unmade)
    if not (items or ended or checked) or set(items) - ended:
        return SlotState("drafting", began or _first(known))
    unchecked = [value["at"] for key, value in made.items() if key not in checked]
    if unchecked:
        return SlotState("checking", min(unchecked))
    since = max((v["at"] for v in (*made.values(), *unmade.values(), *checked.values())), default=began)
    return SlotState("deciding", since or _first(known), tuple(_doubts(known, unmade, checked, items)))


def _first(known: _Known) -> str:
    return min(str(value["at"]) for values in known.by_kind.values() for value in values.values())


def _doubts(
    known: _Known, unmade: dict[str, Value], checked: dict[str, Value], items: dict[str, tuple[int, str, str]]
) -> list[Waits]:
    slot, found = known.slot, []
    for _, value in sorted(unmade.items()):
        about = {"slot": slot, "finding": value["code"], "message": value["message"], "advice": value["advice"]}
        found.append(("item_refused", True, about))
    rejected = known.of("rejected")
    if any(v["variant"] in checked and v["variant"] not in rejected for v in known.of("disputed").values()):
        found.append(("second", True, {"slot": slot}))
    open_ = {key: value for key, value in checked.items() if key not in rejected}
    if checked and not open_:
        found.append(("all_rejected", True, {"slot": slot}))
    elif open_ and all(value["verdict"] == "stop" for value in open_.values()):
        found.append(("qa_stop", True, {"slot": slot}))
    as_shot = any(mode == "as_shot" for _, mode, _ in items.values())
    usable = sum(1 for key in known.of("checked") if key not in rejected)
    if slot == "main" and open_ and not as_shot and usable < ENOUGH_FOR_MAIN:
        found.append(("too_few", True, {"slot": slot, "made": usable, "needed": ENOUGH_FOR_MAIN}))
    if not any(stuck for _, stuck, _ in found):
        found.append(("decision", False, {"slot": slot}))
    return found
