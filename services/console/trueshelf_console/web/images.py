"""The images' own origin: what a signed address names, with fixed headers and nothing else (security.md, rule 5).

No cookie is read or set here: the address is the whole right, and it holds for minutes.
"""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from trueshelf_console.domain.addresses import BadAddress, Wanted, open_path
from trueshelf_console.web.context import Console
from trueshelf_contracts.refs import ObjectRef
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.storage import Area, ObjectDamaged, ObjectMissing

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}
AREAS: tuple[Area, ...] = ("sources", "drafts", "evidence", "packs")
CHUNK = 1 << 18
NOT_KEPT = {"Cache-Control": "no-store"}


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    guard = [Depends(anyone("the address is signed and holds for minutes"))]
    buckets = {console.store.bucket(area) for area in AREAS}

    @routes.api_route("/i/{token}", methods=["GET", "HEAD"], dependencies=guard)
    async def image(request: Request, token: str) -> Response:
        try:
            wanted, left = open_path(token, console.image_secret, console.clock.now())
        except BadAddress as error:
            raise Problem(403, "bad_address", str(error), headers=NOT_KEPT) from error
        if wanted.bucket not in buckets:
            raise Problem(403, "bad_address", "this is never shown to a browser", headers=NOT_KEPT)
        headers = _headers(wanted, left, console.settings.url)
        if f'"{wanted.sha256}"' in request.headers.get("if-none-match", ""):  # same hash, same bytes: no look needed
            return Response(status_code=304, headers=headers)
        ref = ObjectRef(
            bucket=wanted.bucket,
            key=wanted.key,
            sha256=wanted.sha256,
            size=wanted.size,
            media_type=wanted.media_type,
        )
        headers["Content-Length"] = str(wanted.size)
        if request.method == "HEAD":
            if not await console.store.exists(ref):
                raise _missing()
            return Response(media_type=wanted.media_type, headers=headers)
        try:
            data = await console.store.get(ref)
        except ObjectMissing as error:
            raise _missing() from error
        except ObjectDamaged as error:
            raise Problem(
                502,
                "picture_damaged",
                "the stored picture is not the one that was approved: it is not shown",
                "restore it from a backup; the log of the console names it",
                headers=NOT_KEPT,
            ) from error
        return StreamingResponse(_pieces(data), media_type=wanted.media_type, headers=headers)

    return routes


def _headers(wanted: Wanted, left: int, page: str) -> dict[str, str]:
    name = quote(wanted.name, safe="")
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}" if name else "inline",
        "Cache-Control": f"private, max-age={left}, immutable",
        "ETag": f'"{wanted.sha256}"',
        "Access-Control-Allow-Origin": page,  # the viewer reads pixels
        "Vary": "Origin",
    }


def _missing() -> Problem:
    return Problem(
        404,
        "picture_gone",
        "this picture is no longer stored; masters that were not chosen are kept for 30 days",
        "its hash and report remain in the log",
        headers=NOT_KEPT,
    )


async def _pieces(data: bytes) -> AsyncIterator[memoryview]:
    """Hand the picture on in pieces of one buffer: a slow reader keeps no second copy of it in the socket's queue."""
    whole = memoryview(data)
    for start in range(0, len(whole), CHUNK):
        yield whole[start : start + CHUNK]
