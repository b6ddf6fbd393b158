"""Guessing is slow: tries to log in are counted in the database, so that every process counts the same."""

import hashlib
from datetime import datetime

from trueshelf_console.domain.credentials import EVERYWHERE, LIMITS, WINDOW, blocked_until, neighbourhood
from trueshelf_console.sql import ACCOUNTS
from trueshelf_runtime.db import Tx


async def begin_try(tx: Tx, login: str, address: str, now: datetime, *, known: bool) -> datetime | None:
    """Count a try before it is made; return None, or until when none is allowed.

    Counted first, so that many tries at once are many. `forget_tries` takes a try back that succeeded. `known`: this
    browser was logged in with this login before.
    """
    digest, address = _digest(login), neighbourhood(address)
    await tx.execute(ACCOUNTS["lock_try"], digest, address)
    await tx.execute(ACCOUNTS["drop_old_tries"], now - WINDOW)
    made = await tx.fetchrow(ACCOUNTS["tries"], digest, address, now - WINDOW, EVERYWHERE.tries)
    assert made is not None
    waits = [until for limit in LIMITS if (until := blocked_until(made[limit.what], limit)) is not None]
    if made["everywhere"] is not None and not known:
        waits.append(made["everywhere"] + WINDOW)
    if waits:
        return max(waits)
    await tx.execute(ACCOUNTS["add_try"], digest, address, now)
    return None


async def forget_tries(tx: Tx, login: str, address: str) -> None:
    """Forget the tries of this login from this address: the right password came."""
    await tx.execute(ACCOUNTS["drop_tries"], _digest(login), neighbourhood(address))


def _digest(login: str) -> str:
    """Return what is stored of a login: people type passwords into that field, too."""
    return hashlib.sha256(login.encode()).hexdigest()
