"""A whole service in this process, on the real servers, with an HTTP client and eyes on what it states."""

import asyncio
import importlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from support.services import ServiceDb
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.keys import ensure_keys, mint
from trueshelf_runtime.lifecycle import opened, run_parts
from trueshelf_runtime.settings import RuntimeSettings


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service under test."""

    service: Service
    url: str
    db: ServiceDb
    private_key: Path

    def client(self, role: Role, account: str = "tester", **claims: Any) -> httpx.AsyncClient:
        """Return a client that acts as a drill account in `role`."""
        levels = {"*": "senior"} if role == "reviewer" else {}
        options: dict[str, Any] = {"kind": "drill", "levels": levels, "auth_time": datetime.now(UTC)} | claims
        token = mint(ensure_keys(self.private_key, self.private_key.with_suffix(".pub")), account, role, **options)
        return httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    async def stated(self, *types: str) -> list[dict[str, Any]]:
        """Return the events that the service has stated so far, in order, from its outbox."""
        connection = await asyncpg.connect(self.db.admin_dsn)
        try:
            rows = await connection.fetch(f"SELECT value FROM {self.service}.outbox ORDER BY id")
        finally:
            await connection.close()
        events = [json.loads(row["value"]) for row in rows]
        return [event for event in events if not types or event.get("type") in types]

    async def wait_for(self, event_type: str, count: int = 1, seconds: float = 60.0) -> list[dict[str, Any]]:
        """Return the events of the type once there are `count`; AssertionError at the deadline."""
        deadline = asyncio.get_running_loop().time() + seconds
        while len(found := await self.stated(event_type)) < count:
            if asyncio.get_running_loop().time() > deadline:
                seen = [event["type"] for event in await self.stated()]
                raise AssertionError(f"{len(found)} of {count} {event_type} after {seconds:.0f} s; stated: {seen}")
            await asyncio.sleep(0.05)
        return found


@asynccontextmanager
async def running(
    service: Service, settings: RuntimeSettings, db: ServiceDb, keys: Path
) -> AsyncIterator[RunningService]:
    """Run the service (verb `run`) until the end of the body; `settings` need `http_port` and `jwks_file`."""
    build = importlib.import_module(f"trueshelf_{service}.main").build
    stop = asyncio.Event()
    url = f"http://127.0.0.1:{settings.http_port}"
    async with opened(settings, f"trueshelf_{service}") as runtime:
        assert runtime is not None
        task = asyncio.create_task(run_parts(runtime, await build(runtime), "run", stop))
        try:
            await _answering(url, task)
            yield RunningService(service, url, db, keys)
        finally:
            stop.set()
            await asyncio.wait_for(task, 40)


async def _answering(url: str, task: asyncio.Task[None], seconds: float = 30.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    async with httpx.AsyncClient() as client:
        while asyncio.get_running_loop().time() < deadline:
            if task.done():
                task.result()
            try:
                if (await client.get(f"{url}/livez")).status_code:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {seconds:.0f} s")


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
