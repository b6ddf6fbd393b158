"""The composition root."""

import os

from trueshelf_review.adapters.policies import publish, read_checklists
from trueshelf_review.adapters.reasons import read_reasons
from trueshelf_review.adapters.signer import Ed25519Signer
from trueshelf_review.handlers import subscriptions
from trueshelf_review.jobs import jobs
from trueshelf_review.pictures_web import pictures_router
from trueshelf_review.policies_web import policies_router
from trueshelf_review.service.context import Review
from trueshelf_review.settings import Settings
from trueshelf_review.views import Jwks
from trueshelf_review.web import router
from trueshelf_runtime.lifecycle import Parts, Runtime

DESCRIPTION = (
    "Cases, decisions and spot checks. Every decision is a named person's, about one variant, on a large screen, with "
    "every checklist item answered; there is no automatic approval and none of a whole batch."
)


async def build(runtime: Runtime) -> Parts:
    """Put review together. Raises ValueError for a missing key or a wrong policy file, naming it."""
    settings: Settings = runtime.settings
    if settings.signing_key_file is None:
        raise ValueError(
            "set TRUESHELF_REVIEW_SIGNING_KEY_FILE to a JWK with an Ed25519 key: decisions are signed; "
            "`trueshelf up` makes one"
        )
    signer = Ed25519Signer(settings.signing_key_file, settings.retired_keys_file)
    review = Review(
        policy=settings.policy(),
        checklists=read_checklists(settings.checklists_dir),
        reasons=read_reasons(settings.checklists_dir),
        signer=signer,
        clock=runtime.clock,
        random_bytes=os.urandom,
    )
    await publish(runtime.db, runtime.clock, review.checklists, review.policy, review.reasons)
    return Parts(
        subscriptions=subscriptions(review),
        jobs=jobs(review, runtime.db),
        routers=(
            router(review, runtime.db),
            policies_router(review, runtime.db, Jwks.model_validate(signer.jwks())),
            pictures_router(review, runtime.db, runtime.store),
        ),
        description=DESCRIPTION,
    )
