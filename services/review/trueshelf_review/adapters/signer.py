"""The Ed25519 key that signs decisions, and its public half for auditors."""

import base64
import json
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trueshelf_contracts.event import Event, Signature
from trueshelf_contracts.signing import signable
from trueshelf_runtime.keys import jwks_of, load_key

E = TypeVar("E", bound=Event)


class Ed25519Signer:
    """Signs events with the key of a JWK file; `retired` holds the public keys of earlier ones."""

    def __init__(self, key_file: Path, retired_file: Path | None = None) -> None:
        """Raise ValueError when a file does not hold what it should, OSError when it cannot be read."""
        key = load_key(key_file)
        self.key_id = str(key.kid or key.thumbprint())
        self._private = Ed25519PrivateKey.from_private_bytes(_bytes(str(key.as_dict(private=True)["d"])))
        own = [entry | {"kid": self.key_id} for entry in jwks_of(key)["keys"]]
        self._jwks = {"keys": [*own, *(_retired(retired_file) if retired_file else [])]}

    def sign(self, event: E) -> E:
        """Return `event` with the signature over its canonical JSON (RFC 8785)."""
        value = base64.b64encode(self._private.sign(signable(event))).decode()
        return event.model_copy(update={"signature": Signature(key_id=self.key_id, value=value)})

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, the current one first."""
        return self._jwks


def _retired(file: Path) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["keys"]
    if any("d" in key for key in keys):
        raise ValueError(f"{file} holds a private key; publish only the public halves of retired keys")
    return keys


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
