"""qa's composition root."""

from trueshelf_qa.handlers import subscriptions
from trueshelf_qa.jobs import Comparing
from trueshelf_qa.policy import load
from trueshelf_qa.service import Qa
from trueshelf_qa.settings import Settings
from trueshelf_qa.similarity import card
from trueshelf_qa.web import build_router
from trueshelf_runtime.lifecycle import Background, Parts, Runtime
from trueshelf_runtime.sandbox import Limits


async def build(runtime: Runtime) -> Parts:
    """Put qa together."""
    settings: Settings = runtime.settings
    limits = Limits(seconds=settings.compare_seconds, memory_mb=settings.compare_memory_mb)
    qa = Qa(runtime.db, runtime.store, runtime.children, runtime.clock, load(settings.thresholds), limits, card())
    return Parts(
        subscriptions=subscriptions(qa),
        jobs=Comparing(qa, settings.compare_attempts, settings.children).specs(),
        routers=(build_router(qa),),
        background=(Background("thresholds", qa.publish_thresholds),),
        description="Compares drafts with their sources and marketplace files with their masters. It cannot approve.",
    )
