"""The console's own app on a real database, without a browser and without the six: for whom it lets in, and where."""

import re
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from support.services import ServiceDb
from trueshelf_console.adapters.passwords import hashed
from trueshelf_console.domain.rights import Rights
from trueshelf_console.main import build
from trueshelf_console.service import accounts
from trueshelf_console.settings import Settings
from trueshelf_console.sql import SQL
from trueshelf_console.web.guard import COOKIE
from trueshelf_contracts.event import Role
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.health import Health
from trueshelf_runtime.identity import KeySource, TokenChecker
from trueshelf_runtime.keys import ensure_keys, jwks_of
from trueshelf_runtime.lifecycle import Parts, Runtime
from trueshelf_runtime.storage import ObjectStore
from trueshelf_runtime.web import create_app

BASE = "https://console.test"
PASSWORD = "a lighthouse of paper"
TABLES = "accounts, sessions, password_links, login_failures, outbox"
DIGEST_OF: dict[str, str] = {}
HERE = {"Sec-Fetch-Site": "same-origin"}
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(slots=True)
class Browser:
    """A person's browser: cookies, and the secret that our pages carry."""

    client: httpx.AsyncClient
    csrf: str = ""
    token: str = ""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Send a form as our own page does."""
        headers = {**HERE, **more.pop("headers", {})}
        return await self.client.post(path, data={"csrf": self.csrf, **(data or {})}, headers=headers, **more)

    async def login(self, login: str, password: str = PASSWORD, **form: str) -> httpx.Response:
        answer = await self.client.post("/login", data={"login": login, "password": password, **form}, headers=HERE)
        if answer.status_code in (200, 303):
            page = answer if answer.status_code == 200 else await self.client.get("/account")
            found = CSRF.search(page.text)
            self.csrf = found[1] if found else ""
            self.token = self.client.cookies.get(COOKIE, "")
        return answer


@dataclass(slots=True)
class ConsoleApp:
    """The app under test, its clock, and a look at what it wrote."""

    app: FastAPI
    parts: Parts
    db: Database
    clock: SettableClock
    settings: Settings

    def browser(self, accept: str = "text/html", address: str = "192.0.2.10") -> Browser:
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        headers = {"Accept": accept, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        return Browser(httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers))

    async def account(
        self,
        login: str,
        roles: Iterable[Role] = (),
        levels: Mapping[str, Any] | None = None,
        *,
        kind: str = "person",
        password: str = PASSWORD,
    ) -> str:
        """Make an account with a password and return its id."""
        digest = DIGEST_OF.get(password) or DIGEST_OF.setdefault(password, await hashed(password))
        levels = levels if levels is not None else ({"*": "senior"} if "reviewer" in roles else {})
        async with self.db.transaction() as tx:
            account = await accounts.create(
                tx,
                accounts.By(None, self.clock.now()),
                login,
                login.title(),
                Rights(tuple(roles), levels),
                password_hash=digest,
            )
            if kind != "person":
                await tx.execute("UPDATE accounts SET kind = $2 WHERE account_id = $1", account, kind)
        return account

    async def inside(self, login: str, **how: Any) -> Browser:
        """Return a browser in which `login` has logged in."""
        browser = self.browser(**how)
        answer = await browser.login(login)
        assert answer.status_code == 303, answer.text
        return browser

    async def row(self, login: str) -> asyncpg.Record:
        row = await self.db.fetchrow(SQL["account_by_login"], login)
        assert row is not None, f"no account {login}"
        return row

    async def stated(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the events in the outbox, oldest first."""
        rows = await self.db.fetch("SELECT convert_from(value, 'UTF8')::json AS event FROM outbox ORDER BY id")
        return [row["event"] for row in rows if kind in ("", row["event"]["type"])]

    async def acts(self, act: str) -> list[dict[str, Any]]:
        return [event for event in await self.stated("ActRecorded") if event["act"] == act]


async def emptied(database: ServiceDb) -> None:
    """Take everybody out: each test begins with nobody."""
    connection = await asyncpg.connect(database.admin_dsn)
    await connection.execute(f"SET search_path TO console; TRUNCATE {TABLES} CASCADE")
    await connection.close()


@asynccontextmanager
async def console_app(database: ServiceDb, folder: Path, **own: Any) -> AsyncIterator[ConsoleApp]:
    """Yield the console as its `main` puts it together; its clock stands still."""
    key = ensure_keys(folder / "token.jwk", folder / "jwks.json")
    image_key = folder / "image.key"
    image_key.write_text(secrets.token_urlsafe(32))
    values: dict[str, Any] = {
        "pg_dsn": database.dsn,
        "token_key_file": folder / "token.jwk",
        "image_key_file": image_key,
        "first_link_file": folder / "first.link",
        "public_url": BASE,
        "http_host": "127.0.0.1",
        **{f"{name}_url": "http://127.0.0.1:9" for name in ("ingest", "generate", "qa", "review", "export", "audit")},
    }
    settings = Settings(**(values | own))

    async def load() -> dict[str, Any]:
        return jwks_of(key)

    clock = SettableClock(datetime.now(UTC))
    identity = TokenChecker(KeySource(load, clock), settings.issuer, settings.audience, drill=settings.drill)
    async with Database.open(database.dsn, "console") as db, ObjectStore.of(settings) as store:
        nothing: Any = None
        runtime = Runtime(settings, db, store, nothing, clock, identity)
        parts = await build(runtime)
        app = create_app(
            "console", parts.routers, identity=identity, db=db, health=Health(), clock=clock, faces=parts.faces
        )
        yield ConsoleApp(app, parts, db, clock, settings)


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """Yield METHOD PATH of every route, of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if isinstance(included, APIRouter):
            prefix = getattr(getattr(route, "include_context", None), "prefix", "") or ""
            yield from (
                f"{each.split(' ', 1)[0]} {prefix}{each.split(' ', 1)[1]}" for each in routes_of(included.routes)
            )
        elif isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in sorted(route.methods - {"HEAD"}))
