"""The file with the first administrator's one-time link: there as long as nobody has used it, readable by us alone."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from trueshelf_console.service.links import make_first_link
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database

LOOK_AGAIN = 600.0


@dataclass(frozen=True, slots=True)
class FirstLink:
    """Keeps the file in step with the database."""

    db: Database
    clock: Clock
    file: Path | None
    url: str

    async def ensure(self) -> bool:
        """Write a link that holds, or remove the file when there is an administrator; return whether one is open."""
        if self.file is None:
            return False
        known = await asyncio.to_thread(_token_in, self.file)
        async with self.db.transaction() as tx:
            token = await make_first_link(tx, self.clock.now(), known)
        if token is None:
            await asyncio.to_thread(_remove, self.file)
        else:
            await asyncio.to_thread(_write, self.file, f"{self.url}/link?key={token}\n")
        return token is not None

    async def keep(self) -> None:
        """Renew the link until somebody has used it."""
        while await self.ensure():  # noqa: ASYNC110 - another process may have used it
            await asyncio.sleep(LOOK_AGAIN)


def _token_in(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    return parse_qs(urlsplit(text).query).get("key", [""])[0]


def _write(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    new.replace(file)


def _remove(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
