"""The public half of the key with which our five-minute tokens are signed: what the six services check them against."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from joserfc.jwk import OKPKey

from trueshelf_runtime.identity import anyone
from trueshelf_runtime.keys import jwks_of


def router(key: OKPKey) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    published: dict[str, Any] = jwks_of(key)

    @routes.get("/keys", dependencies=[Depends(anyone("public keys are for everybody"))])
    async def keys() -> JSONResponse:
        return JSONResponse(published, headers={"Cache-Control": "public, max-age=300"})

    return routes
