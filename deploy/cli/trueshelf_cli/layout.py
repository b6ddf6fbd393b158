"""Where everything of one local stack lies: the checkout's root and what `.trueshelf/` below it holds."""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trueshelf_contracts.refs import Service

SERVICES: tuple[Service, ...] = ("ingest", "generate", "qa", "review", "export", "audit", "console")
MAX_SOCKET = 90
"""A Unix socket's address holds 107 bytes, and supervisord binds to a longer temporary name first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of the stack whose checkout is `root`. Two checkouts share nothing."""

    root: Path

    @property
    def state(self) -> Path:
        return self.root / ".trueshelf"

    @property
    def poms(self) -> Path:
        return self.root / "deploy" / "backing"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def data(self) -> Path:
        return self.state / "data"

    @property
    def secrets(self) -> Path:
        return self.state / "secrets"

    @property
    def stack_file(self) -> Path:
        """What clients read: addresses, drill or not, where the keys lie."""
        return self.state / "stack.json"

    @property
    def config(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """The supervisor's socket; under the temporary directory when the checkout's path is too long for one."""
        path = self.run / "supervisor.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET:
            return path
        return self._temporary("run") / "supervisor.sock"

    @property
    def scratch(self) -> Path:
        """Where child processes work: not below the checkout, through which other OS users may not pass."""
        return self._temporary("scratch")

    def _temporary(self, what: str) -> Path:
        short = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"trueshelf-{os.getuid()}-{short}-{what}"

    def make(self) -> None:
        """Make the directories; those with secrets and sockets are ours alone."""
        for path in (self.logs, self.data):
            path.mkdir(parents=True, exist_ok=True)
        for path in (self.run, self.secrets, self.socket.parent):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.chmod(0o700)

    def clear_temporary(self) -> None:
        """Remove what lies under the temporary directory; only while nothing runs."""
        for what in ("run", "scratch"):
            shutil.rmtree(self._temporary(what), ignore_errors=True)

    def stack(self) -> dict[str, Any] | None:
        """Return what the last `up` wrote to `stack.json`; None when there was none."""
        try:
            return dict(json.loads(self.stack_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def find_layout() -> Layout:
    """Return the layout of `TRUESHELF_ROOT`, else of the checkout that this command is installed from."""
    given = os.environ.get("TRUESHELF_ROOT")
    return Layout(Path(given).resolve() if given else Path(__file__).resolve().parents[3])


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600, whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:  # made with 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
