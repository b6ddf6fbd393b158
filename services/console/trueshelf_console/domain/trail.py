"""What an entry of the log says, as a sentence for people: one for every kind of event.

It reads JSON, not the models: an entry of an earlier or later version is told as far as its fields go.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Event = Mapping[str, Any]
MOST_PICTURES = 3

SENTENCES: Final[Mapping[str, str]] = {
    "CaptureAccepted": "%(who)s delivered a photo (%(shot)s). It passed the check of photos.",
    "CaptureRefused": "A photo (%(shot)s) that %(who)s delivered was refused: %(findings)s",
    "SkuReady": "All photos that are needed are there: “%(title)s”, category %(category)s.",
    "SkuChanged": "%(who)s changed the article; it is now version %(version)s: %(reason)s",
    "BatchOpened": "A batch of the category %(category)s was opened.",
    "BatchSealed": "The batch was sealed with %(count)s SKUs: nothing joins it any more.",
    "GenerationPlanned": "%(count)s drafts were planned, round %(round)s.",
    "VariantGenerated": "A draft was made: %(slot)s, %(mode)s, by %(generator)s.",
    "GenerationRefused": "A draft was not made (%(slot)s): %(reason)s",
    "VariantChecked": "A draft was compared with its source (%(slot)s): %(verdict)s.",
    "RenditionChecked": "A file for %(marketplace)s was checked after compression (%(slot)s): %(verdict)s.",
    "VariantApproved": "%(who)s approved a picture: it may be shown to buyers (%(slot)s).",
    "VariantRejected": "%(who)s rejected a draft (%(slot)s): %(reasons)s",
    "VariantNotChosen": "A draft was not chosen (%(slot)s): %(who)s approved another one.",
    "VariantDisputed": "%(who)s was in doubt about a draft (%(slot)s) and asked a senior reviewer: %(reasons)s",
    "RegenerationAsked": "%(who)s asked for new drafts (%(slot)s), round %(round)s.",
    "ReshootAsked": "%(who)s asked for new photos (%(shots)s): %(reasons)s",
    "SlotAbandoned": "%(who)s decided that the listing does without this picture (%(slot)s): %(reasons)s",
    "ApprovalWithdrawn": "An approval was withdrawn (%(slot)s): %(cause)s. %(reasons)s",
    "RenditionAccepted": "%(who)s accepted a file for %(marketplace)s that the machine had doubted (%(slot)s).",
    "RenditionRejected": "%(who)s rejected a file for %(marketplace)s (%(slot)s): %(reasons)s",
    "SpotCheckCommitted": "The lot for the spot check was drawn and sealed: one in %(rate)s will be looked at again.",
    "SpotCheckDrawn": "The spot check was opened: %(sample)s will be looked at again.",
    "SpotCheckPassed": "The spot check was passed (%(basis)s). Looked at again by: %(checkers)s",
    "BatchQuarantined": "%(who)s found something bad in the spot check of %(bad)s: nothing of the batch leaves. "
    "%(reasons)s",
    "BatchReleased": "%(who)s ended the quarantine of the batch: %(reason)s",
    "SkuHeld": "The SKU is held, nothing of it may be exported: %(reason)s",
    "SkuFreed": "The hold ended: %(reason)s",
    "ExportOrdered": "%(who)s ordered the files for %(marketplace)s.",
    "RulesConfirmed": "%(who)s confirmed the rules of %(marketplace)s, read on %(checked_on)s at: %(source)s",
    "RenditionRendered": "A file for %(marketplace)s was made (%(slot)s).",
    "PackReady": "The pack for %(marketplace)s is ready with %(count)s files; %(who)s had ordered it.",
    "PackRefused": "No pack for %(marketplace)s was made: %(findings)s",
    "PackWithdrawn": "The pack for %(marketplace)s was withdrawn: %(cause)s. Downloaded before by: %(takers)s",
    "OutcomeRecorded": "%(who)s recorded for %(marketplace)s: %(outcome)s. %(reason)s",
    "AccountChanged": "The account of %(account)s: %(change)s. Roles: %(roles)s",
    "ActRecorded": "%(who)s: %(act)s %(target)s (%(ending)s). %(reason)s",
    "PolicyPublished": "A new version of a policy is in force: %(policy)s.",
}
UNKNOWN: Final = "An event of the kind %(type)s, which this version does not know in words."
UNREADABLE: Final = "A record that cannot be read. It is kept byte for byte."

WORDS: Final[Mapping[str, str]] = {
    "main": "main picture",
    "detail": "detail",
    "macro": "macro",
    "scale": "scale",
    "profile": "side view",
    "bundle": "whole kit",
    "instructions": "instructions",
    "chart": "size chart",
    "social": "social media",
    "front": "front",
    "clasp": "clasp",
    "piece": "single piece",
    "clear": "nothing found",
    "flag": "look closely",
    "stop": "stop",
    "unjudged": "the machine could not tell",
    "sku_changed": "the article has changed",
    "approval_withdrawn": "an approval was withdrawn",
    "sku_held": "held after a spot check",
    "person": "a person decided so",
    "spot_check": "the spot check found something",
    "outcome": "because of what the marketplace or buyers said",
    "sample": "every sampled SKU was good",
    "release": "a senior released the batch",
    "nothing_approved": "nothing was approved in the batch",
    "moderation_accepted": "accepted by moderation",
    "moderation_rejected": "rejected by moderation",
    "return_not_as_pictured": "returned: not as pictured",
    "return_wrong_colour": "returned: wrong colour",
    "exact_card": "exact card",
    "white_background": "white background",
    "jewelry": "jewelry",
    "clothing_on_model": "clothing on a model",
    "lifestyle": "lifestyle",
    "as_shot": "the photo as it was taken",
    "created": "created",
    "roles_changed": "roles changed",
    "deputy_named": "deputy named",
    "closed": "closed",
    "reopened": "opened again",
    "done": "done",
    "refused": "refused",
    "nobody": "nobody",
    "console.login": "logged in",
    "console.logout": "logged out",
    "export.pack_downloaded": "downloaded a pack",
    "audit.read": "read the log",
    "audit.verify": "asked for a verification of the log",
    "console.audit_download": "downloaded entries of the log",
    "console.audit_evidence": "downloaded the evidence for",
}
"""Codes in the log → words; both are looked up in the reader's language."""

SIGNATURES: Final[Mapping[str | None, str]] = {
    "valid": "The decision is signed by the review service, and the signature is right.",
    "invalid": "The signature does not fit the decision: it must not be believed.",
    "missing": "A decision of this kind is signed; this one is not: it must not be believed.",
    "unknown_key": "The decision is signed with a key that the log does not know.",
    None: "Events of this kind carry no signature of their own; the log's checkpoints cover them.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of SENTENCES and what stands in it. `codes` are looked up in WORDS, `people` are account ids."""

    text: str
    values: Mapping[str, str]
    codes: Mapping[str, Sequence[str]]
    people: Mapping[str, Sequence[str]]


def said(event: Event | None) -> Said:
    """Return what an event says. An unknown kind says that it is unknown."""
    if not event:
        return Said(UNREADABLE, {}, {}, {})
    kind = str(event.get("type"))
    text = SENTENCES.get(kind)
    if text is None:
        return Said(UNKNOWN, {"type": kind}, {}, {})
    return Said(text, _values(event), _codes(event), _people(event))


def _values(event: Event) -> dict[str, str]:
    """Return everything that any sentence might name, as it stands."""
    get = _get(event)
    values = {name: get(name) for name in ("marketplace", "category", "rate", "checked_on", "round", "target", "title")}
    values["version"] = get("sku_version")
    values["source"] = get("source") if isinstance(event.get("source"), str) else ""
    refusal = event.get("reason")
    values["reason"] = str(refusal.get("message", "")) if isinstance(refusal, Mapping) else get("reason")
    values["reasons"] = "; ".join(reason_texts(event))
    values["findings"] = "; ".join(
        str(line.get("message", "")) for name in ("findings", "reasons") for line in _list(event, name)
    )
    counted = next((name for name in ("items", "files", "members") if name in event), "")
    values["count"] = str(len(_list(event, counted)))
    values["generator"] = _generator(event)
    values["sample"] = ", ".join(str(line.get("sku", "")) for line in _list(event, "sample"))
    values["bad"] = str(_map(event, "bad").get("sku", ""))
    values["roles"] = ", ".join(str(role) for role in event.get("roles") or ())
    policy = _map(event, "policy")
    values["policy"] = " ".join(str(policy.get(name, "")) for name in ("kind", "name", "version"))
    return values


def _codes(event: Event) -> dict[str, Sequence[str]]:
    get = _get(event)
    capture = _map(event, "capture")
    return {
        "slot": (get("slot"),),
        "mode": (get("mode"),),
        "verdict": (get("verdict"),),
        "basis": (get("basis"),),
        "act": (get("act"),),
        "ending": (get("outcome"),),
        "outcome": (get("kind"),),
        "change": (get("change"),),
        "cause": (get("cause") or get("reason"),),
        "shot": (str(capture.get("shot", "")) or get("shot"),),
        "shots": [str(shot) for shot in event.get("shots") or ()],
    }


def _people(event: Event) -> dict[str, Sequence[str]]:
    actor = _map(event, "actor")
    return {
        "who": [str(actor["id"])] if actor.get("id") else [],
        "account": [str(event.get("account_id", ""))],
        "checkers": [str(line.get("id", "")) for line in _list(event, "checked_by")],
        "takers": [str(taker) for taker in event.get("downloaded_by") or ()],
    }


def reason_texts(event: Event) -> list[str]:
    """Return the reasons of a rejection or withdrawal: code, item of the checklist, and the reviewer's words."""
    lines = []
    for reason in _list(event, "reasons"):
        if "code" in reason and "severity" not in reason:
            item = f" ({reason['checklist_item']})" if reason.get("checklist_item") else ""
            note = f": {reason['note']}" if reason.get("note") else ""
            lines.append(f"{reason['code']}{item}{note}")
    return lines


def ids_in(events: Sequence[Event | None]) -> set[str]:
    """Return every account that the sentences of these events name."""
    return {person for event in events if event for people in _people(event).values() for person in people if person}


def pictures_of(event: Event | None, smaller: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (what it is, reference) of the pictures to show beside an event; `smaller` maps a hash to its preview."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    seen: set[str] = set()
    for what, ref in _refs(event or {}):
        if what in ("source", "master", "rendition") and ref["sha256"] not in seen:
            seen.add(ref["sha256"])
            found.append((what, smaller.get(ref["sha256"], ref)))
    return found[:MOST_PICTURES]


def previews_in(events: Sequence[Event | None]) -> dict[str, Mapping[str, Any]]:
    """Return hash of a source or master → reference of its small preview, as far as these events name both."""
    result: dict[str, Mapping[str, Any]] = {}
    for event in events:
        for holder in (event or {}, _map(event or {}, "capture")):
            preview = holder.get("preview")
            full = holder.get("master") or holder.get("source")
            if isinstance(preview, Mapping) and isinstance(full, Mapping) and "sha256" in full:
                result[str(full["sha256"])] = preview
    return result


def _refs(data: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for holder in (data, _map(data, "capture")):
        for name in ("source", "master", "rendition"):
            ref = holder.get(name)
            if isinstance(ref, Mapping) and {"bucket", "key", "sha256", "size", "media_type"} <= ref.keys():
                yield name, ref


def _generator(event: Event) -> str:
    generator = event.get("generator")
    if isinstance(generator, Mapping):
        return f"{generator.get('name', '')} {generator.get('version', '')}".strip()
    return str(generator or "")


def _get(event: Event) -> Callable[[str], str]:
    return lambda name: str(event[name]) if event.get(name) is not None else ""


def _list(event: Event, name: str) -> list[Mapping[str, Any]]:
    value = event.get(name)
    return [line for line in value if isinstance(line, Mapping)] if isinstance(value, list | tuple) else []


def _map(event: Event, name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}
