"""A whole drill stack of its own, under its supervisor, for end-to-end tests, chaos and benchmarks."""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx

from support.backing import CACHE, POMS
from trueshelf_cli.drill import DrillReviewer, Json, answered
from trueshelf_cli.layout import Layout
from trueshelf_cli.stack import Stack, Wish
from trueshelf_cli.supervision import Supervisor
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.client import token_for

T = TypeVar("T")
Level = Literal["junior", "senior"]
QUICK = {"TRUESHELF_REVIEW_UNDO_SECONDS": "2"}
"""Decisions may be taken back for two seconds only: the rule is the same, the test is short."""


def until(look: Callable[[], T | None], what: str, seconds: float = 150.0, step: float = 0.1) -> T:
    """Return what `look` finds once it finds something; AssertionError with `what` at the deadline."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(step)


@dataclass(slots=True)
class LiveStack:
    """A running stack and the people who work with it."""

    stack: Stack
    written: Json
    _reviewers: dict[tuple[str, Level], DrillReviewer] = field(default_factory=dict)

    def close(self) -> None:
        """Close the reviewers' connections."""
        for reviewer in self._reviewers.values():
            reviewer.client.close()
        self._reviewers.clear()

    def client(self, service: Service, role: Role, account: str | None = None, level: Level = "senior") -> httpx.Client:
        """Return a client that acts as a practice account; its token is fresh on every request."""
        name = account or f"drill-{role}"
        levels: dict[str, Level] | None = {"*": level} if role == "reviewer" else None

        def sign(request: httpx.Request) -> httpx.Request:
            token = token_for(role, self.written, account=name, levels=levels)
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        url = self.written["services"][service]["url"]
        return httpx.Client(base_url=url, timeout=60, auth=sign)

    def reviewer(self, account: str = "drill-aigerim", level: Level = "senior") -> DrillReviewer:
        """Return a practice reviewer; its connection is kept until `close`."""
        known = (account, level)
        if known not in self._reviewers:
            self._reviewers[known] = DrillReviewer(account, self.client("review", "reviewer", account, level))
        return self._reviewers[known]

    def get(self, service: Service, path: str, role: Role = "auditor", **params: Any) -> Any:
        """Return the JSON of a GET, whatever its shape; asserts success."""
        with self.client(service, role) as client:
            response = client.get(path, params=params)
        assert response.is_success, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def post(self, service: Service, path: str, body: Json, role: Role, account: str | None = None) -> Json:
        with self.client(service, role, account) as client:
            return answered(client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(8)}))

    def trail(self, sku: str, *types: str) -> list[Json]:
        """Return what the audit log holds about the SKU, oldest first; waits for nothing."""
        entries: list[Json] = []
        after = -1
        while True:
            page = self.get("audit", "/entries", sku=sku, after=after, limit=500)
            lines = page["entries"] if isinstance(page, dict) else page
            entries += lines
            if len(lines) < 500:
                break
            after = lines[-1]["seq"]
        return [entry for entry in entries if not types or entry["type"] in types]

    def wait_trail(self, sku: str, event_type: str, count: int = 1, seconds: float = 150.0) -> list[Json]:
        """Return the SKU's entries of the type once the audit log has `count` of them."""

        def look() -> list[Json] | None:
            found = self.trail(sku, event_type)
            return found if len(found) >= count else None

        return until(look, f"{count} {event_type} of {sku} in the audit log", seconds)


@contextmanager
def stopped(live: LiveStack, service: Service) -> Iterator[None]:
    """Stop a service for the body; it is ready again afterwards."""
    supervisor = Supervisor(live.stack.layout)
    address = f"{live.written['services'][service]['url']}/readyz"

    def ready() -> bool:
        try:
            return httpx.get(address, timeout=5).is_success
        except httpx.TransportError:
            return False

    supervisor.stop_programs([service])
    try:
        yield
    finally:
        supervisor.start_programs([service])
        until(ready, f"{service} to be ready again")


@contextmanager
def live_stack(root: Path, wish: Wish | None = None, environ: Mapping[str, str] | None = None) -> Iterator[LiveStack]:
    """Run a drill stack under `root` until the end of the body; the project's jars are shared, nothing else."""
    (root / ".trueshelf").mkdir(parents=True)
    root.chmod(0o755)  # PostgreSQL runs as another user where we are root
    (root / "deploy").mkdir()
    (root / "deploy" / "backing").symlink_to(POMS)
    (CACHE / "lib").mkdir(parents=True, exist_ok=True)
    (root / ".trueshelf" / "lib").symlink_to(CACHE / "lib")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    stack = Stack(Layout(root), {**kept, **QUICK, **(environ or {})})
    try:
        stack.up(wish or Wish(drill=True))
        written = stack.layout.stack()
        assert written is not None
        live = LiveStack(stack, written)
        yield live
        live.close()
    finally:
        stack.down()
