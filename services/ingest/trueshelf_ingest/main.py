"""ingest's composition root."""

import asyncio
from datetime import timedelta

from trueshelf_ingest.batches import Batches
from trueshelf_ingest.captures import Captures
from trueshelf_ingest.handlers import subscriptions
from trueshelf_ingest.jobs import Decoding
from trueshelf_ingest.policies import load_policies, publish
from trueshelf_ingest.service import Ingest
from trueshelf_ingest.settings import Settings
from trueshelf_ingest.versions import Versions
from trueshelf_ingest.web import build_router
from trueshelf_runtime.lifecycle import Background, Parts, Runtime
from trueshelf_runtime.sandbox import Limits

AGE_CHECK_SECONDS = 60.0


async def build(runtime: Runtime) -> Parts:
    """Put ingest together."""
    settings: Settings = runtime.settings
    policies = load_policies()
    batches = Batches(settings.batch_size, runtime.clock)
    versions = Versions(runtime.clock, policies, batches)
    ingest = Ingest(runtime.db, runtime.clock, versions)
    captures = Captures(runtime.db, runtime.store, runtime.clock, versions)
    limits = Limits(seconds=settings.decode_seconds, memory_mb=settings.decode_memory_mb, file_mb=0)
    decoding = Decoding(captures, runtime.store, runtime.children, limits)
    max_age = timedelta(hours=settings.batch_max_age_hours)

    async def keep_house() -> None:
        await publish(runtime.db, policies, runtime.clock)
        while True:
            await batches.seal_aged(runtime.db, max_age)
            await asyncio.sleep(AGE_CHECK_SECONDS)

    return Parts(
        subscriptions=subscriptions(ingest),
        jobs=decoding.specs(),
        routers=(build_router(ingest, captures, settings.max_photo_bytes),),
        background=(Background("batches", keep_house),),
    )
