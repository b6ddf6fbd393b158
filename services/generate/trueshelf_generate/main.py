"""generate's composition root."""

from functools import partial

from trueshelf_generate import preset_web, scene_web
from trueshelf_generate.handlers import subscriptions
from trueshelf_generate.jobs import Works
from trueshelf_generate.outcomes import Outcomes
from trueshelf_generate.policy import Library
from trueshelf_generate.presets_desk import PresetsDesk
from trueshelf_generate.scenes import Scenes
from trueshelf_generate.service import Generate
from trueshelf_generate.settings import Settings
from trueshelf_generate.web import build_router
from trueshelf_runtime.lifecycle import Background, Parts, Runtime
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.sandbox import run_untrusted


async def build(runtime: Runtime) -> Parts:
    """Put generate together."""
    settings: Settings = runtime.settings
    library = Library(runtime.clock)
    outcomes = Outcomes(runtime.clock)
    generate = Generate(runtime.clock, library, outcomes)
    works = Works(
        db=runtime.db,
        pictures=runtime.store,
        children=runtime.children,
        outcomes=outcomes,
        library=library,
        generate=generate,
        removal=Limits(seconds=settings.remove_seconds, memory_mb=settings.child_memory_mb),
        replacement=Limits(seconds=settings.replace_seconds, memory_mb=settings.child_memory_mb),
        concurrency=settings.children,
    )
    return Parts(
        subscriptions=subscriptions(generate),
        jobs=works.specs(),
        routers=(
            build_router(runtime.db),
            scene_web.build_router(Scenes(runtime.db, runtime.store, runtime.children, run_untrusted, runtime.clock)),
            preset_web.build_router(runtime.db, library, PresetsDesk(library, runtime.clock)),
        ),
        background=(Background("presets", partial(library.publish_at_start, runtime.db)),),
    )
