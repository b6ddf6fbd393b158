"""Where the log, its keys and copies of its checkpoints lie: options first, then the environment, then the stack."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from trueshelf_audit.adapters.copies import AREA, list_notes, notes_in
from trueshelf_audit.adapters.keys import BadKeyFile, check_ed25519, log_key, public_keys, signer_from
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.verify import Keys
from trueshelf_audit.settings import ORIGIN
from trueshelf_runtime.client import find_stack

ROLE = "trueshelf_audit"


class NotFound(Exception):  # noqa: N818 -- it says what is the case
    """Something that verification needs was neither given nor found. Says how to give it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line said."""

    dsn: str | None = None
    key: str | None = None
    review_keys: Path | None = None
    copies: Path | None = None
    origin: str | None = None


class Surroundings:
    """What is known of the log from here."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._stack = find_stack() or {}
        self.origin = wish.origin or os.environ.get("TRUESHELF_AUDIT_ORIGIN") or ORIGIN

    def dsn(self) -> str:
        """Return the database's address. Raises NotFound."""
        given = self._wish.dsn or os.environ.get("TRUESHELF_AUDIT_PG_DSN")
        if given:
            return given
        servers, passwords = self._state("run/servers.json"), self._state("secrets/passwords.json")
        if not servers or "audit" not in passwords:
            raise NotFound("no database: give --dsn, set TRUESHELF_AUDIT_PG_DSN, or run this beside a local stack")
        parts = urlsplit(str(servers["pg_admin_dsn"]))
        host = parts.netloc.rpartition("@")[2]
        login = f"{ROLE}:{quote(str(passwords['audit']), safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{host}"))

    def keys(self) -> Keys:
        """Return the keys to trust. Raises NotFound or BadKeyFile."""
        review = self.review_keys()
        if review is None:
            raise NotFound("no keys of review: give --review-keys FILE (the JWKS that review publishes)")
        return Keys(self.log_key() or self._signers_key(), review, check_ed25519)

    def log_key(self) -> NoteKey | None:
        """Return the log's public key as given or as the stack published it, None where neither is the case."""
        text = self._wish.key or self._stack.get("public_keys", {}).get("checkpoints")
        return log_key(str(text), self.origin) if text else None

    def review_keys(self) -> dict[str, bytes] | None:
        path = self._wish.review_keys or os.environ.get("TRUESHELF_AUDIT_REVIEW_PUBLIC_KEYS_FILE")
        path = path or self._stack.get("public_keys", {}).get("decisions")
        return public_keys(Path(path)) if path else None

    def copies(self) -> list[str]:
        """Return the copies of checkpoints: of a folder, or of the local stack's object storage; none is no fault."""
        if self._wish.copies is not None:
            return notes_in(self._wish.copies)
        env = {**self._state("run/servers.json").get("s3_env", {}), **os.environ}
        if self._wish.dsn is not None or "TRUESHELF_S3_ENDPOINT" not in env:
            return []  # another database than the stack's has its copies elsewhere
        return list_notes(
            env["TRUESHELF_S3_ENDPOINT"],
            env.get("TRUESHELF_S3_ACCESS_KEY", ""),
            env.get("TRUESHELF_S3_SECRET_KEY", ""),
            env.get("TRUESHELF_S3_REGION", "us-east-1"),
            f"{env.get('TRUESHELF_BUCKET_PREFIX', 'trueshelf')}-{AREA}",
        )

    def _signers_key(self) -> NoteKey:
        path = os.environ.get("TRUESHELF_AUDIT_CHECKPOINT_KEY_FILE")
        if not path:
            raise NotFound("no key of the log: give --key (its JWKS file, or name+id+base64 as checkpoints name it)")
        return signer_from(Path(path), self.origin).key

    def _published(self, name: str) -> str | None:
        keys = self._stack.get("public_keys")
        return keys.get(name) if isinstance(keys, dict) else None

    def _state(self, name: str) -> dict[str, Any]:
        path = Path(str(self._stack.get("root", "."))) / ".trueshelf" / name
        if not self._stack or not path.is_file():
            return {}
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise BadKeyFile(f"{path} is no JSON: {error}") from error
