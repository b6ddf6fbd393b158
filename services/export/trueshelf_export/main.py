"""The composition root of export."""

from trueshelf_export.adapters.shipped import load_checklists, load_profiles
from trueshelf_export.adapters.signatures import DecisionSignatures
from trueshelf_export.handlers import Handlers
from trueshelf_export.jobs import ExportJobs
from trueshelf_export.reading import Reading
from trueshelf_export.service.orders import Orders
from trueshelf_export.service.renditions import Renditions
from trueshelf_export.service.rules import Rules
from trueshelf_export.settings import Settings
from trueshelf_export.web import build_router
from trueshelf_runtime.lifecycle import Background, Parts, Runtime


async def build(runtime: Runtime) -> Parts:
    """Return what export consists of; nothing runs yet."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    signatures = DecisionSignatures.of(settings.review_public_keys_file)
    rules = Rules(load_profiles(), load_checklists())
    orders = Orders(rules)
    renditions = Renditions(rules)
    jobs = ExportJobs(
        db=runtime.db,
        store=runtime.store,
        children=runtime.children,
        clock=runtime.clock,
        settings=settings,
        orders=orders,
        renditions=renditions,
    )

    async def publish_profiles() -> None:
        """State the shipped profiles once."""
        async with runtime.db.transaction() as tx:
            await rules.publish_shipped(tx, runtime.clock.now())

    return Parts(
        subscriptions=Handlers(renditions, runtime.clock, signatures).subscriptions(),
        jobs=jobs.specs(),
        routers=(
            build_router(
                db=runtime.db,
                store=runtime.store,
                clock=runtime.clock,
                rules=rules,
                orders=orders,
                renditions=renditions,
                reading=Reading(rules),
            ),
        ),
        background=(Background("publish-profiles", publish_profiles),),
    )
