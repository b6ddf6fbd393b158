"""HTTP → domain."""

from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query, Response, UploadFile
from pydantic import AfterValidator

from trueshelf_contracts.ids import derive
from trueshelf_contracts.photos import EXTENSIONS, MEDIA_TYPES
from trueshelf_contracts.refs import check_sku
from trueshelf_ingest.captures import Captures
from trueshelf_ingest.reading import (
    capture_view,
    read_batch,
    read_batches,
    read_intake,
    read_reshoots,
    read_sku,
    read_summary,
)
from trueshelf_ingest.service import Ingest
from trueshelf_ingest.sql import SQL
from trueshelf_ingest.views import (
    BatchView,
    CaptureForm,
    CaptureView,
    ChangeBody,
    IntakeBody,
    IntakeSummary,
    IntakeView,
    ReshootView,
    SkuBody,
    SkuView,
)
from trueshelf_runtime.db import Row
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.origin import current
from trueshelf_runtime.web import Problem

SkuPath = Annotated[str, Path(description="the SKU"), AfterValidator(check_sku)]
READERS = ("capturer", "operator", "reviewer", "uploader", "auditor", "admin")
_READ_PIECE = 1 << 20


def build_router(ingest: Ingest, captures: Captures, max_photo_bytes: int) -> APIRouter:  # noqa: C901 - one route after another, no logic
    """Return ingest's routes."""
    router = APIRouter()

    @router.post("/intakes", status_code=201)
    async def open_intake(
        body: IntakeBody, who: Annotated[Principal, Depends(require("capturer", "operator"))]
    ) -> IntakeView:
        return await read_intake(ingest, await ingest.open_intake(body, who.id))

    @router.get("/intakes/{intake_id}")
    async def get_intake(intake_id: UUID, _: Annotated[Principal, Depends(require(*READERS))]) -> IntakeView:
        return await read_intake(ingest, intake_id)

    @router.get("/intakes/{intake_id}/summary")
    async def get_summary(
        intake_id: UUID,
        _: Annotated[Principal, Depends(require(*READERS))],
        limit: Annotated[int, Query(ge=0, le=1000)] = 200,
    ) -> IntakeSummary:
        """The delivery in numbers: as cheap for 20,000 photos as for ten."""
        return await read_summary(ingest, intake_id, limit)

    @router.post("/intakes/{intake_id}/complete")
    async def complete(
        intake_id: UUID, _: Annotated[Principal, Depends(require("capturer", "operator"))]
    ) -> IntakeView:
        await ingest.complete_intake(intake_id)
        return await read_intake(ingest, intake_id)

    @router.put("/skus/{sku}")
    async def put_sku(
        sku: SkuPath,
        body: SkuBody,
        response: Response,
        _: Annotated[Principal, Depends(require("capturer", "operator"))],
    ) -> SkuView:
        response.status_code = 201 if await ingest.put_sku(sku, body) else 200
        return await read_sku(ingest, sku)

    @router.get("/skus/{sku}")
    async def get_sku(sku: SkuPath, _: Annotated[Principal, Depends(require(*READERS))]) -> SkuView:
        return await read_sku(ingest, sku)

    @router.post("/skus/{sku}/captures", status_code=202)
    async def add_capture(
        sku: SkuPath,
        photo: UploadFile,
        form: Annotated[CaptureForm, Form()],
        response: Response,
        who: Annotated[Principal, Depends(require("capturer", "operator"))],
    ) -> CaptureView:
        data = await _read_limited(photo, max_photo_bytes)
        row = await ingest.db.fetchrow(SQL["sku_get"], sku)
        category = row["category"] if row else "default"
        capture_id, new = await captures.receive(sku, form, data, _declared(photo), who.actor(category))
        response.status_code = 202 if new else 200
        return capture_view(await _capture(ingest, capture_id))

    @router.get("/captures/{capture_id}")
    async def get_capture(capture_id: UUID, _: Annotated[Principal, Depends(require(*READERS))]) -> CaptureView:
        return capture_view(await _capture(ingest, capture_id))

    @router.post("/skus/{sku}/complete")
    async def declare(sku: SkuPath, _: Annotated[Principal, Depends(require("capturer", "operator"))]) -> SkuView:
        await ingest.declare_complete(sku)
        return await read_sku(ingest, sku)

    @router.post("/skus/{sku}/changes", status_code=201)
    async def change(
        sku: SkuPath, body: ChangeBody, who: Annotated[Principal, Depends(require("capturer", "operator"))]
    ) -> SkuView:
        row = await ingest.db.fetchrow(SQL["sku_get"], sku)
        category = row["category"] if row else "default"
        await ingest.change(sku, body, derive("change", sku, current().cause_id), who.actor(category))
        return await read_sku(ingest, sku)

    @router.get("/reshoots")
    async def list_reshoots(
        _: Annotated[Principal, Depends(require(*READERS))], limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> list[ReshootView]:
        """SKUs of which review wants new photos (R-17), the oldest wish first."""
        return await read_reshoots(ingest, limit)

    @router.get("/batches")
    async def list_batches(
        _: Annotated[Principal, Depends(require(*READERS))], limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> list[BatchView]:
        return await read_batches(ingest, limit)

    @router.get("/batches/{batch_id}")
    async def get_batch(batch_id: UUID, _: Annotated[Principal, Depends(require(*READERS))]) -> BatchView:
        return await read_batch(ingest, batch_id)

    @router.post("/batches/{batch_id}/seal")
    async def seal(batch_id: UUID, _: Annotated[Principal, Depends(require("operator"))]) -> BatchView:
        async with ingest.db.transaction() as tx:
            await ingest.versions.batches.seal(tx, batch_id, "asked")
        return await read_batch(ingest, batch_id)

    @router.get("/counts")
    async def counts(_: Annotated[Principal, Depends(require(*READERS))]) -> dict[str, dict[str, int]]:
        result: dict[str, dict[str, int]] = {}
        for row in await ingest.db.fetch(SQL["counts"]):
            result.setdefault(row["kind"], {})[row["state"]] = row["n"]
        return result

    return router


async def _capture(ingest: Ingest, capture_id: UUID) -> Row:
    row = await ingest.db.fetchrow(SQL["capture_get"], capture_id)
    if row is None:
        raise Problem(404, "unknown_capture", f"there is no capture {capture_id}", "GET /skus/{sku} lists them")
    return row


async def _read_limited(photo: UploadFile, limit: int) -> bytes:
    """Return the upload's bytes; stops reading as soon as they are too many."""
    pieces: list[bytes] = []
    size = 0
    while piece := await photo.read(_READ_PIECE):
        size += len(piece)
        if size > limit:
            raise Problem(413, "too_many_bytes", f"the photo has more than {limit:,} bytes", "send a smaller file")
        pieces.append(piece)
    return b"".join(pieces)


def _declared(photo: UploadFile) -> str:
    """Return the format that the file's name and media type claim; they must agree with each other."""
    extension = PurePosixPath(photo.filename or "").suffix.lstrip(".").lower()
    by_name = EXTENSIONS.get(extension)
    by_type = {media: kind for kind, media in MEDIA_TYPES.items()}.get((photo.content_type or "").lower())
    if by_name is None:
        message = f"a file name ending in {'.' + extension!a} is none of ours"
        raise Problem(415, "unsupported", message, "send JPEG, PNG, WebP or HEIC with its usual ending")
    if by_type is not None and by_type != by_name:
        message = f"the name says {by_name.upper()}, the media type {by_type.upper()}"
        raise Problem(415, "type_mismatch", message, "send both alike")
    return by_name
