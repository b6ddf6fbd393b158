"""The console's app, with nobody in it yet: one database, whose tables each test finds empty."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from support.console_app import ConsoleApp, console_app, emptied
from support.services import ServiceDb, ServiceDbFactory
from trueshelf_console.adapters import passwords


@pytest_asyncio.fixture(scope="session")
async def console_db(service_db: ServiceDbFactory) -> ServiceDb:
    return await service_db("console")


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hashes with less memory: 64 MiB each is for attackers, not for a test's hundredth login."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "_NOBODY", quick.hash("a password that nobody has"))


@pytest_asyncio.fixture
async def console(console_db: ServiceDb, tmp_path: Path) -> AsyncIterator[ConsoleApp]:
    await emptied(console_db)
    async with console_app(console_db, tmp_path) as app:
        yield app
