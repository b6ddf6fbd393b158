"""Passwords: argon2id with the library's parameters (RFC 9106), in threads, a few at a time: each takes 64 MiB."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
AT_ONCE = asyncio.Semaphore(2)
MIN_LENGTH = 12
MAX_LENGTH = 200
_NOBODY = HASHER.hash("a password that nobody has")


async def hashed(password: str) -> str:
    """Return what is stored of a password."""
    async with AT_ONCE:
        return await asyncio.to_thread(HASHER.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Say whether `password` is the one; without a stored hash the same time goes by, so that logins stay unknown."""
    async with AT_ONCE:
        right = await asyncio.to_thread(_verify, stored or _NOBODY, password[:MAX_LENGTH])
    return right and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
