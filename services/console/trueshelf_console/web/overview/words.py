"""Words of people for stages, reasons, slots, shots and marketplaces. English here, translated when they are said."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trueshelf_console.domain.words import MARKETS, SLOTS

Say = Callable[..., str]
"""Returns a message in the reader's language: `say("Waits for %(slot)s", slot=…)`."""

STAGES: Mapping[str, str] = {
    "source": "Waiting for photos",
    "ready": "Photos complete",
    "drafts": "Drafts",
    "qa": "QA",
    "review": "Review",
    "spot": "Spot check",
    "export": "Ready for export",
    "packing": "Pack ordered",
    "packed": "Pack ready",
    "after": "After moderation",
    "held": "Held",
    "withdrawn": "Approval withdrawn",
    "ended": "Nothing approved",
    "superseded": "Replaced by a new version",
}
SHOTS: Mapping[str, str] = {
    "front": "front",
    "profile": "profile",
    "macro": "macro",
    "clasp": "clasp",
    "bundle": "bundle",
    "scale": "scale",
    "piece": "single piece",
}
RATES: Mapping[str, str] = {
    "photos": "Photos accepted",
    "ready": "SKUs with all photos",
    "drafts": "Drafts made",
    "checks": "Drafts checked",
    "decisions": "Slots decided",
    "packs": "Packs ready",
}
BACKLOG: Mapping[str, str] = {
    "drafts": "Drafts to make",
    "checks": "Drafts to check",
    "decisions": "Slots to decide",
    "packs": "Packs to make",
}
BATCH_STATES: Mapping[str, str] = {
    "open": "Open",
    "sealed": "Closed",
    "drawn": "Spot check drawn",
    "passed": "Spot check passed",
    "quarantined": "In quarantine",
    "released": "Released",
}
REASONS: Mapping[str, str] = {
    "shots_missing": "Photos are missing: %(missing)s",
    "shots_unknown": "Photos are missing; ingest does not say which",
    "photo_refused": "The photo “%(shot)s” was refused",
    "reshoot": "New photos were asked for: %(shots)s",
    "item_refused": "A draft could not be made: %(slot)s",
    "decision": "Waits for a decision: %(slot)s",
    "second": "Waits for a second reviewer: %(slot)s",
    "all_rejected": "Every draft was rejected, and nobody said what comes next: %(slot)s",
    "qa_stop": "QA stopped every draft, a senior decides: %(slot)s",
    "too_few": "Too few drafts, %(made)s of %(needed)s: %(slot)s",
    "batch_open": "Waits until its batch is closed",
    "batch_undecided": "Waits until its whole batch is decided",
    "spot_look": "In the sample: another person looks again",
    "spot_others": "Waits for the spot check of its batch",
    "spot_again": "Approved after the spot check: the batch needs a new one",
    "quarantined": "Its batch is in quarantine because of %(sku)s",
    "held": "Held: %(reason)s",
    "withdrawn": "The approval of the main picture was withdrawn",
    "rules_waiting": "The rules of %(market)s are not confirmed",
    "rendition_doubt": "A file for %(market)s waits for a decision: %(slot)s",
    "pack_refused": "The pack for %(market)s was refused",
    "pack_recalled": "The pack for %(market)s was withdrawn",
    "moderation_rejected": "Moderation of %(market)s rejected it",
    "returned": "Returns from %(market)s: %(count)s",
    "slow": "Nothing has moved for long",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What a SKU waits for: a sentence, and what the service itself said (a code and its English words)."""

    text: str
    stuck: bool
    code: str = ""
    said: tuple[str, ...] = ()
    times: int = 1


def reason(say: Say, why: Mapping[str, Any], missing: Iterable[str] | None = None) -> Reason:
    """Return a reason in words. `missing`: the shots that are not there, where ingest has told them."""
    code = why["code"]
    if code == "shots_missing" and missing is None:
        code = "shots_unknown"
    values = {name: why[name] for name in ("sku", "reason", "made", "needed", "count") if name in why}
    values |= {
        "slot": named(say, SLOTS, why.get("slot", "")),
        "shot": named(say, SHOTS, why.get("shot", "")),
        "market": MARKETS.get(why.get("market", ""), why.get("market", "")),
        "shots": ", ".join(named(say, SHOTS, shot) for shot in why.get("shots", ())),
        "missing": ", ".join(named(say, SHOTS, shot) for shot in missing or ()),
    }
    codes = why.get("codes") or [why[name] for name in ("finding", "reason", "cause") if why.get(name)]
    said = [str(why[name]) for name in ("message", "advice") if why.get(name)]
    return Reason(
        say(REASONS[code], **values) if code in REASONS else code,
        bool(why["stuck"]),
        "" if code == "held" else ", ".join(codes),
        tuple(said),
    )


def summed(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return each reason once, with how often it is there; what is stuck stands first."""
    counted = Counter(reasons)
    each = [replace(reason, times=times) for reason, times in counted.items()]
    return tuple(sorted(each, key=lambda reason: not reason.stuck))


def named(say: Say, words: Mapping[str, str], code: str) -> str:
    """Return the word for a code; the code itself where none is known."""
    return say(words[code]) if code in words else code
