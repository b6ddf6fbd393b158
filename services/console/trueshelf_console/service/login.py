"""Logging in and out: sessions, and both on record."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from trueshelf_console.domain.people import Account
from trueshelf_console.sql import SQL
from trueshelf_runtime.db import Tx


@dataclass(frozen=True, slots=True)
class NewSession:
    """A login that succeeded. `token` goes into the cookie and is stored nowhere."""

    token: str
    token_sha256: bytes
    session_id: str
    csrf: str


def new_session(digest: bytes, token: str) -> NewSession:
    return NewSession(token, digest, f"ses_{uuid4().hex[:12]}", secrets.token_urlsafe(24))


def new_account_id() -> str:
    """Return an id that says nothing about the person: events carry it for years."""
    return f"acc_{secrets.token_hex(6)}"


async def begin(tx: Tx, account: Account, session: NewSession, now: datetime) -> None:
    await tx.execute(
        SQL["add_session"], session.token_sha256, session.session_id, account.account_id, session.csrf, now
    )
