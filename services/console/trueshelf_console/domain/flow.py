"""A login at the company that has begun: what this browser must bring back, in a cookie that only we can write."""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

LIFE = timedelta(minutes=10)
MAX_COOKIE = 4000


@dataclass(frozen=True, slots=True)
class Flow:
    """One attempt. `link` is the key of a one-time link where the login joins an account; `again`: a step-up."""

    state: str
    nonce: str
    verifier: str
    next: str = "/"
    link: str = ""
    again: bool = False


def new_flow(next_: str, link: str = "", *, again: bool = False) -> Flow:
    return Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next_, link, again)


def sealed(flow: Flow, secret: bytes, now: datetime) -> str:
    """Return the cookie's text: signed, and over after minutes."""
    body = json.dumps({**asdict(flow), "until": (now + LIFE).timestamp()}, separators=(",", ":"))
    payload = base64.urlsafe_b64encode(body.encode()).decode()
    return f"{payload}.{_sign(payload, secret)}"


def opened(text: str, state: str, secret: bytes, now: datetime) -> Flow | None:
    """Return the attempt to which `state` belongs; None when this browser has not begun it, or too long ago."""
    payload, _, signature = text.partition(".")
    if len(text) > MAX_COOKIE or not hmac.compare_digest(signature.encode(), _sign(payload, secret).encode()):
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(payload))
    except (ValueError, binascii.Error):
        return None
    until = said.pop("until")
    flow = Flow(**said)
    if now.timestamp() >= until or not hmac.compare_digest(flow.state.encode(), state.encode()):
        return None
    return flow


def _sign(payload: str, secret: bytes) -> str:
    digest = hmac.digest(secret, b"trueshelf company login " + payload.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode()
