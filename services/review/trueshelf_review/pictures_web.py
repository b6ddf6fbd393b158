"""HTTP → the pictures of a case: what a person needs to look at, and nothing else of the storage.

Only pictures that the case names can be had, by their hash; the original as it was sent is in quarantine for ever.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse

from trueshelf_contracts.refs import ObjectRef
from trueshelf_review.adapters.desk import PostgresDesk
from trueshelf_review.reading import case_view
from trueshelf_review.service import queue
from trueshelf_review.service.context import Review
from trueshelf_review.views import CaseView
from trueshelf_review.web import Desks
from trueshelf_runtime.db import Database
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.storage import Area, ObjectDamaged, ObjectMissing, ObjectStore

Looker = Annotated[Principal, Depends(require("reviewer", "auditor", "operator"))]
Hash = Annotated[str, InPath(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the picture")]
MEDIA_TYPES = frozenset({"image/png", "image/jpeg"})
AREAS: tuple[Area, ...] = ("sources", "drafts", "evidence", "packs")
"""Where pictures for people lie; the quarantine of originals is not among them."""
CHUNK = 1 << 18
HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def pictures_router(review: Review, db: Database, store: ObjectStore) -> APIRouter:
    """Return the route to the pictures of a case."""
    routes = APIRouter()
    desks = Desks(db)
    buckets = frozenset(store.bucket(area) for area in AREAS)

    @routes.get("/cases/{case_id}/pictures/{sha256}", response_class=StreamingResponse)
    async def picture(case_id: UUID, sha256: Hash, who: Looker) -> StreamingResponse:
        """One picture that the case names: a source, a draft, its preview or cut-out, a heat map, a rendition."""
        async with desks.open("review.picture", case_id, who) as tx:
            case = await queue.known(PostgresDesk(tx), case_id, lock=False)
            view = await case_view(review, tx, case, None)
        ref = next((ref for ref in named(view) if ref.sha256 == sha256 and ref.bucket in buckets), None)
        if ref is None:
            raise Problem(
                404, "no_picture", f"case {case_id} names no picture {sha256}", "take a hash that GET /cases/{id} shows"
            )
        headers = {**HEADERS, "Content-Length": str(ref.size), "ETag": f'"{sha256}"'}
        return StreamingResponse(_chunks(await _read(store, ref)), media_type=ref.media_type, headers=headers)

    return routes


def named(view: CaseView) -> Iterator[ObjectRef]:
    """Give the pictures that a case is decided by: PNG and JPEG only, and no original."""
    refs: list[ObjectRef | None] = []
    for capture in view.captures:
        refs += [capture.source, capture.preview]
    for variant in view.variants:
        refs += [variant.source, variant.cutout, variant.master, variant.preview]
        refs += [evidence.image for evidence in variant.evidence]
    if view.rendition:
        refs += [view.rendition.rendition, view.rendition.master]
        refs += [evidence.image for evidence in view.rendition.evidence]
    return (ref for ref in refs if ref is not None and ref.media_type in MEDIA_TYPES)


async def _read(store: ObjectStore, ref: ObjectRef) -> bytes:
    try:
        return await store.get(ref)
    except ObjectMissing as error:
        raise Problem(
            404,
            "picture_gone",
            "this picture is no longer stored; masters that were not chosen are kept for 30 days",
            "its hash and report remain in the log",
        ) from error
    except ObjectDamaged as error:
        raise Problem(
            502,
            "picture_damaged",
            "the stored picture is not the one that the case names: it is not shown",
            "restore it from a backup",
        ) from error


async def _chunks(data: bytes) -> AsyncIterator[memoryview]:
    """Hand the picture on in pieces of one buffer: a slow reader keeps no second copy of it."""
    whole = memoryview(data)
    for start in range(0, len(whole), CHUNK):
        yield whole[start : start + CHUNK]
