"""Image addresses: signed, minutes long, one object each. Nothing is readable without one (security.md)."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

STEP = 300
"""Seconds. An address holds to the end of the next step, 5 to 10 minutes, and is the same all through a step: what a
page has loaded, the next page finds in the browser's cache."""
MEDIA_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "application/json", "application/zip"})


class BadAddress(Exception):  # noqa: N818 - it says what is the case
    """The address is not ours, or its time is over."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object as an address names it. `name`: a download under that name, else shown in place."""

    bucket: str
    key: str
    sha256: str
    size: int
    media_type: str
    name: str = ""


def path_of(wanted: Wanted, secret: bytes, now: datetime) -> str:
    """Return the path of the address: `/i/<payload>.<signature>`. Raises ValueError for a type that is never shown."""
    if wanted.media_type not in MEDIA_TYPES:
        raise ValueError(f"{wanted.media_type} is never shown to a browser")
    until = (int(now.timestamp()) // STEP + 2) * STEP
    fields = [wanted.bucket, wanted.key, wanted.sha256, wanted.size, wanted.media_type, wanted.name, until]
    payload = _text(json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode())
    return f"/i/{payload}.{_text(_sign(payload, secret))}"


def open_path(token: str, secret: bytes, now: datetime) -> tuple[Wanted, int]:
    """Return the object that `<payload>.<signature>` names, and the seconds for which it may be kept.

    Raises BadAddress. The signature is compared first, in constant time; nothing unsigned is parsed.
    """
    payload, _, signature = token.partition(".")
    try:
        right = hmac.compare_digest(_bytes(signature), _sign(payload, secret))
    except (binascii.Error, ValueError) as error:
        raise BadAddress("this is no image address") from error
    if not right:
        raise BadAddress("this is no image address of ours")
    bucket, key, sha256, size, media_type, name, until = json.loads(_bytes(payload))
    left = until - int(now.timestamp())
    if left <= 0:
        raise BadAddress("this image address is over; load its page again")
    return Wanted(bucket, key, sha256, size, media_type, name), left


def _sign(payload: str, secret: bytes) -> bytes:
    return hmac.digest(secret, f"trueshelf image {payload}".encode(), "sha256")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
