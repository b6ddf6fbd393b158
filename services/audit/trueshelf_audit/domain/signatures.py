"""Review's signatures over decisions: which events need one, and whether it holds."""

import base64
import binascii
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from trueshelf_contracts.signing import signable
from trueshelf_contracts.topics import BY_OWNER

REVIEW_TOPIC = BY_OWNER["review"].name
SIGNED_TYPES: frozenset[str] = frozenset(
    event.__name__ for event in BY_OWNER["review"].events if "signature" in event.model_fields
)
"""Decisions, spot checks, quarantines and holds: what review signs."""
SIGNATURE_SIZE = 64

Check = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) → whether the Ed25519 signature is right."""


class SignatureState(StrEnum):
    """What is known of a decision's signature."""

    VALID = "valid"
    INVALID = "invalid"
    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"

    def says(self) -> str:
        """Return the state as part of a sentence about an entry."""
        return {
            SignatureState.VALID: "is signed by review",
            SignatureState.INVALID: "bears a signature that does not cover its content",
            SignatureState.MISSING: "bears no signature of review",
            SignatureState.UNKNOWN_KEY: "is signed by a key that is not among review's published keys",
        }[self]


def signature_state(
    topic: str, data: Mapping[str, Any] | None, keys: Mapping[str, bytes], check: Check
) -> SignatureState | None:
    """Return the state of the signature of a record's JSON object; None where none is asked for.

    Asked for: what review signs (SIGNED_TYPES), on whatever topic it stands, but for an approval that the SKU's own
    change ended: it has no actor, and only takes something away.
    """
    if data is None or data.get("type") not in SIGNED_TYPES:
        return None
    signature = data.get("signature")
    if signature is None:
        unmade = data.get("type") == "ApprovalWithdrawn" and data.get("actor") is None
        return None if unmade else SignatureState.MISSING
    if topic != REVIEW_TOPIC or not isinstance(signature, Mapping) or signature.get("algorithm") != "Ed25519":
        return SignatureState.INVALID
    key = keys.get(str(signature.get("key_id")))
    if key is None:
        return SignatureState.UNKNOWN_KEY
    try:
        value = base64.b64decode(str(signature.get("value")), validate=True)
        message = signable(data)
    except (binascii.Error, ValueError, RecursionError):
        return SignatureState.INVALID
    right = len(value) == SIGNATURE_SIZE and check(key, value, message)
    return SignatureState.VALID if right else SignatureState.INVALID
