"""Verification in a child process: it hashes for minutes, and the service's loop must not wait for it."""

import asyncio
import base64
from typing import Any

from trueshelf_audit.adapters.keys import check_ed25519
from trueshelf_audit.adapters.reader import verify_database
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_audit.domain.verify import Keys
from trueshelf_audit.views import report_json


def verify(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Verify the log of `request["dsn"]` against its keys; the blobs are copies of checkpoints."""
    review = {kid: base64.b64decode(public) for kid, public in request["review_keys"].items()}
    keys = Keys(NoteKey.parse(request["log_key"]), review, check_ed25519)
    copies = [blob.decode(errors="replace") for blob in blobs]
    report = asyncio.run(verify_database(request["dsn"], keys, copies))
    return report_json(report), ()
