"""HTTP → log. Auditors and administrators read; nobody changes anything. A person's reading is itself on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query

from trueshelf_audit.adapters import queries
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.entry import base64_text
from trueshelf_audit.domain.merkle import cover, hashes_of, inclusion_ranges
from trueshelf_audit.jobs import VERIFY, VerifyPayload
from trueshelf_audit.views import (
    ApprovalPage,
    CheckpointView,
    Page,
    ProofView,
    RawEntryView,
    VerificationView,
    approval_views,
    page,
    raw_view,
)
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.problem import Problem

READERS = require("auditor", "admin")
Reader = Annotated[Principal, Depends(READERS)]
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[int, Query(ge=-1, description="entries after this seq")]
Text = Annotated[str | None, Query(min_length=1, max_length=100)]


def routers(db: Database, clock: Clock, key: NoteKey) -> tuple[APIRouter, ...]:
    """Return the API: entries, approvals, proofs and verifications."""
    return _queries(db), _approvals(db), _proofs(db, key), _verifications(db, clock)


def _queries(db: Database) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get("/entries")
    async def entries(
        who: Reader,
        *,
        sku: Text = None,
        actor: Text = None,
        kind: Annotated[str | None, Query(alias="type", max_length=100)] = None,
        since: Annotated[datetime | None, Query(alias="from")] = None,
        until: Annotated[datetime | None, Query(alias="to")] = None,
        after: After = -1,
        limit: Limit = 100,
    ) -> Page:
        """Entries that match every condition, in order of seq."""
        _zoned(since, until)
        asked = {"sku": sku, "actor": actor, "type": kind, "from": since, "to": until, "after": after}
        async with db.transaction() as tx:
            found = await queries.search(
                tx, sku=sku, actor=actor, kind=kind, since=since, until=until, after=after, limit=limit
            )
            await _read(tx, who, sku or "entries", asked, len(found))
        return page(found, limit)

    @router.get("/entries/{seq}")
    async def entry(who: Reader, seq: int) -> RawEntryView:
        """One entry with every byte of its record."""
        async with db.transaction() as tx:
            found = await queries.entry(tx, seq) if 0 <= seq < 2**63 else None
            if found is None:
                raise Problem(404, "no_such_entry", f"the log has no entry {seq}")
            await _read(tx, who, f"entry {seq}", {}, 1)
        return raw_view(found)

    @router.get("/timeline/{sku}")
    async def timeline(who: Reader, sku: str, after: After = -1, limit: Limit = 500) -> Page:
        """Everything that was said about a SKU and its batches, in order."""
        async with db.transaction() as tx:
            found = await queries.timeline(tx, sku, after=after, limit=limit)
            await _read(tx, who, sku, {"after": after}, len(found))
        return page(found, limit)

    return router


def _approvals(db: Database) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get("/approvals")
    async def approvals(
        who: Reader,
        *,
        sku: Text = None,
        actor: Text = None,
        since: Annotated[datetime | None, Query(alias="from")] = None,
        until: Annotated[datetime | None, Query(alias="to")] = None,
        after: After = -1,
        limit: Limit = 100,
    ) -> ApprovalPage:
        """Approvals: SKU variant, source file, AI version, review date, approver (R-100); each once."""
        _zoned(since, until)
        async with db.transaction() as tx:
            found = await queries.approvals(
                tx, sku=sku, actor=actor, since=since, until=until, after=after, limit=limit
            )
            ended = await queries.withdrawals(tx, sorted({item.index["sku"] or "" for item in found}))
            asked = {"sku": sku, "actor": actor, "from": since, "to": until, "after": after}
            await _read(tx, who, sku or "approvals", asked, len(found))
        last = found[-1].entry.seq if len(found) == limit else None
        return ApprovalPage(approvals=approval_views(found, ended), after=last)

    return router


def _proofs(db: Database, key: NoteKey) -> APIRouter:
    router = APIRouter(tags=["proofs"])

    @router.get("/proofs/{seq}")
    async def proof(who: Reader, seq: int) -> ProofView:
        """That an entry is in the log under its newest checkpoint."""
        async with db.transaction() as tx:
            log = queries.log_of(tx)
            head, found = await log.head(), await queries.entry(tx, seq) if 0 <= seq < 2**63 else None
            if head is None or found is None or seq >= head.size:
                raise Problem(404, "no_such_entry", f"no checkpoint covers an entry {seq}")
            ranges = inclusion_ranges(seq, head.size)
            nodes = await log.nodes([node for leaves in ranges for node in cover(leaves)])
            await _read(tx, who, f"proof {seq}", {}, 1)
        return ProofView(
            seq=seq,
            leaf_data=found.entry.leaf_data().decode(),
            leaf_hash=base64_text(found.leaf_hash) or "",
            tree_size=head.size,
            hashes=[base64_text(part) or "" for part in hashes_of(ranges, nodes.__getitem__)],
            checkpoint=head.note,
        )

    @router.get("/checkpoints/latest")
    async def latest(who: Reader) -> CheckpointView:  # noqa: ARG001 -- the dependency checks who asks
        """The newest checkpoint. Keep it elsewhere: it proves later that nothing before it was changed."""
        async with db.transaction() as tx:
            head = await queries.log_of(tx).head()
        if head is None:
            raise Problem(404, "no_checkpoint", "the log is empty: nothing was signed yet")
        return CheckpointView(tree_size=head.size, root=base64_text(head.root) or "", note=head.note, key=str(key))

    return router


def _verifications(db: Database, clock: Clock) -> APIRouter:
    router = APIRouter(tags=["verification"])

    @router.post("/verify", status_code=202)
    async def verify(who: Reader) -> VerificationView:
        """Ask for a verification of the whole log; its outcome is at `/verifications/{id}`. One runs at a time."""
        identity, at = uuid4(), clock.now()
        async with db.transaction() as tx:
            waiting = await queries.waiting_verification(tx)
            if waiting is not None:
                return VerificationView(id=waiting["id"], asked_at=waiting["asked_at"], state="waiting")
            await queries.ask_verification(tx, identity, at, who.id)
            await tx.enqueue(VERIFY, VerifyPayload(id=identity), key=str(identity))
            await act(tx, "audit.verify", target=str(identity), who=who, at=at)
        return VerificationView(id=identity, asked_at=at, state="waiting")

    @router.get("/verifications/{identity}")
    async def verification(who: Reader, identity: UUID) -> VerificationView:  # noqa: ARG001 -- as above
        """The state and outcome of a verification."""
        async with db.transaction() as tx:
            row = await queries.verification(tx, identity)
        if row is None:
            raise Problem(404, "no_such_verification", f"no verification {identity} was asked for")
        return VerificationView(
            id=identity,
            asked_at=row["asked_at"],
            state="done" if row["finished_at"] else "waiting",
            finished_at=row["finished_at"],
            ok=row["ok"],
            report=row["report"],
        )

    return router


async def _read(tx: Tx, who: Principal, target: str, asked: Mapping[str, object], found: int) -> None:
    """Put a person's reading on record. A machine's is not: what polls the log must not make it grow for ever."""
    if who.kind == "machine":
        return
    details = {name: str(value) for name, value in asked.items() if value is not None} | {"found": str(found)}
    await act(tx, "audit.read", target=target, who=who, details=details)


def _zoned(*moments: datetime | None) -> None:
    for moment in moments:
        if moment is not None and moment.tzinfo is None:
            raise Problem(422, "time_without_zone", f"{moment} has no time zone", "write 2026-11-21T10:00:00Z")
