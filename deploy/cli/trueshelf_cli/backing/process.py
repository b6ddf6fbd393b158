"""A backing server as our own child process: for tests, where each run has its servers to itself."""

import os
import pwd
import signal
import subprocess
from pathlib import Path

from trueshelf_cli.backing.program import Server, wait_ready


class LocalProcess:
    """Starts and stops one server. `kill` is SIGKILL: what a power cut looks like to the others."""

    def __init__(self, server: Server, log: Path, *, ready_seconds: float = 60.0) -> None:
        self.server = server
        self.log = log
        self._ready_seconds = ready_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._program = server.prepare()

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start the server and return when it answers. Does nothing when it runs. Raises BackingError."""
        if self._child is not None and self._child.poll() is None:
            return
        program = self._program
        user = None if program.user is None else pwd.getpwnam(program.user)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                program.argv,
                cwd=program.directory,
                env={**os.environ, **program.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=None if user is None else user.pw_uid,
                group=None if user is None else user.pw_gid,
                extra_groups=None if user is None else [],
                start_new_session=True,  # Ctrl-C in the terminal ends the tests first, the servers after them
            )
        wait_ready(self.server, self._ready_seconds, self._died)

    def stop(self) -> None:
        """Stop cleanly; SIGKILL when that takes too long. Does nothing when it does not run."""
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.send_signal(signal.Signals[f"SIG{self._program.stop_signal}"])
        try:
            child.wait(self._program.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.kill()
        child.wait(10)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _died(self) -> str | None:
        if self._child is None or self._child.poll() is None:
            return None
        tail = self.log.read_bytes()[-1500:].decode(errors="replace")
        return f"exit {self._child.returncode}, log {self.log}:\n{tail}"
