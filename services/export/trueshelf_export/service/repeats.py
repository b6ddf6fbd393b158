"""Telling a repeated request from another one under the same Idempotency-Key."""

import hashlib
import json
from typing import Any

from trueshelf_runtime.errors import Refused


def request_hash(body: Any) -> str:
    """Return the hash of what was asked for."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def require_same(known: str, asked: str) -> None:
    """Raise Refused unless the known request asked for the same."""
    if known != asked:
        raise Refused(
            "key_used",
            "this Idempotency-Key was used before for another request",
            "take a new key for a new request; repeat a request with its own key and unchanged body",
        )
