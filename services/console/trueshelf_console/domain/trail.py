"""What an entry of the log says, as a sentence for people: one for every kind of event.

It reads JSON, not the models: an entry of an earlier or later version is told as far as its fields go.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trueshelf_console.domain.trail_words import SENTENCES, UNKNOWN, UNREADABLE

Event = Mapping[str, Any]
MOST_PICTURES = 3


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
    get = getter(event)
    values = {name: get(name) for name in ("marketplace", "category", "rate", "checked_on", "round", "target", "title")}
    values["version"] = get("sku_version")
    values["source"] = get("source") if isinstance(event.get("source"), str) else ""
    refusal = event.get("reason")
    values["reason"] = str(refusal.get("message", "")) if isinstance(refusal, Mapping) else get("reason")
    values["reasons"] = "; ".join(reasontexts(event))
    values["findings"] = "; ".join(
        str(line.get("message", "")) for name in ("findings", "reasons") for line in mappings(event, name)
    )
    counted = next((name for name in ("items", "files", "members") if name in event), "")
    values["count"] = str(len(mappings(event, counted)))
    values["generator"] = _generator(event)
    values["sample"] = ", ".join(str(line.get("sku", "")) for line in mappings(event, "sample"))
    values["bad"] = str(mapping(event, "bad").get("sku", ""))
    values["roles"] = ", ".join(texts(event, "roles"))
    policy = mapping(event, "policy")
    values["policy"] = " ".join(str(policy.get(name, "")) for name in ("kind", "name", "version"))
    return values


def _codes(event: Event) -> dict[str, Sequence[str]]:
    get = getter(event)
    capture = mapping(event, "capture")
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
        "shots": texts(event, "shots"),
    }


def _people(event: Event) -> dict[str, Sequence[str]]:
    actor = mapping(event, "actor")
    return {
        "who": [str(actor["id"])] if actor.get("id") else [],
        "account": [str(event.get("account_id", ""))],
        "checkers": [str(line.get("id", "")) for line in mappings(event, "checked_by")],
        "takers": texts(event, "downloaded_by"),
    }


def reasontexts(event: Event) -> list[str]:
    """Return the reasons of a rejection or withdrawal: code, item of the checklist, and the reviewer's words."""
    lines = []
    for reason in mappings(event, "reasons"):
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
    found = {ref["sha256"]: (what, smaller.get(ref["sha256"], ref)) for what, ref in reversed(list(_refs(event or {})))}
    return list(reversed(found.values()))[:MOST_PICTURES]


def previews_in(events: Sequence[Event | None]) -> dict[str, Mapping[str, Any]]:
    """Return hash of a source or master → reference of its small preview, as far as these events name both."""
    result: dict[str, Mapping[str, Any]] = {}
    for event in events:
        for holder in (event or {}, mapping(event or {}, "capture")):
            full = mapping(holder, "master") or mapping(holder, "source")
            if _is_ref(mapping(holder, "preview")) and _is_ref(full):
                result[full["sha256"]] = mapping(holder, "preview")
    return result


def _refs(data: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for holder in (data, mapping(data, "capture")):
        for name in ("source", "master", "rendition"):
            if _is_ref(mapping(holder, name)):
                yield name, mapping(holder, name)


def _is_ref(ref: Mapping[str, Any]) -> bool:
    return all(isinstance(ref.get(name), str) for name in ("bucket", "key", "sha256", "media_type"))


def _generator(event: Event) -> str:
    generator = event.get("generator")
    if isinstance(generator, Mapping):
        return f"{generator.get('name', '')} {generator.get('version', '')}".strip()
    return str(generator or "")


def getter(event: Event) -> Callable[[str], str]:
    return lambda name: str(event[name]) if event.get(name) is not None else ""


def mappings(event: Event, name: str) -> list[Mapping[str, Any]]:
    value = event.get(name)
    return [line for line in value if isinstance(line, Mapping)] if isinstance(value, list | tuple) else []


def texts(event: Event, name: str) -> list[str]:
    value = event.get(name)
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def mapping(event: Event, name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}
