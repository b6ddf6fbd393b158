"""A second console beside a running stack's own, whose way to ingest is closed until the test opens it."""

import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import psutil

from support.live import LiveStack, until

PIECE = 1 << 16


@dataclass(slots=True)
class WayToIngest:
    """A port that leads to ingest once it is open."""

    port: int
    target: tuple[str, int]
    _servers: list[socketserver.ThreadingTCPServer] = field(default_factory=list)

    def open(self) -> None:
        target = self.target

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(target) as there:
                    back = threading.Thread(target=_pump, args=(there, self.request), daemon=True)
                    back.start()
                    _pump(self.request, there)
                    back.join(60)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


@contextmanager
def second_console(live: LiveStack) -> Iterator[tuple[str, WayToIngest]]:
    """Yield the address of a console of the same stack, and its closed way to ingest."""
    environ = _environ_of_console(live)
    ingest = urlsplit(live.written["services"]["ingest"]["url"])
    assert ingest.hostname is not None
    assert ingest.port is not None
    http, images, way = _free_port(), _free_port(), _free_port()
    environ |= {
        "TRUESHELF_HTTP_PORT": str(http),
        "TRUESHELF_CONSOLE_IMAGE_PORT": str(images),
        "TRUESHELF_CONSOLE_PUBLIC_URL": f"http://localhost:{http}",
        "TRUESHELF_CONSOLE_INGEST_URL": f"http://127.0.0.1:{way}",
    }
    for mark in ("TRUESHELF_STACK_ROOT", "TRUESHELF_KAFKA_MEMBER"):
        environ.pop(mark, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "trueshelf_console", "serve"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    opened = WayToIngest(way, (ingest.hostname, ingest.port))
    try:
        until(lambda: _answers(http), "the second console", seconds=120.0)
        yield f"http://localhost:{http}", opened
    finally:
        opened.close()
        process.terminate()
        process.wait(30)


def _environ_of_console(live: LiveStack) -> dict[str, str]:
    for process in psutil.process_iter():
        try:
            environ = process.environ()
        except (psutil.Error, OSError):
            continue
        if environ.get("TRUESHELF_ROOT") == live.written["root"] and "TRUESHELF_CONSOLE_TOKEN_KEY_FILE" in environ:
            return {**environ, "PATH": os.environ["PATH"]}
    raise AssertionError(f"no console runs in {live.written['root']}")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://localhost:{port}/login", timeout=5).is_success
    except httpx.TransportError:
        return False


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
