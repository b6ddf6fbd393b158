"""Our own files: styles, scripts, icons. Their address names their content, so browsers keep them for a year."""

from fastapi import APIRouter, Depends, Response

from trueshelf_console.web.rendering import static_file, static_version
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
    "webmanifest": "application/manifest+json",
}


def router() -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get(
        "/static/{version}/{path:path}",
        dependencies=[Depends(anyone("our own files: the same for everybody, no data in them"))],
    )
    async def file(version: str, path: str) -> Response:
        kind = TYPES.get(path.rpartition(".")[2])
        try:
            data = static_file(path) if kind else None
        except FileNotFoundError:
            data = None
        if data is None:
            raise Problem(404, "not_found", "there is no such file")
        ours = version == static_version()  # an older process beside us in a rollout has other bytes under that name
        kept = "public, max-age=31536000, immutable" if ours else "no-store"
        return Response(data, media_type=kind, headers={"Cache-Control": kept})

    return routes
