"""The life of a SKU as the console's overview sees it, event by event: the straight way and the ways beside it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from support.review_facts import Sku, blob, capture, image, sha
from trueshelf_contracts import ids
from trueshelf_contracts.event import Actor, BatchMember, Event, PolicyRef
from trueshelf_contracts.export import (
    ExportOrdered,
    OutcomeRecorded,
    PackFile,
    PackReady,
    PackRefused,
    PackWithdrawn,
    RenditionRendered,
)
from trueshelf_contracts.ingest import BatchOpened, BatchSealed, CaptureAccepted, CaptureRefused, SkuChanged, SkuReady
from trueshelf_contracts.qa import RenditionChecked
from trueshelf_contracts.refs import Finding, Placement
from trueshelf_contracts.review import (
    ApprovalWithdrawn,
    ApprovedMember,
    BatchQuarantined,
    Binding,
    ChecklistAnswer,
    Reason,
    RegenerationAsked,
    RegenerationChange,
    RenditionAccepted,
    ReshootAsked,
    SkuFreed,
    SkuHeld,
    SlotAbandoned,
    SpotCheckDrawn,
    SpotCheckPassed,
    VariantApproved,
    VariantDisputed,
    VariantRejected,
    Viewport,
)

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
WHO = Actor(id="acc_1", kind="drill", role="reviewer", level="senior", session="s")
SCREEN = Viewport(width=1600, height=1000)
PROFILE = PolicyRef(kind="profile", name="ozon", version="1", sha256="2" * 64)
WHY = (Reason(code="colour_wrong", note="redder"),)


class Life(Sku):
    """One SKU version; every event happens a minute after the one that was asked for before."""

    minutes = 0

    def event(self, kind: type[Any], /, *subject: object, **fields: Any) -> Any:
        self.minutes += 1
        at = START + timedelta(minutes=self.minutes)
        of_sku = {"sku": self.sku, "sku_version": self.version}
        stamped = {**self._at(kind.__name__, *subject), "occurred_at": at, **of_sku}
        return kind(**(stamped | fields))

    def later(self, event: Event) -> Any:
        """Return one of review's facts at this life's own time."""
        self.minutes += 1
        return event.model_copy(update={"occurred_at": START + timedelta(minutes=self.minutes)})

    def captured(self, shot: str = "front") -> CaptureAccepted:
        taken = capture(self.sku).model_copy(update={"shot": shot, "capture_id": ids.derive("capture", self.sku, shot)})
        return self.event(CaptureAccepted, shot, intake_id=ids.derive("intake"), capture=taken, actor=WHO)

    def capture_refused(self, shot: str = "macro") -> CaptureRefused:
        found = Finding(code="sharpness.blurred", severity="refuse", message="the <b>photo</b> is blurred")
        return self.event(
            CaptureRefused, shot, intake_id=ids.derive("intake"), capture_id=ids.derive("refused", self.sku, shot),
            shot=shot, original_sha256=sha("x"), findings=(found,), actor=WHO,
        )  # fmt: skip

    def ready(self, title: str = "A ring") -> SkuReady:
        return self.event(
            SkuReady, batch_id=self.batch, category=self.category, title=title, captures=(capture(self.sku),)
        )

    def approved(self, slot: str = "main", index: int = 0, round_: int = 1) -> VariantApproved:
        policy = {"checklist": PROFILE, "presets": PROFILE, "thresholds": PROFILE}
        hashes = ("original", "source", "source_pixel", "master", "master_pixel", "report")
        binding = Binding(**{f"{name}_sha256": sha(name) for name in hashes}, **policy, generator="g 1")
        return self.event(
            VariantApproved, slot, round_, **self._decision(slot, index, round_), decided_at=START,
            mode="white_background", generative=False, title="A ring", original=blob("o"), source=image("s"),
            master=image("m"), report=blob("r"), verdict="clear", binding=binding,
            answers=(ChecklistAnswer(item="colour", answer="yes"),),
        )  # fmt: skip

    def rejected(self, slot: str = "main", index: int = 0, round_: int = 1) -> VariantRejected:
        own = {"decided_at": START, "master": image("m"), "generator": "g 1", "reasons": WHY}
        return self.event(VariantRejected, slot, index, round_, **self._decision(slot, index, round_), **own)

    def disputed(self, slot: str = "main", index: int = 0) -> VariantDisputed:
        own = {"reasons": WHY, "second_case_id": ids.derive("second", self.sku)}
        return self.event(VariantDisputed, slot, index, **self._decision(slot, index, 1), **own)

    def _decision(self, slot: str, index: int, round_: int) -> dict[str, Any]:
        return {
            "batch_id": self.batch,
            "category": self.category,
            "case_id": ids.derive("case", self.sku, slot),
            "decision_id": ids.derive("decision", self.sku, slot, index, round_),
            "variant_id": self.variant_id(slot, index, round_),
            "slot": slot,
            "round": round_,
            "actor": WHO,
            "viewport": SCREEN,
        }

    def _asked(self, slot: str) -> dict[str, Any]:
        return {"batch_id": self.batch, "case_id": ids.derive("case", self.sku, slot), "slot": slot, "actor": WHO}

    def again(self, slot: str = "main", round_: int = 2) -> RegenerationAsked:
        return self.event(
            RegenerationAsked, slot, round_, **self._asked(slot), round=round_, change=RegenerationChange()
        )

    def reshoot(self, slot: str = "main", shots: tuple[str, ...] = ("macro",)) -> ReshootAsked:
        return self.event(ReshootAsked, slot, **self._asked(slot), shots=shots, reasons=WHY)

    def abandoned(self, slot: str) -> SlotAbandoned:
        return self.event(SlotAbandoned, slot, **self._asked(slot), reasons=WHY)

    def withdrawn(self, approval: VariantApproved, cause: str = "person") -> ApprovalWithdrawn:
        return self.event(
            ApprovalWithdrawn, approval.event_id, batch_id=self.batch, variant_id=approval.variant_id,
            slot=approval.slot, approval_id=approval.event_id, cause=cause, reasons=WHY, actor=WHO,
        )  # fmt: skip

    @property
    def member(self) -> BatchMember:
        return BatchMember(sku=self.sku, sku_version=self.version)

    def of_batch(self, kind: type[Any], /, *subject: object, **fields: Any) -> Any:
        self.minutes += 1
        stamped = self._at(kind.__name__, self.batch, *subject)
        stamped |= {"occurred_at": START + timedelta(minutes=self.minutes)}
        del stamped["sku"], stamped["sku_version"]
        return kind(**stamped, batch_id=self.batch, category=self.category, **fields)

    def opened(self) -> BatchOpened:
        return self.of_batch(BatchOpened, size_limit=20)

    def sealed(self, *others: BatchMember) -> BatchSealed:
        return self.of_batch(BatchSealed, members=(self.member, *others), reason="full")

    def drawn(self, *, sampled: bool = True) -> SpotCheckDrawn:
        sample = (self.member,) if sampled else (BatchMember(sku="other", sku_version=1),)
        return self.of_batch(SpotCheckDrawn, seed="0" * 64, rate=5, population=(self.member,), sample=sample)

    def passed(self, *approvals: VariantApproved) -> SpotCheckPassed:
        named = {approval.slot: approval.event_id for approval in approvals}
        member = ApprovedMember(sku=self.sku, sku_version=self.version, approvals=named)
        return self.of_batch(SpotCheckPassed, len(approvals), basis="sample", members=(member,))

    def quarantined(self) -> BatchQuarantined:
        return self.of_batch(
            BatchQuarantined, members=(self.member,), bad=self.member, reasons=WHY, next_rate=3, actor=WHO
        )

    def held(self, number: int = 1) -> SkuHeld:
        return self.event(SkuHeld, number, batch_id=self.batch, reason="its batch is quarantined")

    def freed(self, number: int = 1) -> SkuFreed:
        return self.event(SkuFreed, number, batch_id=self.batch, reason="looked at again")

    def pack(self, market: str = "ozon", number: int = 1) -> UUID:
        return ids.derive("pack", self.sku, market, number)

    def _order(self, market: str, number: int) -> dict[str, Any]:
        order = ids.derive("order", self.sku, market, number)
        return {"order_id": order, "pack_id": self.pack(market, number), "marketplace": market}

    def ordered(self, market: str = "ozon", number: int = 1, *, waits: bool = False) -> ExportOrdered:
        given = {"profile": PROFILE, "waits_for_rules": waits, "actor": WHO}
        return self.event(ExportOrdered, market, number, **self._order(market, number), **given)

    def _rendition(self, market: str, number: int) -> dict[str, Any]:
        rendition = ids.derive("rendition", self.sku, market, number)
        return {"rendition_id": rendition, "variant_id": self.variant_id(), "slot": "main"}

    def rendered(self, market: str = "ozon", number: int = 1) -> RenditionRendered:
        return self.event(
            RenditionRendered, market, number, **self._order(market, number), **self._rendition(market, number),
            approval_id=ids.derive("approval"), profile=PROFILE, category=self.category, position=1, source=image("s"),
            master=image("m"), rendition=image("r"), placement=Placement(scale=1, offset_x=0, offset_y=0),
            pad=(255, 255, 255), generative=False,
        )  # fmt: skip

    def weighed(self, market: str = "ozon", number: int = 1, verdict: str = "flag") -> RenditionChecked:
        return self.event(
            RenditionChecked, market, number, **self._order(market, number), **self._rendition(market, number),
            verdict=verdict, checks=(), report=blob("r"), rendition=blob("p"), master=blob("m"),
            category=self.category, thresholds=PROFILE,
        )  # fmt: skip

    def accepted(self, market: str = "ozon", number: int = 1) -> RenditionAccepted:
        given = {"case_id": ids.derive("c"), "decision_id": ids.derive("d"), "actor": WHO, "viewport": SCREEN}
        hashes = {"rendition_sha256": sha("p"), "report_sha256": sha("r")}
        about = {**self._order(market, number), **self._rendition(market, number)}
        return self.event(RenditionAccepted, market, number, **about, **given, **hashes)

    def packed(self, market: str = "ozon", number: int = 1) -> PackReady:
        file = PackFile(
            name="01_main.jpg", slot="main", position=1, rendition_id=ids.derive("r"), variant_id=ids.derive("v"),
            approval_id=ids.derive("a"), sha256=sha("f"), size=1, media_type="image/jpeg", width=1, height=1,
            master_sha256=sha("m"), source_sha256=sha("s"), report_sha256=sha("r"), digital_source_type="x",
        )  # fmt: skip
        given = {"pack": blob("zip", "application/zip"), "manifest_sha256": sha("m"), "files": (file,)}
        proof = {"approvals": (ids.derive("a"),), "spot_check": ids.derive("s"), "actor": WHO}
        return self.event(PackReady, market, number, **self._order(market, number), **given, **proof)

    def pack_refused(self, market: str = "ozon", number: int = 1) -> PackRefused:
        reason = Finding(code="profile.stale", severity="refuse", message="the profile is stale")
        return self.event(PackRefused, market, number, **self._order(market, number), reasons=(reason,), actor=WHO)

    def recalled(self, market: str = "ozon", number: int = 1) -> PackWithdrawn:
        return self.event(PackWithdrawn, market, number, **self._order(market, number), reason="approval_withdrawn")

    def outcome(self, kind: str = "moderation_accepted", market: str = "ozon") -> OutcomeRecorded:
        given = {"outcome_id": ids.derive("outcome", self.sku, kind), "marketplace": market, "kind": kind}
        return self.event(OutcomeRecorded, kind, market, **given, reported_on=date(2026, 11, 21), actor=WHO)

    def next_version(self) -> SkuChanged:
        fields = {"sku_version": self.version + 1, "previous_version": self.version, "reason": "other stones"}
        return self.event(SkuChanged, self.version + 1, **fields, changed=("stones",), actor=WHO)

    def drafted(self, **checked: Any) -> list[Any]:
        """Return photo, card, plan and two drafts, checked."""
        facts = [self.captured(), self.ready(), self.later(self.planned())]
        return [*facts, *(self.later(fact) for fact in self.drafts(**checked))]
