"""The images' own origin: what a signed address names, with fixed headers and nothing else (security.md, rule 5)."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Response

from trueshelf_console.domain.addresses import BadAddress, open_path
from trueshelf_console.web.context import Console
from trueshelf_contracts.refs import ObjectRef
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/i/{token}", dependencies=[Depends(anyone("the address is signed and holds for minutes"))])
    async def image(token: str) -> Response:
        try:
            wanted, left = open_path(token, console.image_secret, console.clock.now())
        except BadAddress as error:
            raise Problem(403, "bad_address", str(error)) from error
        ref = ObjectRef(
            bucket=wanted.bucket,
            key=wanted.key,
            sha256=wanted.sha256,
            size=wanted.size,
            media_type=wanted.media_type,
        )
        data = await console.store.get(ref)
        shown = f'attachment; filename="{wanted.name}"' if wanted.name else "inline"
        return Response(
            data,
            media_type=wanted.media_type,
            headers={
                "Content-Disposition": shown,
                "Cache-Control": f"private, max-age={left}, immutable",
                "Access-Control-Allow-Origin": console.settings.url,  # the viewer reads pixels
                "Vary": "Origin",
            },
        )

    return routes
