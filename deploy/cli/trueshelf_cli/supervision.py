"""supervisord: its configuration from programs, its start and end, and its XML-RPC face over a Unix socket."""

import contextlib
import os
import re
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from trueshelf_cli.backing.program import BackingError, Program
from trueshelf_cli.layout import Layout, write_private

HEAD = """\
[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={run}/supervisord.pid
directory={root}
childlogdir={logs}
{user}
[unix_http_server]
file={socket}
chmod=0700

[supervisorctl]
serverurl=unix://{socket}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# autostart=false: `up` starts backing servers first and services when these answer.
# startretries: a program that dies at once is tried again after 1, 2, 3 … seconds, practically for ever.
PROGRAM = """
[program:{name}]
command={command}
directory={directory}
environment={environment}
autostart=false
autorestart=true
startsecs=3
startretries=100000
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def render(layout: Layout, programs: Iterable[Program]) -> str:
    """Return the text of supervisord.conf. It holds passwords: write it privately."""
    if "%" in str(layout.root):
        raise BackingError(f"supervisord takes no '%' in a path: move the checkout away from {layout.root}")
    user = "user=root\n" if os.geteuid() == 0 else ""
    text = HEAD.format(
        logs=_escape(layout.logs), run=_escape(layout.run), root=_escape(layout.root), socket=layout.socket, user=user
    )
    for program in programs:
        text += PROGRAM.format(
            name=program.name,
            command=" ".join(_word(part) for part in program.argv),
            directory=_escape(program.directory),
            environment=",".join(f"{name}={_quoted(value)}" for name, value in sorted(program.env.items())),
            stop_signal=program.stop_signal,
            stop_seconds=program.stop_seconds,
            logs=_escape(layout.logs),
        )
        if program.user is not None:
            text += f"user={program.user}\n"
    return text


def _escape(value: object) -> str:
    """A `%` begins an expansion in every value; what supervisord cannot read back at all is refused."""
    text = str(value)
    if re.search(r"[\r\n\"]|\s[;#]", text):
        raise BackingError(f"{text[:60]!r} holds a line break, a quotation mark or ' #': supervisord cannot take that")
    return text.replace("%", "%%")


def _quoted(value: str) -> str:
    return f'"{_escape(value)}"'


def _word(part: str) -> str:
    return _quoted(part) if any(char in part for char in " ;'\\") or not part else _escape(part)


class Supervisor:
    """The supervisord of one stack. Methods raise BackingError where it does not do what it was asked."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._socket = layout.socket

    def answers(self) -> bool:
        """Tell whether supervisord runs and answers."""
        with contextlib.suppress(OSError, xmlrpc.client.Error), self._rpc() as rpc:
            return bool(rpc.getState()["statename"] == "RUNNING")
        return False

    def start(self, environment: Mapping[str, str], seconds: float = 15.0) -> None:
        """Start supervisord in the background and wait for its socket."""
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._layout.config)],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if done.returncode != 0 or time.monotonic() > deadline:
                said = (done.stderr or done.stdout).strip()[-500:]
                raise BackingError(f"supervisord did not start: {said or 'see .trueshelf/log/supervisord.log'}")
            time.sleep(0.05)

    def apply(self) -> None:
        """Make the running supervisord follow a changed configuration file: only what changed is ended."""
        with self._rpc() as rpc:
            ((added, changed, removed),) = rpc.reloadConfig()
            for name in (*removed, *changed):
                rpc.stopProcessGroup(name)
                rpc.removeProcessGroup(name)
            for name in (*added, *changed):
                rpc.addProcessGroup(name)

    def processes(self) -> list[dict[str, Any]]:
        """Return supervisord's word on each program: name, statename, pid, spawnerr and more."""
        with self._rpc() as rpc:
            return list(rpc.getAllProcessInfo())

    def start_programs(self, names: Iterable[str]) -> None:
        """Start each program that does not run; returns without waiting for any of them to be ready."""
        states = {info["name"]: info["statename"] for info in self.processes()}
        with self._rpc() as rpc:
            for name in names:
                if states.get(name) not in ("RUNNING", "STARTING", "BACKOFF"):
                    rpc.startProcess(name, False)

    def stop_programs(self, names: Iterable[str], seconds: float = 40.0) -> None:
        """Stop all of them at once and wait until each has ended."""
        wanted = set(names)
        with self._rpc() as rpc:
            for info in rpc.getAllProcessInfo():
                if info["name"] in wanted and info["statename"] in ("RUNNING", "STARTING", "BACKOFF"):
                    with contextlib.suppress(xmlrpc.client.Fault):  # it ended by itself in between
                        rpc.stopProcess(info["name"], False)
        deadline = time.monotonic() + seconds
        while any(
            i["name"] in wanted and i["statename"] in ("RUNNING", "STARTING", "STOPPING") for i in self.processes()
        ):
            if time.monotonic() > deadline:
                return  # supervisord's own shutdown ends the rest with SIGKILL
            time.sleep(0.1)

    def shut_down(self, seconds: float = 60.0) -> None:
        """End supervisord with everything that it still runs."""
        pid = self.pid()
        with contextlib.suppress(OSError, xmlrpc.client.Error), self._rpc() as rpc:
            rpc.shutdown()
        deadline = time.monotonic() + seconds
        while pid is not None and Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def died(self, name: str) -> str | None:
        """Say why `name` does not run; None while it runs or is being started."""
        for info in self.processes():
            if info["name"] == name and info["statename"] in ("FATAL", "BACKOFF", "EXITED", "STOPPED"):
                return f"{info['statename']} ({info['spawnerr'] or 'exit ' + str(info['exitstatus'])})"
        return None

    def pid(self) -> int | None:
        with contextlib.suppress(OSError, xmlrpc.client.Error), self._rpc() as rpc:
            return int(rpc.getPID())
        return None

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
                yield proxy.supervisor
        finally:
            transport.close()


def write_config(layout: Layout, text: str) -> bool:
    """Write the configuration if it differs from what is there; tell whether it did."""
    if layout.config.exists() and layout.config.read_text(encoding="utf-8") == text:
        return False
    write_private(layout.config, text)
    return True
