"""Rules of delivery: what was published, claimed and waited for, whatever it is about."""

import json
from collections import Counter
from collections.abc import Iterator

from chaos.evidence import SERVICES, Evidence, references

HANDLED: dict[tuple[str, str], set[str]] = {
    ("ingest", "review"): {"ReshootAsked"},
    ("generate", "ingest"): {"SkuReady", "SkuChanged"},
    ("generate", "review"): {"RegenerationAsked"},
    ("qa", "generate"): {"VariantGenerated"},
    ("qa", "export"): {"RenditionRendered"},
    ("qa", "ingest"): {"SkuChanged"},
    ("review", "ingest"): {"SkuChanged", "BatchOpened", "BatchSealed"},
    ("review", "generate"): {"GenerationPlanned", "VariantGenerated", "GenerationRefused"},
    ("review", "qa"): {"VariantChecked", "RenditionChecked"},
    ("review", "export"): {"OutcomeRecorded"},
    ("export", "ingest"): {"SkuChanged"},
    ("export", "qa"): {"RenditionChecked"},
    ("export", "review"): {
        "VariantApproved",
        "ApprovalWithdrawn",
        "SkuHeld",
        "SkuFreed",
        "SpotCheckPassed",
        "RenditionAccepted",
        "RenditionRejected",
    },
}
"""Who acts on what: the table of the design."""


def topics_match(e: Evidence) -> Iterator[str]:
    """What stands in an outbox is published, all of it and nothing else; a record published again is the same."""
    for service in SERVICES:
        topic = f"trueshelf.{service}"
        outbox = {row["event_id"]: row for row in e.tables[f"{service}.outbox"] if row["topic"] == topic}
        unsent = [row for row in e.tables[f"{service}.outbox"] if row["published_at"] is None]
        if unsent:
            yield f"{len(unsent)} rows of {service}'s outbox were never published"
        first: dict[str, tuple[bytes | None, bytes | None, object]] = {}
        for record in e.records.get(topic, []):
            event = str(record.body.get("event_id"))
            content = (record.key, record.value, record.headers)
            if first.setdefault(event, content) != content:
                yield f"{topic}: event {event} was published twice with different content"
        for event, (_, value, _) in first.items():
            if event not in outbox:
                yield f"{topic}: event {event} stands in no outbox"
            elif bytes(outbox[event]["value"]) != value:
                yield f"{topic}: event {event} was published otherwise than its outbox row says"
        yield from (
            f"{topic}: event {event} of the outbox was never published" for event in outbox.keys() - first.keys()
        )


def inboxes_full(e: Evidence) -> Iterator[str]:
    """Who acts on an event has claimed it, exactly the events that exist."""
    for (consumer, producer), types in HANDLED.items():
        group = f"trueshelf.{consumer}.{producer}"
        claimed = {row["event_id"] for row in e.tables[f"{consumer}.inbox"] if row["consumer"] == group}
        stated = {}
        for record in e.records.get(f"trueshelf.{producer}", []):
            body = record.body
            stated[str(body.get("event_id"))] = str(body.get("type"))
        missing = Counter(kind for event, kind in stated.items() if kind in types and event not in claimed)
        yield from (f"{group}: {n} × {kind} stated and never claimed" for kind, n in missing.items())
        ghosts = claimed - stated.keys()
        if ghosts:
            yield f"{group}: {len(ghosts)} claims of events that were never published"


def witness_once(e: Evidence) -> Iterator[str]:
    """The consumer that is guarded by the inbox alone saw every event once."""
    if e.tally is None:
        return
    stated = {
        str(record.body["event_id"]): str(record.body["type"])
        for service in SERVICES[:-1]
        for record in e.records.get(f"trueshelf.{service}", [])
    }
    lost = Counter(kind for event, kind in stated.items() if event not in e.tally)
    yield from (f"the witness never took in {n} × {kind}" for kind, n in lost.items())
    twice = Counter(stated.get(event, "unknown") for event, n in e.tally.items() if n > 1)
    yield from (f"the witness took in {n} × {kind} more than once" for kind, n in twice.items())


def nothing_left(e: Evidence) -> Iterator[str]:
    """No dead letters, no failed jobs, nothing waiting; the run itself ended and no service answered 500."""
    for service in SERVICES:
        for row in e.tables[f"{service}.job_failure"]:
            yield f"{service}: job {row['name']} {row['key']} failed: {row['error_type']}: {row['error'][:150]}"
        for row in e.tables[f"{service}.jobs"]:
            yield f"{service}: job {row['entrypoint']} {row['dedupe_key']} is still {row['status']}"
        yield from (
            f"{service}: dead letter {row['id']} ({row['state']})" for row in e.tables[f"{service}.dead_letter"]
        )
    for topic, records in e.records.items():
        if topic.startswith("trueshelf.dlq.") and records:
            yield f"{topic} holds {len(records)} dead letters, the first: {str(records[0].body.get('error'))[:200]}"
    for line in e.history:
        if line["kind"] == "stalled":
            yield f"the run did not end: {line['stage']}"
        if line["kind"] == "double":
            yield f"one {line['what']} request was answered as {line['first']} and {line['second']}"
        if line["kind"] == "fault":
            yield f"{line['path']} answered {line['status']}: {line['body'][:150]}"


def objects_right(e: Evidence) -> Iterator[str]:
    """Every object that a row or an event names exists and has the named hash."""
    rows = [row for rows in e.tables.values() for row in rows]
    for ref in {json.dumps(r, sort_keys=True): r for part in (*rows, *e.events()) for r in references(part)}.values():
        found = e.objects.get((ref["bucket"], ref["key"]), "not looked for")
        if isinstance(found, str):
            yield f"object {ref['bucket']}/{ref['key']} is named and cannot be read: {found}"
        elif found[0] != ref["sha256"]:
            yield f"object {ref['bucket']}/{ref['key']} has the sha256 {found[0]}, its reference says {ref['sha256']}"
