"""The local stack's own issuer: an Ed25519 key, its public half as a JWKS, and the tokens signed with it.

A company's issuer replaces all of this (`TRUESHELF_JWKS_URL`, `TRUESHELF_ISSUER`); the claims stay the same.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey

from trueshelf_contracts.event import Role
from trueshelf_runtime.clock import Clock, SystemClock

LIFETIME = timedelta(minutes=5)
ROLES: tuple[Role, ...] = ("capturer", "operator", "reviewer", "uploader", "auditor", "admin")
Level = Literal["junior", "senior"]


def make_key() -> OKPKey:
    """Return a new Ed25519 signing key whose id is its thumbprint."""
    key = OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    assert isinstance(key, OKPKey)
    return key


def jwks_of(*keys: OKPKey) -> dict[str, Any]:
    """Return the public halves as a JSON Web Key Set."""
    return {
        "keys": [key.as_dict(private=False) | {"kid": key.kid, "use": "sig", "alg": "Ed25519"} for key in keys],
    }


def ensure_keys(private: Path, public: Path) -> OKPKey:
    """Return the key in `private`, made first if it is missing; `public` is (re)written as its JWKS.

    The private file is readable by its owner only, and exists whole or not at all.
    """
    if private.exists():
        key = load_key(private)
    else:
        key = make_key()
        _write(private, key.as_dict(private=True) | {"kid": key.kid}, 0o600)
    _write(public, jwks_of(key), 0o644)
    return key


def load_key(private: Path) -> OKPKey:
    """Return the private key in a JWK file. Raises ValueError when it is not an Ed25519 key."""
    data = json.loads(private.read_text(encoding="utf-8"))
    if data.get("kty") != "OKP" or "d" not in data:
        raise ValueError(f"{private} holds no private Ed25519 key; remove it and run `trueshelf up` to make one")
    return OKPKey.import_key(data)


def _write(path: Path, data: Mapping[str, Any], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
    new.replace(path)


def mint(
    key: OKPKey,
    subject: str,
    role: Role,
    *,
    kind: Literal["person", "drill", "machine"],
    roles: Sequence[Role] = (),
    levels: Mapping[str, Level] | None = None,
    session: str | None = None,
    auth_time: datetime | None = None,
    issuer: str = "trueshelf-local",
    audience: str = "trueshelf",
    lifetime: timedelta = LIFETIME,
    clock: Clock | None = None,
) -> str:
    """Return a signed token for `subject` acting in `role`.

    `levels` maps a category (or "*") to junior or senior; `auth_time` is when the person last proved who they are, and
    without it nothing is signed in their name. The algorithm is named as RFC 9864 has it. Raises ValueError
    for a machine as reviewer: the checker would refuse it, so it is never made.
    """
    if kind == "machine" and role == "reviewer":
        raise ValueError("a machine can never act as reviewer; only a named person decides (R-60)")
    now = int((clock or SystemClock()).now().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "nbf": now,
        "exp": now + int(lifetime.total_seconds()),
        "jti": str(uuid4()),
        "kind": kind,
        "role": role,
        "roles": list(roles) or [role],
        "levels": dict(levels or {}),
        "sid": session or f"{kind}-{uuid4()}",
    }
    if auth_time is not None:
        claims["auth_time"] = int(auth_time.timestamp())
    return jwt.encode({"alg": "Ed25519", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["Ed25519"])
