"""qa's use cases. Nothing here says yes to a picture: qa prepares, a person decides (R-53)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from trueshelf_contracts.event import PolicyPublished
from trueshelf_contracts.ingest import SkuChanged, SkuReady
from trueshelf_contracts.qa import Evidence as EvidenceRef
from trueshelf_contracts.qa import Report
from trueshelf_contracts.refs import ObjectRef
from trueshelf_qa.domain.results import Words
from trueshelf_qa.policy import Policy, as_json
from trueshelf_qa.ports import Evidence, Pixels
from trueshelf_qa.reports import encode, report_of, unjudged_report
from trueshelf_qa.sql import SQL
from trueshelf_qa.subjects import Subject, checked, order_of, subject_of
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.origin import stamp

COMPARE = "qa.compare"


class ComparePayload(BaseModel):
    """Which subject to compare."""

    subject_id: UUID


class NotChecked(Exception):  # noqa: N818 - it says what is the case
    """There is no report for this id, and why."""


@dataclass(frozen=True, slots=True)
class Qa:
    """Takes subjects in, compares them, states what was found."""

    db: Database
    store: Evidence
    children: Pixels
    clock: Clock
    policy: Policy
    limits: Limits
    similarity: dict[str, Any] | None = None
    """The similarity model, as children are told of it."""

    async def take(self, tx: Tx, event: Subject) -> None:
        """Remember what is to be compared and enqueue the job; what belongs to an old version ends here, quietly."""
        order, now = order_of(event), self.clock.now()
        old = await self._is_old(tx, event.sku, event.sku_version)
        state, finished = ("ended", now) if old else ("pending", None)
        data = event.model_dump(mode="json")
        new = await tx.fetchval(
            SQL["subject_insert"],
            *(order.subject_id, order.kind, event.sku, event.sku_version, data, state, now, finished),
        )
        if new is not None and not old:
            payload = ComparePayload(subject_id=order.subject_id)
            await tx.enqueue(COMPARE, payload, key=str(order.subject_id), priority=order.priority)

    async def change_sku(self, tx: Tx, event: SkuChanged) -> None:
        """End what is pending for older versions (R-16): nobody will decide about it any more."""
        await tx.execute(SQL["version_raise"], event.sku, event.sku_version)
        await tx.execute(SQL["subjects_end_older"], event.sku, event.sku_version, self.clock.now())

    async def know(self, tx: Tx, event: SkuReady) -> None:
        """Keep what the seller says of an article: checks hold pictures against it (R-54)."""
        kit = list(event.kit)
        await tx.execute(SQL["card_keep"], event.sku, event.sku_version, event.title, event.description, kit)

    async def pending(self, subject_id: UUID) -> Subject | None:
        """Return the subject's event while it waits to be compared."""
        row = await self.db.fetchrow(SQL["subject_get"], subject_id)
        return None if row is None or row["state"] != "pending" else subject_of(row["kind"], row["event"])

    async def compare(self, event: Subject) -> Report:
        """Compare in a child process; its evidence pictures lie in storage when this returns."""
        order = order_of(event)
        pictures = tuple([await self.store.get(ref) for ref in order.pictures])
        request = order.request(as_json(self.policy.limits(order.profile, order.category)))
        request["similarity"] = self.similarity
        card = await self.db.fetchrow(SQL["card_get"], event.sku, event.sku_version)
        request["asked"] |= dict(card) if card is not None else {}
        done = await self.children.call("trueshelf_qa.pixels:compare", request, blobs=pictures, limits=self.limits)
        crash_point("qa.after_compare")
        evidence = [
            EvidenceRef(
                kind=shown["kind"],
                check=shown["check"],
                image=await self.store.put("evidence", png, "image/png", width=shown["width"], height=shown["height"]),
            )
            for shown, png in zip(done.value["evidence"], done.blobs, strict=True)
        ]
        return report_of(order, done.value, self.policy.ref, tuple(evidence))

    def unjudged(self, event: Subject, why: Words) -> Report:
        """Return the report that nothing could be judged."""
        return unjudged_report(order_of(event), why, self.policy.ref)

    async def keep(self, report: Report) -> ObjectRef:
        """Store the report under its own hash, before any row or event names it."""
        return await self.store.put("evidence", encode(report), "application/json")

    async def state(self, tx: Tx, event: Subject, report: Report, stored: ObjectRef) -> None:
        """Write the outcome and its fact, once, and only while the version is current."""
        row = await tx.fetchrow(SQL["subject_lock"], report.subject_id)
        if row is None or row["state"] != "pending":
            return
        now = self.clock.now()
        if await self._is_old(tx, event.sku, event.sku_version):
            await tx.execute(SQL["subject_ended"], report.subject_id, now)
            return
        outcome = stored.model_dump(mode="json")
        await tx.execute(SQL["subject_checked"], report.subject_id, report.verdict, outcome, now)
        name = "VariantChecked" if report.subject == "variant" else "RenditionChecked"
        named = stamp(name, report.subject_id, at=now)
        await tx.emit(checked(event, named, report, stored, report.thresholds))

    async def publish_thresholds(self) -> None:
        """State the thresholds' version as a fact, once per version."""
        ref, now = self.policy.ref, self.clock.now()
        async with self.db.transaction() as tx:
            if await tx.fetchval(SQL["thresholds_publish"], ref.version, ref.sha256, now) is None:
                return
            named = stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=now)
            await tx.emit(PolicyPublished(**named, policy=ref))

    async def report(self, subject_id: UUID) -> tuple[ObjectRef, bytes]:
        """Return where a subject's report lies, and its bytes. Raises NotChecked."""
        row = await self.db.fetchrow(SQL["subject_get"], subject_id)
        if row is None:
            raise NotChecked(f"qa has never been asked to compare {subject_id}")
        if row["report"] is None:
            why = "is waiting to be compared" if row["state"] == "pending" else "ended uncompared: its SKU has changed"
            raise NotChecked(f"{row['kind']} {subject_id} {why}")
        ref = ObjectRef.model_validate(row["report"])
        return ref, await self.store.get(ref)

    async def _is_old(self, tx: Tx, sku: str, version: int) -> bool:
        newest = await tx.fetchval(SQL["version_of"], sku)
        return newest is not None and newest > version
