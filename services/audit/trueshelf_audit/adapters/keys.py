"""Ed25519 keys from files: the log's private key, review's public ones."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from trueshelf_audit.domain.checkpoint import NoteKey


class BadKeyFile(ValueError):  # noqa: N818 -- it says what the file is
    """A key file cannot be used. Names the file and says what it should hold."""


@dataclass(frozen=True, slots=True)
class FileSigner:
    """The log's signing key."""

    key: NoteKey
    private: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def check_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` by `public` covers `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signer_from(path: Path, origin: str) -> FileSigner:
    """Return the key in `path`: a private JWK (as `trueshelf up` makes it) or PKCS#8 PEM. Raises BadKeyFile."""
    text = _read(path)
    try:
        if text.startswith("-----BEGIN"):
            private = load_pem_private_key(text.encode(), password=None)
        else:
            private = Ed25519PrivateKey.from_private_bytes(_unpadded(json.loads(text)["d"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadKeyFile(f"{path} holds no Ed25519 private key (JWK or PEM): {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKeyFile(f"{path} holds a key of another kind than Ed25519")
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return FileSigner(NoteKey(origin, public), private)


def public_keys(path: Path) -> dict[str, bytes]:
    """Return the Ed25519 keys of a JWKS file by key id. Raises BadKeyFile."""
    try:
        return keys_of(json.loads(_read(path)))
    except (ValueError, KeyError, TypeError) as error:
        raise BadKeyFile(f"{path} is no JWKS of Ed25519 keys: {error}") from error


def keys_of(jwks: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the Ed25519 keys of a JWKS by key id; keys of other kinds are passed over."""
    return {
        str(key["kid"]): _unpadded(key["x"])
        for key in jwks["keys"]
        if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"
    }


def jwks_of(keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Return keys as a JWKS."""
    encoded = {kid: base64.urlsafe_b64encode(public).rstrip(b"=").decode() for kid, public in keys.items()}
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x} for kid, x in sorted(encoded.items())]}


def log_key(text: str, origin: str) -> NoteKey:
    """Return the log's public key from a JWKS with one key, or a note key as file or text. Raises BadKeyFile."""
    path = Path(text)
    content = _read(path) if "+" not in text or path.exists() else text
    if not content.lstrip().startswith("{"):
        return NoteKey.parse(content)
    keys = keys_of(json.loads(content))
    if len(keys) != 1:
        raise BadKeyFile(f"{text} holds {len(keys)} Ed25519 keys, the log has one")
    return NoteKey(origin, next(iter(keys.values())))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadKeyFile(f"{path} cannot be read: {error.strerror or error}; `trueshelf up` makes the keys") from error


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
