"""The company's own login: OpenID Connect, code flow with PKCE, the ID token checked against the issuer's keys.

Everything comes from the configured issuer's discovery document; nothing that a token says of itself names a key.
"""

import asyncio
import base64
import hashlib
import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet

from trueshelf_runtime.clock import Clock

ALGORITHMS = ("RS256", "ES256", "Ed25519", "EdDSA")
"""Asymmetric ones only: neither `none` nor an HMAC over something public can pass."""
LEEWAY = 30
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
MAX_AGE = 3600.0
MISS_INTERVAL = 30.0
"""Seconds between two looks for a key that we do not know: made-up key ids cannot hammer the issuer."""
MAX_TOKEN = 16_384
LOCAL = ("localhost", "127.0.0.1", "::1")


class CompanyLoginError(Exception):
    """The company's login did not give us somebody: `code` is for the page, the text for the log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who logged in there. `subject` names issuer and person: another issuer's same number is somebody else."""

    subject: str
    login: str
    name: str
    authenticated_at: datetime | None = None
    """When the person last gave the company a password or a key, as the token says."""


class CompanyLogin:
    """One issuer, as the settings name it."""

    def __init__(self, issuer: str, client_id: str, secret: str | None, redirect: str, clock: Clock) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._redirect = redirect
        self._clock = clock
        self._found: dict[str, Any] = {}
        self._found_at = float("-inf")
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")
        self._lock = asyncio.Lock()

    async def begin(self, state: str, nonce: str, verifier: str, age: timedelta) -> str:
        """Return the address at the issuer where the browser goes. Raises CompanyLoginError.

        Who proved longer than `age` ago who they are is asked again there (`max_age`; zero: in any case). The ID token
        then says when that was (OpenID Connect Core 3.1.2.1).
        """
        found = await self._discovered()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "max_age": str(int(age.total_seconds())),
            **({} if age else {"prompt": "login"}),
        }
        joiner = "&" if "?" in found["authorization_endpoint"] else "?"
        return f"{found['authorization_endpoint']}{joiner}{urlencode(asked)}"

    async def finish(self, code: str, verifier: str, nonce: str) -> Somebody:
        """Return who has logged in. Raises CompanyLoginError."""
        found = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
            "client_id": self._client_id,
        }
        auth = (self._client_id, self._secret) if self._secret else None
        answer = await self._json("POST", found["token_endpoint"], data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str) or len(token) > MAX_TOKEN:
            raise CompanyLoginError("company_refused", "the token endpoint gave no ID token")
        return await self._checked(token, nonce)

    async def _checked(self, token: str, nonce: str) -> Somebody:
        """Return whom an ID token names, after every check of OpenID Connect Core 3.1.3.7."""
        try:
            keys = await self._keys_for(token)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)  # `EdDSA` is an old name (RFC 9864), not a weak one
                claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            self._registry(nonce).validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise CompanyLoginError("company_token", f"the ID token is not valid: {error}") from error
        audience = claims["aud"]
        authorised = claims.get("azp", self._client_id)
        if (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims) or authorised != self._client_id:
            raise CompanyLoginError("company_token", "the ID token was made for another client")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:  # noqa: PLR2004 - OpenID Connect Core 2
            raise CompanyLoginError("company_token", "the ID token has no usable subject")
        login = str(claims.get("preferred_username") or claims.get("email") or subject)
        return Somebody(f"{self._issuer} {subject}", login, str(claims.get("name") or login), self._when(claims))

    def _when(self, claims: dict[str, Any]) -> datetime | None:
        """Return the token's `auth_time`; None for none, and for a time to come: then nothing is signed."""
        said, latest = claims.get("auth_time"), self._clock.now().timestamp() + LEEWAY
        if isinstance(said, bool) or not isinstance(said, (int, float)) or not 0 <= said <= latest:
            return None
        return datetime.fromtimestamp(said, UTC)

    def _registry(self, nonce: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )

    async def _keys_for(self, token: str) -> KeySet:
        """Return the issuer's keys, looked up again when the token names one that we do not have."""
        kid = jwt_kid(token)
        async with self._lock:
            age = self._clock.monotonic() - self._keys_at
            known = self._keys is not None and any(kid in (None, key.kid) for key in self._keys.keys)
            if (not known and age >= MISS_INTERVAL) or age >= MAX_AGE:
                found = await self._discovered()
                document = await self._json("GET", found["jwks_uri"])
                public = [key for key in document.get("keys", []) if key.get("kty") in {"RSA", "EC", "OKP"}]
                self._keys = KeySet.import_key_set({"keys": public})
                self._keys_at = self._clock.monotonic()
        if self._keys is None:
            raise CompanyLoginError("company_away", "the issuer's keys cannot be read")
        return self._keys

    async def _discovered(self) -> dict[str, Any]:
        if self._found and self._clock.monotonic() - self._found_at < MAX_AGE:
            return self._found
        found = await self._json("GET", self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise CompanyLoginError("company_away", f"the discovery document is of the issuer {found.get('issuer')!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            parts = urlsplit(str(found.get(name, "")))
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
                raise CompanyLoginError("company_away", f"the discovery document's {name} is no https address")
        self._found, self._found_at = found, self._clock.monotonic()
        return found

    async def _json(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
                answer = await client.request(method, url, headers={"Accept": "application/json"}, **how)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CompanyLoginError("company_away", f"{url} does not answer as it should: {error}") from error
        if not answer.is_success or not isinstance(said, dict):
            code = "company_refused" if method == "POST" and answer.is_client_error else "company_away"
            raise CompanyLoginError(code, f"{url} answered {answer.status_code}")
        return said


def jwt_kid(token: str) -> str | None:
    """Return the key id that a token names, before anything of it is checked."""
    try:
        header = base64.urlsafe_b64decode(token.partition(".")[0] + "==")
        kid = json.loads(header).get("kid")
    except (ValueError, AttributeError, RecursionError):
        return None
    return kid if isinstance(kid, str) else None
