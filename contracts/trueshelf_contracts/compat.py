"""What a change of a schema means to records that exist and to readers that are running.

A record lives for 30 days on its topic and for ever in the audit log, and services are deployed one after another: a
schema of version 1 may only grow. Breaking: a field gone, a field that becomes required or optional, a type or a set of
values that shrinks, a limit that tightens, a pattern or format that changes. Growing is additive; where running readers
would refuse the new values, the change says that readers are deployed first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ADVICE = (
    "Keep version 1 as it is: add a new schema version with an upcaster that turns old records into new ones, "
    "and an ADR that says why (docs/adr)."
)
READERS_FIRST = "deploy every reader before the producer"
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "multipleOf", "uniqueItems")

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a committed schema and the code."""

    model: str
    field: str
    breaking: bool
    what: str

    def __str__(self) -> str:
        place = f"{self.model}.{self.field}" if self.field else self.model
        return f"{'BREAKING' if self.breaking else 'additive'}: {place}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two documents that `$ref` is resolved in, and the model's name for the messages."""

    model: str
    old: Node
    new: Node

    def broke(self, field: str, what: str) -> Change:
        return Change(self.model, field, breaking=True, what=what)

    def grew(self, field: str, what: str) -> Change:
        return Change(self.model, field, breaking=False, what=what)


def compare_all(old: Mapping[str, Node], new: Mapping[str, Node]) -> list[Change]:
    """Return every change between two sets of schemas by model name, breaking ones first."""
    changes = [Change(name, "", breaking=True, what="is gone") for name in sorted(old.keys() - new.keys())]
    changes += [Change(name, "", breaking=False, what="is new") for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        changes += compare(name, old[name], new[name])
    return sorted(changes, key=lambda change: not change.breaking)


def compare(model: str, old: Node, new: Node) -> list[Change]:
    """Return what differs between two schemas of `model`; empty when they mean and say the same."""
    changes = list(_node(_Pair(model, old, new), "", old, new))
    if not changes and old != new:
        changes.append(Change(model, "", breaking=False, what="words changed (title, description or order)"))
    return changes


def _resolved(document: Node, node: Node) -> Node:
    while "$ref" in node:
        node = document["$defs"][str(node["$ref"]).rsplit("/", 1)[-1]]
    return node


def _kind(node: Node) -> str:
    """Return the JSON type of a resolved node; `any` where everything is allowed."""
    if "type" in node:
        return str(node["type"])
    values = node.get("enum", [node["const"]] if "const" in node else [])
    return (
        {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(values[0]), "any")
        if values
        else "any"
    )


def _alternatives(document: Node, node: Node) -> dict[str, Node]:
    """Return the ways in which a value may be valid, by JSON type; several object types are told apart by title."""
    node = _resolved(document, node)
    members = [_resolved(document, member) for member in node.get("anyOf", node.get("oneOf", [node]))]
    kinds = [_kind(member) for member in members]
    return {
        kind if kinds.count(kind) == 1 else f"{kind} {member.get('title', '')}": member
        for kind, member in zip(kinds, members, strict=True)
    }


def _node(pair: _Pair, field: str, old: Node, new: Node) -> Iterator[Change]:
    before, after = _alternatives(pair.old, old), _alternatives(pair.new, new)
    for kind in before.keys() - after.keys():
        if kind == "integer" and "number" in after:
            yield pair.grew(field, f"type widened from integer to number; {READERS_FIRST}")
        elif "any" not in after:
            yield pair.broke(
                field, f"type narrowed: {kind} is no longer allowed ({_listed(before)} → {_listed(after)})"
            )
    for kind in after.keys() - before.keys():
        if kind == "any":
            yield pair.grew(field, f"type widened from {_listed(before)} to any; {READERS_FIRST}")
        elif "any" in before:
            continue
        elif not (kind == "number" and "integer" in before):
            yield pair.grew(field, f"type widened: {kind} is allowed too; {READERS_FIRST}")
    for kind in sorted(before.keys() & after.keys()):
        yield from _same_kind(pair, field, before[kind], after[kind])


def _listed(kinds: Mapping[str, Node]) -> str:
    return " or ".join(sorted(kinds))


def _same_kind(pair: _Pair, field: str, old: Node, new: Node) -> Iterator[Change]:
    yield from _values(pair, field, old, new)
    yield from _limits(pair, field, old, new)
    yield from _fields(pair, field, old, new)
    for part, mark in (("items", "[]"), ("additionalProperties", "{}"), ("propertyNames", "{key}")):
        if isinstance(old.get(part), Mapping) and isinstance(new.get(part), Mapping):
            yield from _node(pair, f"{field}{mark}", old[part], new[part])
        elif old.get(part) != new.get(part):
            yield pair.broke(f"{field}{mark}", f"what it holds changed from {old.get(part)} to {new.get(part)}")
    places = zip(old.get("prefixItems", []), new.get("prefixItems", []), strict=False)
    for index, (was, now) in enumerate(places):
        yield from _node(pair, f"{field}[{index}]", was, now)
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield pair.grew(field, f"default changed from {old['default']!r} to {new['default']!r}")


def _values(pair: _Pair, field: str, old: Node, new: Node) -> Iterator[Change]:
    before, after = _choices(old), _choices(new)
    if before is None and after is None:
        return
    if after is None:
        yield pair.grew(field, f"type widened: any value instead of {', '.join(sorted(before or ()))}; {READERS_FIRST}")
    elif before is None:
        yield pair.broke(field, f"type narrowed: only {', '.join(sorted(after))} are allowed now")
    else:
        for value in sorted(before - after):
            yield pair.broke(field, f"enum value {value} removed")
        for value in sorted(after - before):
            yield pair.grew(field, f"enum value {value} added; {READERS_FIRST}")


def _choices(node: Node) -> frozenset[str] | None:
    if "const" in node:
        return frozenset({repr(node["const"])})
    return frozenset(map(repr, node["enum"])) if "enum" in node else None


def _limits(pair: _Pair, field: str, old: Node, new: Node) -> Iterator[Change]:
    for name in (*_LOWER, *_UPPER):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        tighter = was is None or (now is not None and (now > was if name in _LOWER else now < was))
        if tighter:
            yield pair.broke(field, f"{name} tightened from {was} to {now}")
        else:
            yield pair.grew(field, f"{name} loosened from {was} to {now}; {READERS_FIRST}")
    for name in _EXACT:
        was, now = old.get(name), new.get(name)
        if was != now and now is None:
            yield pair.grew(field, f"{name} {was} dropped; {READERS_FIRST}")
        elif was != now:
            yield pair.broke(field, f"{name} changed from {was} to {now}")


def _fields(pair: _Pair, field: str, old: Node, new: Node) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() | after.keys()):
        path = f"{field}.{name}" if field else name
        if name not in after:
            yield pair.broke(path, "field removed")
        elif name not in before and name in needs:
            yield pair.broke(path, "new field is required: records that exist lack it; give it a default")
        elif name not in before:
            yield pair.grew(path, "optional field added")
        else:
            if name in needs - needed:
                yield pair.broke(path, "became required: records that exist may lack it")
            if name in needed - needs:
                yield pair.broke(path, "became optional: readers of the former release refuse records without it")
            yield from _node(pair, path, before[name], after[name])
