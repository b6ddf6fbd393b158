"""Export on real PostgreSQL and S3: facts come in as records, jobs run in workers, people come by HTTP with tokens."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import cv2
import httpx
import numpy as np
import pytest
import pytest_asyncio

from trueshelf_contracts.event import Actor, Event, PolicyRef
from trueshelf_contracts.export import RenditionRendered
from trueshelf_contracts.ids import derive, event_id
from trueshelf_contracts.ingest import SkuChanged
from trueshelf_contracts.qa import RenditionChecked
from trueshelf_contracts.refs import ImageRef, ObjectRef
from trueshelf_contracts.review import (
    ApprovalWithdrawn,
    ApprovedMember,
    Binding,
    ChecklistAnswer,
    Reason,
    RenditionAccepted,
    RenditionRejected,
    SkuFreed,
    SkuHeld,
    SpotCheckPassed,
    VariantApproved,
    Viewport,
)
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_export.main import build
from trueshelf_imaging.pixels import encode_png, pixel_sha256
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.health import Health
from trueshelf_runtime.identity import TokenChecker
from trueshelf_runtime.intake import Intake
from trueshelf_runtime.jobs import Worker
from trueshelf_runtime.keys import ensure_keys, mint
from trueshelf_runtime.lifecycle import Parts, Runtime
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.sandbox import ChildPool
from trueshelf_runtime.storage import ObjectStore
from trueshelf_runtime.web import create_app

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHA = "ab" * 32
ANSWERS = {
    "one_sku_colour_kit": "yes",
    "gallery_frames": "not_applicable",
    "copy_promises_nothing_unseen": "yes",
    "platform_rules_checked": "yes",
}
RULES_READ = dict.fromkeys(("rules_read", "sizes_and_formats", "main_picture_rules", "category_rules"), "yes")
PRODUCERS = {SkuChanged: "ingest", RenditionChecked: "qa"}
VIEWPORT = Viewport(width=1920, height=1080)


def policy(kind: Any, name: str) -> PolicyRef:
    return PolicyRef(kind=kind, name=name, version="1", sha256=SHA)


def draft(width: int = 1600, height: int = 1200) -> np.ndarray:
    picture = np.full((height, width, 3), 245, np.uint8)
    cv2.circle(picture, (width // 2, height // 2), min(width, height) // 3, (180, 40, 60), -1, cv2.LINE_AA)
    return picture


@dataclass
class Rig:
    """One export service, taken apart into what a test drives by hand."""

    runtime: Runtime
    parts: Parts
    client: httpx.AsyncClient
    admin_dsn: str
    key: Any
    clock: SettableClock
    approvals: dict[str, dict[str, VariantApproved]] = field(default_factory=dict)
    read: set[UUID] = field(default_factory=set)

    # -- people -------------------------------------------------------------------------------------------------
    def token(self, subject: str = "drill-uploader", role: Any = "uploader", kind: Any = "drill") -> dict[str, str]:
        made = mint(self.key, subject, role, kind=kind, clock=self.clock)
        return {"Authorization": f"Bearer {made}"}

    async def post(self, path: str, body: dict, *, key: str | None = None, **who: Any) -> httpx.Response:
        headers = self.token(**who) | {"Idempotency-Key": key or str(uuid4())}
        return await self.client.post(path, json=body, headers=headers)

    async def get(self, path: str, params: dict | None = None, **who: Any) -> httpx.Response:
        return await self.client.get(path, params=params, headers=self.token(**who))

    async def order(self, *skus: str, marketplace: str = "ozon", answers: dict | None = None, **more: Any) -> dict:
        who = {name: more.pop(name) for name in ("subject", "kind", "key") if name in more}
        body = {"marketplace": marketplace, "skus": list(skus), "answers": ANSWERS if answers is None else answers}
        answered = await self.post("/orders", body | more, **who)
        assert answered.status_code == 201, answered.text
        return answered.json()

    # -- facts --------------------------------------------------------------------------------------------------
    async def say(self, *events: Event) -> list[str]:
        """Bring events as records of their producers' topics; what became of each."""
        outcomes = []
        for event in events:
            producer = PRODUCERS.get(type(event), "review")
            intake = next(
                Intake("export", sub, self.runtime.db) for sub in self.parts.subscriptions if sub.producer == producer
            )
            value = event.model_dump_json().encode()
            record = RawRecord(BY_OWNER[producer].name, 0, 0, 0, event.key.encode(), value, ())
            outcomes.append(await intake.take(record))
        return outcomes

    def common(self, kind: str, *subject: object, drill: bool = False) -> dict[str, Any]:
        ident = event_id(kind, *subject)
        at = self.clock.now()
        return {
            "event_id": ident,
            "occurred_at": at,
            "cause_id": ident,
            "correlation_id": derive("path", subject[0]),
            "drill": drill,
        }

    async def image(self, picture: np.ndarray) -> ImageRef:
        height, width = picture.shape[:2]
        return await self.runtime.store.put_image(
            "drafts", encode_png(picture), "image/png", width=width, height=height, pixel_sha256=pixel_sha256(picture)
        )

    async def approval(
        self, sku: str, slot: str = "main", *, version: int = 1, picture: np.ndarray | None = None, **changes: Any
    ) -> VariantApproved:
        master = await self.image(draft() if picture is None else picture)
        variant = derive("variant", sku, slot, version, changes.pop("take", 1))
        actor = Actor(id="reviewer-1", kind="drill", role="reviewer", level="senior", session="s1")
        fields: dict[str, Any] = {
            **self.common("VariantApproved", sku, variant, drill=changes.pop("drill", False)),
            "sku": sku,
            "sku_version": version,
            "batch_id": derive("batch", sku),
            "category": "jewelry",
            "case_id": uuid4(),
            "decision_id": uuid4(),
            "variant_id": variant,
            "slot": slot,
            "round": 1,
            "actor": actor,
            "viewport": VIEWPORT,
            "decided_at": self.clock.now(),
            "mode": "white_background",
            "generative": False,
            "title": f"Ring {sku}",
            "kit": ("ring", "box"),
            "original": master,
            "source": master,
            "master": master,
            "report": master,
            "verdict": "clear",
            "answers": (ChecklistAnswer(item="colour_and_shape", answer="yes"),),
            "binding": Binding(
                original_sha256=SHA,
                source_sha256=master.sha256,
                source_pixel_sha256=master.pixel_sha256,
                master_sha256=master.sha256,
                master_pixel_sha256=master.pixel_sha256,
                report_sha256=SHA,
                checklist=policy("checklist", "jewelry"),
                presets=policy("presets", "default"),
                thresholds=policy("thresholds", "default"),
                generator="white_background 1",
            ),
        }
        return VariantApproved(**(fields | changes))

    def spot_check(self, *approvals: VariantApproved, take: int = 1, drill: bool = False) -> SpotCheckPassed:
        first = approvals[0]
        member = ApprovedMember(
            sku=first.sku,
            sku_version=first.sku_version,
            approvals={approval.slot: approval.event_id for approval in approvals},
        )
        return SpotCheckPassed(
            **self.common("SpotCheckPassed", first.sku, first.sku_version, take, len(approvals), drill=drill),
            batch_id=first.batch_id,
            category="jewelry",
            basis="sample",
            members=(member,),
        )

    def held(self, sku: str, version: int = 1, take: int = 1) -> SkuHeld:
        fields = self.common("SkuHeld", sku, version, take)
        return SkuHeld(**fields, sku=sku, sku_version=version, batch_id=derive("batch", sku), reason="stone is missing")

    def freed(self, sku: str, version: int = 1, take: int = 1) -> SkuFreed:
        fields = self.common("SkuFreed", sku, version, take)
        return SkuFreed(**fields, sku=sku, sku_version=version, batch_id=derive("batch", sku), reason="false alarm")

    def withdrawn(self, approval: VariantApproved, cause: Any = "person") -> ApprovalWithdrawn:
        return ApprovalWithdrawn(
            **self.common("ApprovalWithdrawn", approval.sku, approval.event_id),
            sku=approval.sku,
            sku_version=approval.sku_version,
            batch_id=approval.batch_id,
            variant_id=approval.variant_id,
            slot=approval.slot,
            approval_id=approval.event_id,
            cause=cause,
        )

    def changed(self, sku: str, version: int = 2) -> SkuChanged:
        return SkuChanged(
            **self.common("SkuChanged", sku, version),
            sku=sku,
            sku_version=version,
            previous_version=version - 1,
            reason="new stone batch",
            changed=("stones",),
            actor=Actor(id="pim", kind="machine", role="capturer", session="s"),
        )

    async def ready_sku(self, sku: str, *slots: str, drill: bool = False) -> list[VariantApproved]:
        """Take a SKU to where it may be ordered."""
        approvals = [await self.approval(sku, slot, drill=drill) for slot in slots or ("main",)]
        await self.say(*approvals, self.spot_check(*approvals, drill=drill))
        return approvals

    def checked(self, rendered: RenditionRendered, verdict: Any = "clear") -> RenditionChecked:
        report = ObjectRef(bucket="t-evidence", key="r", sha256="cd" * 32, size=2, media_type="application/json")
        return RenditionChecked(
            **self.common("RenditionChecked", rendered.rendition_id, verdict),
            sku=rendered.sku,
            sku_version=rendered.sku_version,
            order_id=rendered.order_id,
            pack_id=rendered.pack_id,
            rendition_id=rendered.rendition_id,
            variant_id=rendered.variant_id,
            marketplace=rendered.marketplace,
            slot=rendered.slot,
            verdict=verdict,
            checks=(),
            report=report,
            rendition=rendered.rendition,
            master=rendered.master,
            category=rendered.category,
            thresholds=policy("thresholds", "default"),
        )

    def decided(self, rendered: RenditionRendered, *, good: bool) -> RenditionAccepted | RenditionRejected:
        kind = RenditionAccepted if good else RenditionRejected
        fields: dict[str, Any] = {
            **self.common(kind.__name__, rendered.rendition_id),
            "sku": rendered.sku,
            "sku_version": rendered.sku_version,
            "order_id": rendered.order_id,
            "pack_id": rendered.pack_id,
            "rendition_id": rendered.rendition_id,
            "variant_id": rendered.variant_id,
            "marketplace": rendered.marketplace,
            "slot": rendered.slot,
            "case_id": uuid4(),
            "decision_id": uuid4(),
            "rendition_sha256": rendered.rendition.sha256,
            "report_sha256": "ef" * 32,
            "actor": Actor(id="reviewer-2", kind="drill", role="reviewer", session="s2"),
            "viewport": VIEWPORT,
        }
        return kind(**fields) if good else kind(**fields, reasons=(Reason(code="halo", note="at the clasp"),))

    # -- what export said ---------------------------------------------------------------------------------------
    async def said(self, kind: str | None = None, sku: str | None = None) -> list[Event]:
        """Return the events in the outbox, in order."""
        rows = await self.runtime.db.fetch("SELECT value FROM outbox ORDER BY id")
        events = [BY_OWNER["export"].decode(bytes(row["value"])) for row in rows]
        chosen = [event for event in events if kind is None or event.type == kind]
        return [event for event in chosen if sku is None or getattr(event, "sku", None) == sku]

    async def pack(self, pack_id: str) -> dict:
        answered = await self.get(f"/packs/{pack_id}")
        assert answered.status_code == 200, answered.text
        return answered.json()

    async def until(self, pack_id: str, *states: str, seconds: float = 40) -> dict:
        """Wait until the pack has come to one of `states`."""

        async def there() -> bool:
            return (await self.pack(pack_id))["state"] in states

        await eventually(there, seconds, f"pack {pack_id} in {states}: {await self.pack(pack_id)}")
        return await self.pack(pack_id)

    async def judge_all(self, pack_id: str, verdict: Any = "clear") -> list[RenditionRendered]:
        """Wait for all files of the pack and give qa's verdict on each."""

        async def all_there() -> bool:
            pack = await self.pack(pack_id)
            return bool(pack["files"]) and all(file["state"] != "pending" for file in pack["files"])

        await eventually(all_there, 40, "the renditions")
        rendered = [event for event in await self.said("RenditionRendered") if str(event.pack_id) == pack_id]
        await self.say(*(self.checked(event, verdict) for event in rendered))
        return rendered

    async def finished(self, sku: str, *slots: str, **order: Any) -> dict:
        """Take a SKU all the way to a pack that is ready."""
        await self.ready_sku(sku, *slots)
        placed = await self.order(sku, **order)
        pack_id = placed["packs"][0]["pack_id"]
        async with self.working():
            await self.judge_all(pack_id)
            return await self.until(pack_id, "ready")

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run workers for the body."""
        task = asyncio.create_task(Worker(self.runtime.db, self.parts.jobs).run(grace=5))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def zip_of(self, pack_id: str) -> dict[str, bytes]:
        answered = await self.get(f"/packs/{pack_id}/download")
        assert answered.status_code == 200, answered.text
        with zipfile.ZipFile(io.BytesIO(answered.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Wait until the condition holds; fail with `what` at the deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not come true within {seconds:.0f} s"
        await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("export-keys")
    jwks = folder / "jwks.json"
    return ensure_keys(folder / "private.json", jwks), jwks


@pytest_asyncio.fixture
async def rig(service_db: Any, make_settings: Any, signing_key: tuple[Any, Path], tmp_path: Path) -> AsyncIterator[Rig]:
    key, jwks = signing_key
    db = await service_db("export")
    settings = await make_settings("export", db, drill=True, jwks_file=jwks, scratch_dir=tmp_path)
    clock = SettableClock(NOW)
    async with (
        Database.open(settings.pg_dsn.get_secret_value(), "export") as database,
        ObjectStore.of(settings) as store,
        ChildPool(1, scratch=tmp_path).running() as children,
    ):
        identity = TokenChecker.of(settings, clock)
        runtime = Runtime(settings, database, store, children, clock, identity)
        parts = await build(runtime)
        app = create_app("export", parts.routers, identity=identity, db=database, health=Health(), clock=clock)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://export") as client:
            yield Rig(runtime, parts, client, db.admin_dsn, key, clock)


@asynccontextmanager
async def as_admin(rig: Rig) -> AsyncIterator[asyncpg.Connection]:
    """A connection past all handlers, to try what the database itself allows."""
    connection = await asyncpg.connect(rig.admin_dsn, server_settings={"search_path": "export"})
    try:
        yield connection
    finally:
        await connection.close()
