"""Image addresses: signed, minutes long, one object each. Nothing is readable without one (security.md)."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

STEP = 300
"""Seconds. An address holds to the end of the next step, 5 to 10 minutes, and is the same all through a step: what a
page has loaded, the next page finds in the browser's cache."""
MEDIA_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "application/json", "application/zip"})
NEVER = ("-originals", "-audit")
"""Buckets that no address names: photos as they were sent, undecoded (R-16), and the log's own."""


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
    """Return the path of the address: `/i/<payload>.<signature>`. Raises ValueError for what is never shown."""
    if not shown(wanted.bucket, wanted.media_type):
        raise ValueError(f"{wanted.media_type} of {wanted.bucket} is never shown to a browser")
    until = (int(now.timestamp()) // STEP + 2) * STEP
    fields = [wanted.bucket, wanted.key, wanted.sha256, wanted.size, wanted.media_type, wanted.name, until]
    payload = _text(json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode())
    return f"/i/{payload}.{_text(_sign(payload, secret))}"


def open_path(token: str, secret: bytes, now: datetime) -> tuple[Wanted, int]:
    """Return the object that `<payload>.<signature>` names, and the seconds for which it may be kept.

    Raises BadAddress. The signature is compared first, in constant time and as text, so that one address has one
    spelling; nothing unsigned is parsed.
    """
    payload, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _text(_sign(payload, secret)).encode()):
        raise BadAddress("this is no image address of ours")
    bucket, key, sha256, size, media_type, name, until = json.loads(_bytes(payload))
    left = until - int(now.timestamp())
    if left <= 0:
        raise BadAddress("this image address is over; load its page again")
    if not shown(bucket, media_type):
        raise BadAddress("this is never shown to a browser")
    return Wanted(bucket, key, sha256, size, media_type, name), left


def shown(bucket: str, media_type: str) -> bool:
    """Say whether an object may reach a browser at all: only what we decoded or made ourselves, of few types."""
    return media_type in MEDIA_TYPES and not bucket.endswith(NEVER)


def _sign(payload: str, secret: bytes) -> bytes:
    return hmac.digest(secret, f"trueshelf image {payload}".encode("utf-8", "replace"), "sha256")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
