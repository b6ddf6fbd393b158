from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.backing import KafkaServer
from support.running import RunningService, free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_runtime.keys import ensure_keys


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ingest(
    topics: KafkaServer,
    service_db: ServiceDbFactory,
    make_settings: SettingsFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("ingest")
    private, public = folder / "token.key", folder / "token.pub"
    ensure_keys(private, public)
    db = await service_db("ingest")
    settings = await make_settings(
        "ingest", db, http_port=free_port(), jwks_file=public, drill=True, scratch_dir=folder / "scratch", batch_size=3
    )
    async with running("ingest", settings, db, private) as service:
        yield service
