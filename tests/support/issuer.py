"""A company's login for tests: OpenID Connect with real keys, which can be told to lie."""

import asyncio
import base64
import contextlib
import hashlib
import secrets
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey, RSAKey

from support.running import free_port

Key = RSAKey | OKPKey
CLIENT = "trueshelf-console"
SECRET = "the client's secret"


@dataclass(slots=True)
class Issuer:
    """The issuer: who is logged in there, which key signs, and what it gets wrong on purpose."""

    url: str
    key: Key
    algorithm: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "name": "Saule K.", "email": "saule@corp.kz"})
    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    token: Callable[[str, dict[str, Any]], str] = lambda token, _: token
    now: Callable[[], int] = lambda: 0
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    published: list[Key] = field(default_factory=list)
    key_looks: int = 0

    def sign(self, claims: dict[str, Any], key: Any = None, algorithm: str | None = None) -> str:
        key = key or self.key
        header = {"alg": algorithm or self.algorithm, "kid": key.kid}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # `EdDSA` is an old name that issuers still use
            return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discovery() -> dict[str, str]:
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            }

        @app.get("/jwks")
        async def jwks() -> dict[str, Any]:
            self.key_looks += 1
            return {"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in self.published]}

        @app.get("/authorize")
        async def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
            assert asked["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(12)
            self.asked[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 302)

        @app.post("/token")
        async def token(
            request: Request,
            code: Annotated[str, Form()],
            code_verifier: Annotated[str, Form()],
            redirect_uri: Annotated[str, Form()],
        ) -> JSONResponse:
            asked = self.asked.pop(code, None)
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            digest = hashlib.sha256(code_verifier.encode()).digest()
            proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if (
                asked is None
                or asked["code_challenge"] != proven
                or asked["redirect_uri"] != redirect_uri
                or request.headers.get("authorization") != f"Basic {basic}"
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = self.now()
            claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
            claims = self.claims(claims | self.person)
            return JSONResponse({"id_token": self.token(self.sign(claims), claims), "token_type": "Bearer"})

        return app


@asynccontextmanager
async def company(algorithm: str = "RS256") -> AsyncIterator[Issuer]:
    """Run an issuer on a port of this machine until the end of the body."""
    key: Key = (
        RSAKey.generate_key(2048, auto_kid=True)
        if algorithm == "RS256"
        else OKPKey.generate_key("Ed25519", auto_kid=True)
    )
    port = free_port()
    issuer = Issuer(f"http://127.0.0.1:{port}", key, algorithm, published=[key])
    server = uvicorn.Server(uvicorn.Config(issuer.app(), port=port, log_config=None, lifespan="off"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the issuer does not start"
        await asyncio.sleep(0.01)
    try:
        yield issuer
    finally:
        server.should_exit = True
        await task
