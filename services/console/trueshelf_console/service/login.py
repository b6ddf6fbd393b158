"""Logging in and out: sessions, and both on record."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from trueshelf_console.domain.people import Account
from trueshelf_console.sql import ACCOUNTS, SQL
from trueshelf_runtime.db import Tx

KEPT = timedelta(days=90)
"""For which the rows of ended sessions stay; what was done in them stays in the audit log."""
AGENT = 200


@dataclass(frozen=True, slots=True)
class NewSession:
    """A login that succeeded. `token` goes into the cookie and is stored nowhere."""

    token: str
    token_sha256: bytes
    session_id: str
    csrf: str


def new_session() -> NewSession:
    """Return a session with a token of its own, whatever the browser sent: nobody can choose another one's token."""
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).digest()
    return NewSession(token, digest, f"ses_{uuid4().hex[:12]}", secrets.token_urlsafe(24))


def new_account_id() -> str:
    """Return an id that says nothing about the person: events carry it for years."""
    return f"acc_{secrets.token_hex(6)}"


async def begin(
    tx: Tx,
    account: Account,
    session: NewSession,
    now: datetime,
    *,
    before: str,
    agent: str,
    authenticated_at: datetime | None,
) -> str:
    """Store a new session, end the one that this browser had (`before` is its token, or empty); return its form secret.

    A session of the same account that ran out hands its form secret on: pages that stand open in other tabs, with text
    in them, can still be sent. One that was ended on purpose hands on nothing.
    """
    csrf = session.csrf
    old = await tx.fetchrow(ACCOUNTS["old_session"], hashlib.sha256(before.encode()).digest()) if before else None
    if old is not None and old["ended_at"] is None:
        if old["account_id"] == account.account_id:
            csrf = old["csrf"]
        await tx.execute(SQL["end_session"], old["session_id"], now)
    await tx.execute(ACCOUNTS["drop_old_sessions"], now - KEPT)
    fields = (session.token_sha256, session.session_id, account.account_id, csrf, now, agent[:AGENT], authenticated_at)
    await tx.execute(SQL["add_session"], *fields)
    return csrf
