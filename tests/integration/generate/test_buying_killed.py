"""A worker process killed with SIGKILL in the middle of a paid call, and started again (R-32).

What the server got is counted on its side: no kill leads to a second charge that nobody asked for.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from support.bus import until
from support.generators import KEY, KEY_NAME, Reply, file_of, serving

from .markets import Market

pytestmark = pytest.mark.integration


@contextmanager
def process(settings: Any, **crash: str) -> Iterator[subprocess.Popen[bytes]]:
    """generate as a process of its own, with all its verbs."""
    environment = {
        "PATH": os.environ["PATH"],
        "TRUESHELF_GENERATE_PG_DSN": settings.pg_dsn.get_secret_value(),
        "TRUESHELF_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TRUESHELF_S3_ENDPOINT": settings.s3_endpoint,
        "TRUESHELF_S3_ACCESS_KEY": settings.s3_access_key,
        "TRUESHELF_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "TRUESHELF_BUCKET_PREFIX": settings.bucket_prefix,
        "TRUESHELF_HTTP_PORT": str(settings.http_port),
        "TRUESHELF_JWKS_FILE": str(settings.jwks_file),
        "TRUESHELF_SCRATCH_DIR": str(settings.scratch_dir),
        "TRUESHELF_DRILL": "true",
        "TRUESHELF_GENERATE_GENERATORS_FILE": str(settings.generators_file),
        KEY_NAME: KEY,
        **crash,
    }
    running = subprocess.Popen([sys.executable, "-m", "trueshelf_generate", "run"], env=environment)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(worlds: Any, photo: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """A world that no process serves yet: one server that knows no key, one that does."""
    folder: Path = tmp_path_factory.mktemp("market")
    os.environ[KEY_NAME] = KEY
    async with serving("openai_images") as plain, serving("openai_images") as keyed:
        servers = {"plain": plain, "keyed": keyed}
        file = file_of(folder, servers, settings={"keyed": {"idempotency_header": "Idempotency-Key"}})
        async with worlds.one(inside=False, generators_file=file) as world:
            yield Market(world, photo, servers)
    del os.environ[KEY_NAME]


async def _until_killed(running: subprocess.Popen[bytes]) -> None:
    async def dead() -> bool:
        return running.poll() is not None

    await until(dead, 60, "the end of the process")
    assert running.returncode == -signal.SIGKILL


@pytest.mark.parametrize("name", ["plain", "keyed"])
async def test_a_kill_in_the_middle_of_a_call_is_found_again(market: Market, name: str):
    """Without a key nobody knows the end: said, counted, not repeated. With one it is asked for again, once charged."""
    server = market.servers[name]
    server.replies.append(Reply(hang=True))
    with process(market.world.settings) as running:
        ready = await market.ready()
        await market.world.outcomes(ready.sku, 2)
        await market.ask(ready, preset=f"{name}_model")
        await asyncio.wait_for(server.arrived.wait(), 60)
        running.kill()
        running.wait()
    (intent,) = await market.calls(ready.sku)
    assert (intent["state"], intent["credits"]) == ("intended", 5), "the intent outlives the process"
    with process(market.world.settings):
        outcome = await market.outcome(ready.sku)
    (call,) = await market.calls(ready.sku)
    assert outcome["credits"] == 5
    if name == "plain":
        assert outcome["reason"]["code"] == "outcome_unknown"
        assert "nobody knows whether it was charged" in outcome["reason"]["message"]
        assert call["state"] == "unknown"
        assert len(server.calls) == 1
    else:
        assert (outcome["type"], call["state"]) == ("VariantGenerated", "charged")
        assert len({call.headers["idempotency-key"] for call in server.calls}) == 1
        assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("point", "state", "calls"),
    [
        ("generate.before_call", "unknown", 0),
        ("generate.after_call", "unknown", 1),
        ("generate.after_charge", "charged", 1),
    ],
)
async def test_a_kill_at_each_step_costs_one_call_at_most(market: Market, point: str, state: str, calls: int):
    server = market.servers["plain"]
    before = len(server.calls)
    with process(market.world.settings, TRUESHELF_CRASH_AT=point) as running:
        ready = await market.ready()
        await market.world.outcomes(ready.sku, 2)
        await market.ask(ready, preset="plain_model")
        await _until_killed(running)
    with process(market.world.settings):
        outcome = await market.outcome(ready.sku)
    (call,) = await market.calls(ready.sku)
    assert (call["state"], len(server.calls) - before) == (state, calls)
    if state == "charged":
        assert outcome["type"] == "VariantGenerated", "the answer was stored: the next run goes on from there"
    else:
        assert outcome["reason"]["code"] == "outcome_unknown"


async def test_a_kill_and_then_a_change_of_the_sku_leave_no_call_open(market: Market):
    """R-16: the item ends without a word, but its money is not forgotten."""
    server = market.servers["plain"]
    server.arrived.clear()
    server.replies.append(Reply(hang=True))
    with process(market.world.settings) as running:
        ready = await market.ready()
        await market.world.outcomes(ready.sku, 2)
        await market.ask(ready, preset="plain_model")
        await asyncio.wait_for(server.arrived.wait(), 60)
        await market.world.change(ready.sku, 2)

        async def ended() -> bool:
            query = "SELECT state FROM generate.item WHERE sku = $1 AND slot = 'social'"
            return [row["state"] for row in await market.world.rows(query, ready.sku)] == ["ended"]

        await until(ended, 30, "the item to end")
        running.kill()
        running.wait()
    with process(market.world.settings):

        async def known() -> bool:
            return [call["state"] for call in await market.calls(ready.sku)] == ["unknown"]

        await until(known, 60, "the call to be found again")
    assert await market.world.of(ready.sku, "GenerationRefused") == []
