"""generate's composition root."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from trueshelf_generate import credits_web, networks, preset_web, scene_web
from trueshelf_generate.adapters.openai_images import OpenAiImages
from trueshelf_generate.adapters.photoroom import Photoroom
from trueshelf_generate.adapters.wire import Wire
from trueshelf_generate.buying import Buying
from trueshelf_generate.catalogue import Catalogue, load_catalogue, publish_offers
from trueshelf_generate.handlers import subscriptions
from trueshelf_generate.jobs import Works
from trueshelf_generate.measuring import Measuring
from trueshelf_generate.outcomes import Outcomes
from trueshelf_generate.policy import Library
from trueshelf_generate.ports import ImageGenerator
from trueshelf_generate.presets_desk import PresetsDesk
from trueshelf_generate.scenes import Scenes
from trueshelf_generate.service import Generate
from trueshelf_generate.settings import Settings
from trueshelf_generate.spending import Spending
from trueshelf_generate.web import build_router
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.lifecycle import Background, Parts, Runtime
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.sandbox import run_untrusted


async def build(runtime: Runtime) -> Parts:
    """Put generate together. Raises ValueError, NetworkError for what an operator named and cannot be used."""
    settings: Settings = runtime.settings
    library = Library(runtime.clock)
    catalogue = load_catalogue(settings.generators_file)
    offered = frozenset(offer.name for offer in catalogue.offers.offers)
    if taken := offered & (await library.current(runtime.db)).presets.presets.keys():
        names = ", ".join(sorted(taken))
        raise ValueError(f"{settings.generators_file}: {names}: a preset has this name; take another")
    await asyncio.to_thread(networks.check)
    outcomes = Outcomes(runtime.clock)
    generate = Generate(runtime.clock, library, outcomes, catalogue.offers, networks.recipe())
    works = Works(
        db=runtime.db,
        pictures=runtime.store,
        children=runtime.children,
        outcomes=outcomes,
        library=library,
        removal=Limits(seconds=settings.remove_seconds, memory_mb=settings.child_memory_mb),
        replacement=Limits(seconds=settings.replace_seconds, memory_mb=settings.child_memory_mb),
        concurrency=settings.children,
    )
    measuring = Measuring(runtime.db, runtime.store, runtime.children, generate, works.replacement)
    buying = Buying(
        db=runtime.db,
        clock=runtime.clock,
        pictures=runtime.store,
        children=runtime.children,
        outcomes=outcomes,
        spending=Spending(runtime.db, runtime.clock, catalogue),
        catalogue=catalogue,
        generators=generators_of(catalogue, runtime.clock),
    )
    return Parts(
        subscriptions=subscriptions(generate),
        jobs=(*works.specs(), *measuring.specs(), *buying.specs()),
        routers=(
            build_router(runtime.db),
            credits_web.build_router(runtime.db, runtime.clock, catalogue),
            scene_web.build_router(Scenes(runtime.db, runtime.store, runtime.children, run_untrusted, runtime.clock)),
            preset_web.build_router(
                runtime.db, library, PresetsDesk(library, runtime.clock, offered), catalogue.offers
            ),
        ),
        background=(
            Background("presets", partial(library.publish_at_start, runtime.db)),
            Background("offers", partial(publish_offers, runtime.db, catalogue, runtime.clock)),
        ),
    )


def generators_of(catalogue: Catalogue, clock: Clock) -> Mapping[str, ImageGenerator]:
    """Return the adapter of every configured generator, with its key."""
    kinds: Mapping[str, Callable[[Wire, str], ImageGenerator]] = {
        "openai_images": OpenAiImages,
        "photoroom": Photoroom,
    }
    return {
        external.name: kinds[external.kind](Wire(external, clock), catalogue.keys.get(external.name, ""))
        for external in catalogue.offers.generators
    }
