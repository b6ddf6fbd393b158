"""Who is asking, and in which role: bearer tokens checked against the issuer's published keys."""

import asyncio
import base64
import json
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import urllib3
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trueshelf_contracts.event import Actor, Role
from trueshelf_runtime.clock import Clock, SystemClock
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.telemetry import METRICS

ALGORITHMS = ("Ed25519", "EdDSA", "ES256", "RS256")
"""Asymmetric ones only: neither `none` nor an HMAC keyed with something public can ever pass."""
LEEWAY = 30
"""Seconds by which two machines' clocks may differ."""
MAX_TOKEN = 8192
MOST_SECONDS = 253_402_300_799
"""The last second of the year 9999: no date is later."""
MISS_INTERVAL = 30.0
"""Seconds between two looks at the issuer for a key that we do not know: made-up key ids cannot hammer it."""
MAX_KEY_AGE = 3600.0

log = structlog.get_logger(__name__)
Kind = Literal["person", "drill", "machine"]
Level = Literal["junior", "senior"]
_HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, acting in one role."""

    id: str
    kind: Kind
    role: Role
    session: str
    roles: tuple[Role, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)
    authenticated_at: datetime | None = None
    """When the person last gave a password or logged in at the company; None where the token does not say."""

    @property
    def drill(self) -> bool:
        return self.kind == "drill"

    def level(self, category: str) -> Level | None:
        """Return the reviewer's level in `category`; `*` covers the categories that are not named."""
        return self.levels.get(category, self.levels.get("*"))

    def actor(self, category: str | None = None) -> Actor:
        """Return what an event says of this person; the level only for a reviewer in a category."""
        level = self.level(category) if category is not None and self.role == "reviewer" else None
        return Actor(id=self.id, kind=self.kind, role=self.role, level=level, session=self.session)


class Claims(BaseModel):
    """The claims that we read; times, issuer and audience are checked before."""

    model_config = ConfigDict(extra="ignore")

    sub: str = Field(
        min_length=1, max_length=100, pattern=r"^[^\s@]+$", description="an id; never a name or an address"
    )
    kind: Kind
    role: Role
    roles: tuple[Role, ...] = ()
    levels: dict[str, Level] = Field(default_factory=dict)
    sid: str = Field(min_length=1, max_length=100)
    auth_time: int | None = Field(default=None, ge=0, le=MOST_SECONDS, description="as OpenID Connect Core 2 has it")

    @property
    def authenticated_at(self) -> datetime | None:
        return None if self.auth_time is None else datetime.fromtimestamp(self.auth_time, UTC)


class KeySource:
    """The issuer's public keys, from a file or an address, cached; an unknown key id leads to a new look, seldom."""

    def __init__(self, load: Callable[[], Awaitable[dict[str, Any]]], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._keys: KeySet | None = None
        self._loaded_at = float("-inf")
        self._lock = asyncio.Lock()

    @classmethod
    def of(cls, settings: RuntimeSettings, clock: Clock) -> "KeySource":
        """Return the source that the settings name. Raises ValueError when they name none."""
        if settings.jwks_url:
            return cls(lambda: asyncio.to_thread(_fetch, str(settings.jwks_url)), clock)
        if settings.jwks_file:
            return cls(lambda: asyncio.to_thread(_read, Path(str(settings.jwks_file))), clock)
        raise ValueError(
            "set TRUESHELF_JWKS_FILE or TRUESHELF_JWKS_URL: without the issuer's keys no token can be checked"
        )

    async def with_key(self, kid: str) -> KeySet | None:
        """Return the key set if it has `kid`. Raises Outage when the issuer does not answer and nothing is cached."""
        if self._has(kid) and self._age() < MAX_KEY_AGE:
            return self._keys
        async with self._lock:
            if self._age() >= MISS_INTERVAL:
                await self._refresh()
        return self._keys if self._has(kid) else None

    async def _refresh(self) -> None:
        try:
            document = await self._load()
            # A private or symmetric key has no place in a published set; we keep only what can verify.
            public = [key for key in document["keys"] if key.get("kty") in {"OKP", "EC", "RSA"}]
            self._keys = KeySet.import_key_set({"keys": public})
            self._loaded_at = self._clock.monotonic()
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            JoseError,
            urllib3.exceptions.HTTPError,
        ) as error:
            if self._keys is None:
                raise Outage(f"the issuer's keys cannot be read: {error}") from error
            self._loaded_at = self._clock.monotonic()
            log.warning("issuer's keys not renewed; the cached ones go on", error=str(error))

    def _age(self) -> float:
        return self._clock.monotonic() - self._loaded_at

    def _has(self, kid: str) -> bool:
        return self._keys is not None and any(key.kid == kid for key in self._keys.keys)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _fetch(url: str) -> dict[str, Any]:
    timeout = urllib3.Timeout(connect=2, read=5)
    answer = urllib3.request("GET", url, timeout=timeout, retries=False, redirect=False)
    if answer.status != _HTTP_OK:
        raise ValueError(f"{url} answered {answer.status}")
    return answer.json()  # type: ignore[no-any-return]


class TokenChecker:
    """Turns a bearer token into a Principal, or refuses."""

    def __init__(self, keys: KeySource, issuer: str, audience: str, *, drill: bool, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self._keys = keys
        self._drill = drill
        self._registry = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    @classmethod
    def of(cls, settings: RuntimeSettings, clock: Clock) -> "TokenChecker":
        return cls(KeySource.of(settings, clock), settings.issuer, settings.audience, drill=settings.drill, clock=clock)

    async def check(self, token: str) -> Principal:
        """Return who holds `token`. Raises Problem 401 (no valid token) or 403 (may not be used here), Outage."""
        claims = await self._claims(token)
        if claims.role not in (claims.roles or (claims.role,)):
            raise _refusal(
                403, "role_not_held", f"the token uses the role {claims.role}, which its account does not hold"
            )
        if claims.kind == "machine" and (claims.role == "reviewer" or "reviewer" in claims.roles):
            raise _refusal(403, "machine_reviewer", "a machine can never hold the reviewer's role; a person decides")
        if claims.kind == "drill" and not self._drill:
            raise _refusal(
                403, "drill_account", "this is a practice account, and this stack was not started with --drill"
            )
        return Principal(
            claims.sub, claims.kind, claims.role, claims.sid, claims.roles, claims.levels, claims.authenticated_at
        )

    async def _claims(self, token: str) -> Claims:
        if len(token) > MAX_TOKEN:
            raise _refusal(401, "token_malformed", f"the token is longer than {MAX_TOKEN} characters")
        header = _part(token, 0)
        if header.get("alg") not in ALGORITHMS:
            raise _refusal(401, "token_algorithm", f"tokens are signed with one of {', '.join(ALGORITHMS)}")
        kid = header.get("kid")
        keys = await self._keys.with_key(kid) if isinstance(kid, str) else None
        if keys is None:
            raise _refusal(401, "token_key", "the token is signed with a key that the issuer has not published")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)  # `EdDSA` is an old name (RFC 9864), not a weak one
                decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            self._registry.validate(decoded.claims)
            return Claims.model_validate(decoded.claims)
        except (JoseError, ValueError, TypeError) as error:
            code = "token_claims" if isinstance(error, ValidationError) else "token_invalid"
            raise _refusal(401, code, f"the token is not valid: {_why(error)}") from error


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"claim {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)[:200]


def _refusal(status: int, code: str, message: str) -> Problem:
    METRICS.refusals.labels(code).inc()
    advice = "log in again, or ask for a new token with `trueshelf token`" if status == 401 else ""  # noqa: PLR2004
    headers = {"WWW-Authenticate": 'Bearer realm="trueshelf"'} if status == 401 else {}  # noqa: PLR2004
    return Problem(status, code, message, advice, headers=headers)


def _part(token: str, index: int) -> dict[str, Any]:
    """Return a part of a token WITHOUT checking anything; an empty dict when there is none."""
    try:
        text = token.split(".")[index]
        part = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, IndexError, RecursionError):
        return {}
    return part if isinstance(part, dict) else {}


def unverified_claims(authorization: str) -> dict[str, Any]:
    """Return what an Authorization header says of itself: only to name things before `require` has checked it."""
    return _part(authorization.removeprefix("Bearer ").strip()[:MAX_TOKEN], 1)


_BEARER = HTTPBearer(
    auto_error=False, description="a token of five minutes: `trueshelf token`, or your company's issuer"
)


class Guard:
    """A dependency that says who may use a route; a route without one is refused at start (`web.verify_routes`)."""


class Require(Guard):
    """The dependency that `require` makes: a bearer token in one of some roles, of a person who was there lately."""

    def __init__(self, roles: tuple[Role, ...], within: timedelta | None = None) -> None:
        self.roles = roles
        self.within = within

    async def __call__(
        self, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
    ) -> Principal:
        if credentials is None:
            raise _refusal(401, "token_missing", "this needs a bearer token")
        checker: TokenChecker = request.app.state.identity
        try:
            who = await checker.check(credentials.credentials)
            request.state.principal = who
            if who.role not in self.roles:
                allowed = " or ".join(self.roles)
                raise _refusal(403, "role_not_enough", f"this is for the role {allowed}; you act as {who.role}")
            if self.within is not None:
                check_lately(who, self.within, request.app.state.clock.now())
        except Problem as problem:
            request.state.refused = problem
            raise
        return who


def check_lately(who: Principal, within: timedelta, now: datetime) -> None:
    """Refuse whoever did not prove within this time who they are (RFC 9470). Raises Problem 401 `reauthenticate`.

    A token that does not say when, or names a time to come, is refused.
    """
    at, leeway = who.authenticated_at, timedelta(seconds=LEEWAY)
    if at is not None and now - within - leeway <= at <= now + leeway:
        return
    problem = _refusal(
        401,
        "reauthenticate",
        f"for this you must have logged in within the last {within.total_seconds() / 3600:g} hours; "
        + ("the token does not say when you did" if at is None else f"you did at {at.isoformat()}"),
    )
    error = f'error="insufficient_user_authentication", max_age="{int(within.total_seconds())}"'
    problem.headers["WWW-Authenticate"] += f", {error}"
    raise problem


def require(*roles: Role, within: timedelta | None = None) -> Require:
    """Return the dependency that lets only holders of one of `roles` pass, and gives the endpoint its Principal.

    `within`: only who logged in so lately (step-up): for what is signed in a person's name.
    """
    if not roles:
        raise ValueError("name at least one role; nothing is open to everybody who is logged in")
    return Require(roles, within)


class Anyone(Guard):
    """Marks a route that is open on purpose; `reason` says what protects it instead."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Let everybody pass."""


def anyone(reason: str) -> Anyone:
    """Return the dependency of a route that needs no token, such as one with a signature in its address."""
    return Anyone(reason)
