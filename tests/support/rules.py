"""What a test cannot wait for: that a marketplace's rules, confirmed by an earlier test, are unconfirmed again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from support.live import LiveStack
from trueshelf_cli.drill import Json
from trueshelf_cli.servers import known_servers

OTHERS = "UPDATE export.confirmations SET base_sha256 = repeat('0', 64) WHERE marketplace = $1"
"""As when a release ships other rules for the marketplace: what was confirmed before speaks of the former ones."""


def unconfirmed(live: LiveStack, marketplace: str) -> Json:
    """Return the marketplace's profile as nobody has confirmed it, whoever did so before on this stack."""
    servers = known_servers(live.stack.layout)
    assert servers is not None

    async def forget() -> None:
        connection = await asyncpg.connect(servers.pg_admin_dsn)
        try:
            await connection.execute(OTHERS, marketplace)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as aside:  # Playwright may have this thread's event loop
        aside.submit(asyncio.run, forget()).result()
    profile = dict(live.get("export", f"/profiles/{marketplace}"))
    assert profile["standing"] == "unconfirmed"
    return profile
