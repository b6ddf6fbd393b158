"""The local stack's passwords and signing keys: made on the first `up`, kept under `.trueshelf/secrets` with 0600."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from trueshelf_cli.layout import SERVICES, Layout, write_private
from trueshelf_runtime.keys import ensure_keys


@dataclass(frozen=True, slots=True)
class Keyring:
    """Where each key lies, and the passwords. Public halves are JWK sets, private ones single JWKs (Ed25519)."""

    directory: Path
    passwords: dict[str, str]

    @property
    def token_key(self) -> Path:
        """Signs the tokens of machine and drill accounts."""
        return self.directory / "token.jwk"

    @property
    def jwks(self) -> Path:
        """What services check tokens against."""
        return self.directory / "jwks.json"

    @property
    def review_key(self) -> Path:
        """Signs decisions; only review gets it."""
        return self.directory / "review-signing.jwk"

    @property
    def review_jwks(self) -> Path:
        """What audit checks decisions against."""
        return self.directory / "review-public.json"

    @property
    def audit_key(self) -> Path:
        """Signs checkpoints; only audit gets it."""
        return self.directory / "audit-checkpoint.jwk"

    @property
    def image_key(self) -> Path:
        """Signs image addresses; only the console gets it."""
        return self.directory / "image-addresses.key"

    @property
    def practice_password(self) -> Path:
        """The one password of the practice accounts of a `--drill` stack."""
        return self.directory / "practice.password"

    @property
    def first_link(self) -> Path:
        """Where the console writes the first administrator's one-time link."""
        return self.directory / "first-administrator.link"

    @property
    def audit_jwks(self) -> Path:
        """What anybody checks checkpoints against."""
        return self.directory / "audit-public.json"


def open_keyring(layout: Layout) -> Keyring:
    """Load passwords and keys, making what is missing. What exists is never changed."""
    layout.make()
    keyring = Keyring(layout.secrets, _passwords(layout.secrets / "passwords.json"))
    for private, public in (
        (keyring.token_key, keyring.jwks),
        (keyring.review_key, keyring.review_jwks),
        (keyring.audit_key, keyring.audit_jwks),
    ):
        ensure_keys(private, public)
    for path, size in ((keyring.image_key, 32), (keyring.practice_password, 9)):
        if not path.exists():
            write_private(path, secrets.token_urlsafe(size))
    return keyring


def _passwords(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    wanted = {"postgres", "s3_secret", *(f"{service}{part}" for service in SERVICES for part in ("", "_owner"))}
    missing = wanted - known.keys()
    if missing or "s3_access" not in known:
        known = {"s3_access": secrets.token_hex(8)} | {name: secrets.token_urlsafe(24) for name in missing} | known
        write_private(path, json.dumps(known, indent=1, sort_keys=True))
    return known
