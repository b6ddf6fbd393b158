from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.backing import KafkaServer
from support.qa_rig import QaRig
from support.running import free_port, running
from support.services import ServiceDbFactory, SettingsFactory
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.storage import ObjectStore


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def qa(
    topics: KafkaServer,
    service_db: ServiceDbFactory,
    make_settings: SettingsFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[QaRig]:
    folder: Path = tmp_path_factory.mktemp("qa")
    private, public = folder / "token.key", folder / "token.pub"
    ensure_keys(private, public)
    db = await service_db("qa")
    settings = await make_settings(
        "qa",
        db,
        http_port=free_port(),
        jwks_file=public,
        drill=True,
        scratch_dir=folder / "scratch",
        compare_attempts=2,
    )
    async with ObjectStore.of(settings) as store, running("qa", settings, db, private) as service:
        yield QaRig(service, topics.bootstrap, store)
