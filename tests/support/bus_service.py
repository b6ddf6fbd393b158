"""The rig's service as a process of its own, to be killed: `python bus_service.py consume relay`."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.bus import CONSUMER, PRODUCER, QUICK, Behaviour
from trueshelf_contracts.event import ActRecorded
from trueshelf_runtime.bus import Consumers, Subscription
from trueshelf_runtime.db import Database
from trueshelf_runtime.relay import Relay
from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    service: str = CONSUMER


async def main(parts: list[str]) -> None:
    settings = Settings()
    async with Database.open(settings.pg_dsn.get_secret_value(), settings.service) as db:
        subscription = Subscription(PRODUCER, {ActRecorded: Behaviour().on_act})
        work = {
            "consume": lambda: Consumers(settings, db, [subscription], policy=QUICK).run(),
            "relay": lambda: Relay(settings, db).run(),
        }
        await asyncio.gather(*(work[part]() for part in parts))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
