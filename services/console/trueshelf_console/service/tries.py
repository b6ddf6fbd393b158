"""Guessing is slow: tries to log in are counted in the database, so that every process counts the same."""

import hashlib
from datetime import datetime

from trueshelf_console.domain.credentials import LIMITS, WINDOW, blocked_until
from trueshelf_console.sql import ACCOUNTS
from trueshelf_runtime.db import Tx


async def begin_try(tx: Tx, login: str, address: str, now: datetime) -> datetime | None:
    """Count a try before it is made; return None, or until when none is allowed.

    Counted first, so that many tries at once are many. `forget_tries` takes a try back that succeeded.
    """
    digest = _digest(login)
    await tx.execute(ACCOUNTS["lock_try"], digest, address)
    await tx.execute(ACCOUNTS["drop_old_tries"], now - WINDOW)
    made = await tx.fetchrow(ACCOUNTS["tries"], digest, address, now - WINDOW)
    assert made is not None
    waits = [until for limit in LIMITS if (until := blocked_until(made[limit.what], limit)) is not None]
    if waits:
        return max(waits)
    await tx.execute(ACCOUNTS["add_try"], digest, address, now)
    return None


async def forget_tries(tx: Tx, login: str, address: str) -> None:
    """Forget the tries of this login from this address: the right password came."""
    await tx.execute(ACCOUNTS["drop_tries"], _digest(login), address)


def _digest(login: str) -> str:
    """Return what is stored of a login: people type passwords into that field, too."""
    return hashlib.sha256(login.encode()).hexdigest()
