"""A fresh rig per test on the session's real servers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from support.backing import KafkaServer
from support.bus import CONSUMER, Rig, rig_of
from support.services import ServiceDbFactory


@pytest_asyncio.fixture
async def rig(topics: KafkaServer, service_db: ServiceDbFactory) -> AsyncIterator[Rig]:
    async with rig_of(await service_db(CONSUMER), topics.bootstrap) as rig:
        yield rig
