"""The composition root of audit."""

import asyncio
from functools import partial

from trueshelf_audit.adapters.copies import StoredCopies
from trueshelf_audit.adapters.keys import check_ed25519, public_keys, signer_from
from trueshelf_audit.adapters.log import opener
from trueshelf_audit.domain.verify import Keys
from trueshelf_audit.handlers import subscriptions
from trueshelf_audit.jobs import verify_job
from trueshelf_audit.service import Sequencer, keep_copying, keep_sequencing
from trueshelf_audit.settings import Settings
from trueshelf_audit.web import routers
from trueshelf_runtime.lifecycle import Background, Parts, Runtime

DESCRIPTION = (
    "The append-only log of everything that was said on the bus: entries in an RFC 6962 tree under signed checkpoints. "
    "It can be searched and proved, never changed."
)


async def build(runtime: Runtime) -> Parts:
    """Return audit's parts. Raises BadKeyFile when a key file cannot be used."""
    settings: Settings = runtime.settings
    signer = await asyncio.to_thread(signer_from, settings.checkpoint_key_file, settings.origin)
    review_keys = await asyncio.to_thread(public_keys, settings.review_public_keys_file)
    open_log, copies = opener(runtime.db), StoredCopies(runtime.store, settings)
    sequencer = Sequencer(
        open_log,
        signer,
        review_keys=review_keys,
        check=check_ed25519,
        copies=copies,
        clock=runtime.clock,
        batch=settings.batch,
    )
    runtime.health.add_ready("log", sequencer.sound)
    keys = Keys(signer.key, review_keys, check_ed25519)
    verify = verify_job(
        runtime.db,
        runtime.children,
        copies,
        runtime.clock,
        keys=keys,
        dsn=settings.pg_dsn.get_secret_value(),
        seconds=settings.verify_seconds,
    )
    return Parts(
        subscriptions=subscriptions(),
        jobs=(verify,),
        routers=routers(runtime.db, runtime.clock, signer.key),
        background=(
            Background("sequencer", partial(keep_sequencing, sequencer, settings.interval)),
            Background(
                "checkpoint copies", partial(keep_copying, open_log, copies, runtime.clock, settings.copy_interval)
            ),
        ),
        description=DESCRIPTION,
    )
