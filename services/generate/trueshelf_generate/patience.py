"""Waiting through an outage with something in hand that cannot be had again for nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from trueshelf_runtime.errors import Outage

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds for which a paid answer is held in memory while storage or database are away."""


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` through an outage of storage or database. Raises Outage when it lasts longer than `PATIENCE`."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await work()
        except Outage:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(1)
