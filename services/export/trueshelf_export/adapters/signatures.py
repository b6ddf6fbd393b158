"""Decisions are believed only with review's signature: a writer on the bus cannot approve (audit-log.md 2.1)."""

import base64
import json
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from trueshelf_contracts.event import Event, Signature
from trueshelf_contracts.signing import signable
from trueshelf_runtime.errors import Invalid

log = structlog.get_logger(__name__)


class DecisionSignatures:
    """Review's public keys by key id; without any, decisions are taken unsigned and the log says so at start."""

    def __init__(self, keys: dict[str, Ed25519PublicKey] | None) -> None:
        self._keys = keys
        if keys is None:
            log.warning(
                "decisions are believed without review's signature: set TRUESHELF_EXPORT_REVIEW_PUBLIC_KEYS_FILE"
            )

    @classmethod
    def of(cls, path: Path | None) -> "DecisionSignatures":
        """Read the JWKS that review publishes. Raises ValueError or OSError when the file is no such thing."""
        if path is None:
            return cls(None)
        jwks: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ed25519 = [key for key in jwks["keys"] if key.get("crv") == "Ed25519"]
        if not ed25519:
            raise ValueError(f"{path} holds no Ed25519 key: it should be the JWKS that review publishes at GET /keys")
        return cls({str(key["kid"]): Ed25519PublicKey.from_public_bytes(_bytes(key["x"])) for key in ed25519})

    def check(self, event: Event, signature: Signature | None) -> None:
        """Raise Invalid unless review signed `event`, so that the record is dead-lettered and a person sees it.

        The signature covers the fields that this release knows: consumers are rolled out before producers.
        """
        if self._keys is None:
            return
        if signature is None:
            raise Invalid(f"{event.type} {event.event_id} carries no signature of review")
        key = self._keys.get(signature.key_id)
        if key is None:
            raise Invalid(f"{event.type} {event.event_id} is signed by the unknown key {signature.key_id}")
        try:
            key.verify(base64.b64decode(signature.value), signable(event))
        except (InvalidSignature, ValueError) as error:
            raise Invalid(f"{event.type} {event.event_id} carries a signature that is not review's") from error


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
