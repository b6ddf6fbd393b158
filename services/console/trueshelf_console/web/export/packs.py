"""A pack: each file beside the master that it was made from, what the manifest says, and the download."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.context import Console
from trueshelf_console.web.export.orders import ENDED
from trueshelf_console.web.export.reading import CONFIRM, ORDER, READ, Desk, desk, pictures
from trueshelf_console.web.guard import SignedIn
from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_runtime.problem import Problem

PASSED_ON = ("content-disposition", "content-length", "etag", "cache-control")
GONE = 410


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/export/packs/{pack_id}")
    async def pack(
        request: Request, pack_id: UUID, person: Annotated[Person, Depends(SignedIn(console, READ))]
    ) -> Response:
        return await _page(desk(console, person), request, pack_id)

    @routes.get("/export/packs/{pack_id}/state")
    async def state(
        request: Request, pack_id: UUID, person: Annotated[Person, Depends(SignedIn(console, READ))]
    ) -> Response:
        """Say where the pack stands; the page loads itself again when that has changed (static/export/pack.js)."""
        at = desk(console, person)
        view = await at.get("export", f"/packs/{pack_id}")
        moving = view["state"] not in ENDED
        return at.page(request, "export/pack_state.html", pack=view, moving=moving, stand=stand(view))

    @routes.get("/export/packs/{pack_id}/download")
    async def download(
        request: Request, pack_id: UUID, person: Annotated[Person, Depends(SignedIn(console, ORDER))]
    ) -> Response:
        """Hand the ZIP on piece by piece; export puts on record who took it, and answers 410 when it was withdrawn."""
        at = desk(console, person, ORDER)
        stack = AsyncExitStack()
        try:
            source = await stack.enter_async_context(
                console.services.stream(person, at.role, "export", f"/packs/{pack_id}/download")
            )
        except Problem as problem:
            if problem.status == GONE:
                return await _page(at, request, pack_id, status=GONE)
            raise
        headers = {name: source.headers[name] for name in PASSED_ON if name in source.headers}

        async def pieces() -> AsyncIterator[bytes]:
            async with stack:
                async for piece in source.aiter_bytes():
                    yield piece

        return StreamingResponse(pieces(), media_type="application/zip", headers=headers)

    return routes


def stand(pack: Json) -> str:
    """Return what the page shows of a pack's progress, as one word to compare."""
    return "-".join([pack["state"], *(file["state"] for file in pack["files"])])


async def _page(at: Desk, request: Request, pack_id: UUID, *, status: int = 200) -> Response:
    view = await at.get("export", f"/packs/{pack_id}")
    shown = await pictures(at, view) if view["files"] else {}
    manifest: dict[str, Any] = view["manifest"] or {}
    files = {file["rendition_id"]: file for file in manifest.get("files", ())}
    image = at.console.image
    rows = [
        {
            **file,
            "facts": files.get(file["rendition_id"]),
            "checks": shown[file["rendition_id"]]["checks"],
            "rendition_url": image(shown[file["rendition_id"]]["rendition"]),
            "master_url": image(shown[file["rendition_id"]]["master"]),
            "master": shown[file["rendition_id"]]["master"],
        }
        for file in view["files"]
    ]
    checklist = await at.perhaps(at.get("export", "/checklists"), {"pack": []})
    return at.page(
        request,
        "export/pack.html",
        status=status,
        pack=view,
        rows=rows,
        manifest=manifest,
        stand=stand(view),
        moving=view["state"] not in ENDED,
        items=checklist["pack"],
        withdrawn=await _taken_by(at, view),
        disclaimers_of_pack=manifest.get("disclaimers", DISCLAIMERS),
        may_order=at.person.may(*ORDER),
        may_report=at.person.may(*CONFIRM),
    )


async def _taken_by(at: Desk, pack: Json) -> list[str] | None:
    """Return the ids of those who had downloaded a withdrawn pack, as PackWithdrawn says; None: not known yet."""
    if pack["state"] != "withdrawn":
        return None
    row = await at.console.db.fetchrow(SQL["withdrawn"], UUID(pack["pack_id"]))
    return list(row["downloaded_by"]) if row else None
