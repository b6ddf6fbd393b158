"""A consumer without any guard of its own: it counts each event that it is given, in one row per event.

Trueshelf's services would survive a double delivery by their states and derived ids alone. The witness has nothing but
the runtime's promise: lost is a row that is not there, twice is a 2. It runs as the service `console`, which every
topic is registered for, in a database of its own.
"""

import asyncio
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_runtime.bus import Consumers, Subscription
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.settings import RuntimeSettings

WATCHED: tuple[Service, ...] = ("ingest", "generate", "qa", "review", "export")
COUNT = "INSERT INTO tally (event_id, n) VALUES ($1, 1) ON CONFLICT (event_id) DO UPDATE SET n = tally.n + 1"


class Settings(RuntimeSettings):
    service: Service = "console"


async def count(event: Event, tx: Tx) -> None:
    await tx.execute(COUNT, event.event_id)


async def main() -> None:
    settings = Settings()
    subscriptions = [Subscription(owner, dict.fromkeys(BY_OWNER[owner].events, count)) for owner in WATCHED]
    async with Database.open(settings.pg_dsn.get_secret_value(), settings.service) as db:
        await Consumers(settings, db, subscriptions).run()


if __name__ == "__main__":
    asyncio.run(main())
