import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from support.backing import KafkaServer
from support.bus import until
from support.review_facts import Sku
from support.running import RunningService, free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import TOPICS
from trueshelf_review.main import build
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.lifecycle import opened as opened_runtime
from trueshelf_runtime.lifecycle import run_parts

SCREEN = {"width": 1600, "height": 1000}
PER_MINUTE = 4
"""Of one person: few, so that a test sees the end of it. Practice accounts, as which the tests act, have no limit."""
SENIOR, JUNIOR = {"levels": {"*": "senior"}}, {"levels": {"*": "junior"}}


@dataclass(frozen=True, slots=True)
class Rig:
    """Review on real servers, a way to state what other services state, and people with clients."""

    service: RunningService
    producer: AIOKafkaProducer

    async def send(self, facts: Iterable[Event]) -> None:
        """Put facts on their topics, each by its owner."""
        for fact in facts:
            topic = next(t for t in TOPICS if type(fact) in t.events and t.owner not in ("audit", "console"))
            headers = cloud_event_headers(fact, topic.owner)
            await self.producer.send_and_wait(
                topic.name,
                fact.model_dump_json().encode(),
                key=fact.key.encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )

    def sku(self, category: str = "default", batch: UUID | None = None, version: int = 1) -> Sku:
        """Return a SKU that no other test uses, in a batch of its own unless one is given."""
        return Sku(f"ring-{uuid4().hex[:10]}", version, batch or uuid4(), category)

    def person(
        self, name: str, level: str = "senior", kind: str = "drill", role: str = "reviewer"
    ) -> httpx.AsyncClient:
        levels = {"*": level} if role == "reviewer" else {}
        return self.service.client(role, name, kind=kind, levels=levels)  # type: ignore[arg-type]

    async def case(self, sku: str, kind: str = "slot", state: str = "open") -> dict[str, Any]:
        """Return the case once it is there."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            async with self.person("auditor-1", role="auditor") as auditor:
                answer = await auditor.get("/cases", params={"sku": sku, "kind": kind, "state": state})
                found[:] = answer.raise_for_status().json()
            return bool(found)

        await until(there, 30, f"a {kind} case of {sku} in state {state}")
        return found[0]

    async def lease(self, case_id: str, who: str, **level: Any) -> dict[str, Any]:
        async with self.person(who, **level) as client:
            answer = await client.post(f"/cases/{case_id}/lease")
            assert answer.status_code == 200, answer.text
            return answer.json()  # type: ignore[no-any-return]

    async def decide(self, case: dict[str, Any], who: str, body: dict[str, Any], **level: Any) -> httpx.Response:
        """Lease the case and send a decision."""
        await self.lease(case["case_id"], who, **level)
        async with self.person(who, **level) as client:
            return await client.post(
                f"/cases/{case['case_id']}/decisions",
                json={"viewport": SCREEN, "case_version": case["version"]} | body,
                headers={"Idempotency-Key": str(uuid4())},
            )

    async def approval(self, case: dict[str, Any], who: str = "anna", index: int = 0) -> dict[str, Any]:
        """Return the body of a complete approval."""
        view = await self.lease(case["case_id"], who)
        variant = view["variants"][index]
        return {
            "kind": "approve",
            "variant_id": variant["variant_id"],
            "master_sha256": variant["master_sha256"],
            "answers": [{"item": item["code"], "answer": "yes"} for item in view["checklist"]["items"]],
            "acknowledged": [{"check": c["check"]} for c in variant["checks"] if c["verdict"] in ("flag", "unjudged")],
        }

    async def approved(self, sku: Sku, who: str = "anna") -> dict[str, Any]:
        """Let `who` approve the SKU's main picture and return the event."""
        case = await self.case(sku.sku)
        answer = await self.decide(case, who, await self.approval(case, who))
        assert answer.status_code == 201, answer.text
        return await self.stated("VariantApproved", sku.sku)

    async def stated(self, event_type: str, about: str) -> dict[str, Any]:
        """Return the event about a SKU or batch once review has stated it."""
        return (await self.all_stated(event_type, about, 1))[0]

    async def all_stated(self, event_type: str, about: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            events = await self.service.stated(event_type)
            found[:] = [e for e in events if about in (e.get("sku"), e.get("batch_id"))]
            return len(found) >= count

        await until(there, 30, f"{count} {event_type} about {about}")
        return found

    async def connect(self, *, owner: bool = False) -> asyncpg.Connection:
        """Return a connection with the service's own rights, around the domain."""
        dsn = self.service.db.admin_dsn if owner else self.service.db.dsn
        return await asyncpg.connect(dsn, server_settings={"search_path": "review"})


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("review")


@pytest_asyncio.fixture
async def patient(rig: Rig, make_settings: SettingsFactory, folder: Path) -> AsyncIterator[str]:
    """Give the address of the same service with so much time to change one's mind that no load eats it up."""
    settings = await make_settings(
        "review",
        rig.service.db,
        http_port=free_port(),
        jwks_file=folder / "token.pub",
        drill=True,
        scratch_dir=folder / "patient",
        signing_key_file=folder / "signing.jwk",
        undo_seconds=300,
    )
    stop = asyncio.Event()
    async with opened_runtime(settings, "trueshelf_review", stop) as runtime:
        assert runtime is not None
        task = asyncio.create_task(run_parts(runtime, await build(runtime), "serve", stop))
        address = f"http://127.0.0.1:{settings.http_port}"
        async with httpx.AsyncClient() as client:
            await until(lambda: _answers(client, address), 30, "an answer")
        try:
            yield address
        finally:
            stop.set()
            await asyncio.wait_for(task, 40)


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/livez")).status_code > 0
    except httpx.TransportError:
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rig(
    topics: KafkaServer, service_db: ServiceDbFactory, make_settings: SettingsFactory, folder: Path
) -> AsyncIterator[Rig]:
    private, public = folder / "token.key", folder / "token.pub"
    ensure_keys(private, public)
    ensure_keys(folder / "signing.jwk", folder / "signing.pub")
    name: Service = "review"
    db = await service_db(name)
    settings = await make_settings(
        name,
        db,
        http_port=free_port(),
        jwks_file=public,
        drill=True,
        scratch_dir=folder / "scratch",
        signing_key_file=folder / "signing.jwk",
        undo_seconds=0.5,
        lease_seconds=30,
        decisions_per_minute=PER_MINUTE,
    )
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap)
    await producer.start()
    try:
        async with running(name, settings, db, private) as service:
            yield Rig(service, producer)
    finally:
        await producer.stop()
