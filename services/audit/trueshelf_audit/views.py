"""What the API shows of the log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from trueshelf_audit.domain.entry import StoredEntry, base64_text, header_list
from trueshelf_audit.domain.index import index_value
from trueshelf_audit.domain.verify import Report


class EntryView(BaseModel):
    """One entry. `seq` is the order that counts; `occurred_at` is the producer's clock, `logged_at` the log's."""

    seq: int
    logged_at: datetime
    topic: str
    partition: int
    offset: int
    type: str | None
    event_id: UUID | None
    sku: str | None
    sku_version: int | None
    batch_id: UUID | None
    actor_id: str | None
    occurred_at: datetime | None
    drill: bool
    signature: str | None = Field(description="valid, invalid, missing, unknown_key; none where none is asked for")
    leaf_hash: str = Field(description="base64")
    event: dict[str, Any] | None = Field(description="the record's JSON; none where it cannot be read")


class RawEntryView(EntryView):
    """One entry with every byte of its record."""

    key: str | None = Field(description="base64")
    value: str | None = Field(description="base64")
    headers: list[list[str | None]] = Field(description="name and base64, in order")
    timestamp_ms: int
    leaf_data: str = Field(description="the RFC 8785 JSON that the leaf hash is over")


class Page(BaseModel):
    """Entries in order, and where to go on."""

    entries: list[EntryView]
    after: int | None = Field(description="pass it as `after` for the next page; none at the end")


class Withdrawal(BaseModel):
    """What ended an approval."""

    seq: int
    at: datetime | None
    cause: str
    actor_id: str | None


class ApprovalView(BaseModel):
    """Who approved which variant of which SKU from which source, made by what, when (R-100)."""

    seq: int
    event_id: UUID
    sku: str
    sku_version: int
    variant_id: str
    slot: str
    meaning: str
    approver: str = Field(description="the actor's id; names are the console's")
    role: str
    session: str
    reviewed_at: str
    logged_at: datetime
    source_file: str = Field(description="object key of the original, the photo as it was sent")
    original_sha256: str
    source_sha256: str
    ai_version: str = Field(description="name and version of the generator")
    generative: bool
    mode: str
    master_sha256: str
    report_sha256: str
    verdict: str
    override_reason: str
    drill: bool
    signature: str | None
    withdrawn: Withdrawal | None


class ApprovalPage(BaseModel):
    """Approvals in order, and where to go on."""

    approvals: list[ApprovalView]
    after: int | None


class ProofView(BaseModel):
    """That an entry is in the log of a signed size (RFC 6962, 2.1.1); `trueshelf audit proof` checks it."""

    seq: int
    leaf_data: str
    leaf_hash: str = Field(description="base64 of SHA-256(0x00 ‖ leaf_data)")
    tree_size: int
    hashes: list[str] = Field(description="base64, the sibling nearest to the leaf first")
    checkpoint: str = Field(description="the signed note")


class CheckpointView(BaseModel):
    """The newest signed size and root of the log."""

    tree_size: int
    root: str = Field(description="base64")
    note: str
    key: str = Field(description="the note's verifier key")


class VerificationView(BaseModel):
    """A verification that was asked for, and its outcome once there is one."""

    id: UUID
    asked_at: datetime
    state: str = Field(description="waiting or done")
    finished_at: datetime | None = None
    ok: bool | None = None
    report: dict[str, Any] | None = None


def entry_view(stored: StoredEntry) -> EntryView:
    return EntryView(**_entry_fields(stored))


def raw_view(stored: StoredEntry) -> RawEntryView:
    record = stored.entry.record
    return RawEntryView(
        **_entry_fields(stored),
        key=base64_text(record.key),
        value=base64_text(record.value),
        headers=header_list(record.headers),
        timestamp_ms=record.timestamp_ms,
        leaf_data=stored.entry.leaf_data().decode(),
    )


def page(stored: list[StoredEntry], limit: int) -> Page:
    after = stored[-1].entry.seq if len(stored) == limit else None
    return Page(entries=[entry_view(item) for item in stored], after=after)


def approval_views(approved: list[StoredEntry], withdrawn: list[StoredEntry]) -> list[ApprovalView]:
    """Return approvals joined with what ended them; a record that is no whole approval is left to `/entries`."""
    ends = {str(event.get("approval_id")): (item, event) for item in withdrawn if (event := _event(item))}
    views = [_approval(item, event, ends) for item in approved if (event := _event(item))]
    return [view for view in views if view is not None]


def report_json(report: Report) -> dict[str, Any]:
    """Return a verification's report as JSON: `--json`, and the API."""
    first = report.first
    return {
        "ok": report.ok,
        "sentence": report.sentence(),
        "first_bad_seq": first.seq if first else None,
        "entries": report.entries,
        "root": base64_text(report.root),
        "checkpoints": report.checkpoints,
        "copies": report.copies,
        "approvals": report.approvals,
        "repeated": report.repeated,
        "unreadable": report.unreadable,
        "problem_count": report.count,
        "problems": [
            {"kind": problem.kind, "seq": problem.seq, "sentence": problem.sentence} for problem in report.problems
        ],
        "notices": list(report.notices),
    }


def _event(stored: StoredEntry) -> dict[str, Any]:
    return index_value(stored.entry.record.value)[1] or {}


def _entry_fields(stored: StoredEntry) -> dict[str, Any]:
    entry = stored.entry
    return {
        "seq": entry.seq,
        "logged_at": entry.logged_at,
        "topic": entry.record.at.topic,
        "partition": entry.record.at.partition,
        "offset": entry.record.at.offset,
        "leaf_hash": base64_text(stored.leaf_hash),
        "event": _event(stored) or None,
        **stored.index,
    }


def _approval(
    stored: StoredEntry, event: dict[str, Any], ends: dict[str, tuple[StoredEntry, dict[str, Any]]]
) -> ApprovalView | None:
    end = ends.get(str(event.get("event_id")))
    try:
        actor, binding = event["actor"], event["binding"]
        return ApprovalView(
            seq=stored.entry.seq,
            event_id=event["event_id"],
            sku=event["sku"],
            sku_version=event["sku_version"],
            variant_id=event["variant_id"],
            slot=event["slot"],
            meaning=f"may be shown to buyers as {event['slot']}",
            approver=actor["id"],
            role=" ".join(part for part in (actor.get("level"), actor["role"]) if part),
            session=actor["session"],
            reviewed_at=event["decided_at"],
            logged_at=stored.entry.logged_at,
            source_file=event["original"]["key"],
            original_sha256=binding["original_sha256"],
            source_sha256=binding["source_sha256"],
            ai_version=binding["generator"],
            generative=event["generative"],
            mode=event["mode"],
            master_sha256=binding["master_sha256"],
            report_sha256=binding["report_sha256"],
            verdict=event["verdict"],
            override_reason=event.get("override_reason", ""),
            drill=stored.index["drill"],
            signature=stored.index["signature"],
            withdrawn=_withdrawal(*end) if end else None,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _withdrawal(stored: StoredEntry, event: dict[str, Any]) -> Withdrawal:
    at, actor = stored.index["occurred_at"], stored.index["actor_id"]
    return Withdrawal(seq=stored.entry.seq, at=at, cause=str(event.get("cause")), actor_id=actor)
