"""What the sandbox tests run in children."""

import os
import socket
import time
from pathlib import Path
from typing import Any

from trueshelf_runtime.errors import Refused

Blobs = tuple[bytes, ...]
Answer = tuple[dict[str, Any], Blobs]


def echo(request: dict[str, Any], blobs: Blobs) -> Answer:
    print("noise on stdout that must not reach the frames")
    return {"echo": request, "pid": os.getpid()}, tuple(reversed(blobs))


def surroundings(request: dict[str, Any], blobs: Blobs) -> Answer:
    interfaces = [name for _, name in socket.if_nameindex()]
    try:
        socket.create_connection((request["host"], request["port"]), timeout=2).close()
        reached = True
    except OSError:
        reached = False
    lines = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    try:
        environ = Path("/proc/self/environ").read_text()
    except PermissionError:
        environ = ""
    return {
        "uid": os.getuid(),
        "groups": os.getgroups(),
        "environ": environ,
        "os_environ": sorted(os.environ),
        "interfaces": interfaces,
        "reached": reached,
        "no_new_privs": lines["NoNewPrivs"],
        "written": [str(path) for path in (Path("mine"), Path("/tmp/trueshelf-mine")) if _written(path)],
        "fds": len(list(Path("/proc/self/fd").iterdir())),
    }, ()


def _written(path: Path) -> bool:
    """Try to leave a byte in a file."""
    try:
        path.write_bytes(b"x")
    except OSError:
        return False
    return True


def sleep(request: dict[str, Any], blobs: Blobs) -> Answer:
    time.sleep(request["seconds"])
    return {}, ()


def spin(request: dict[str, Any], blobs: Blobs) -> Answer:
    while True:
        pass


def bomb(request: dict[str, Any], blobs: Blobs) -> Answer:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 1024 * 1024))


def refuse_loudly(request: dict[str, Any], blobs: Blobs) -> Answer:
    """Refuse as a taken-over decoder might: words without end, and a code that is none."""
    raise Refused(request["code"], "\x1b[2J" + "A" * 1_000_000, "\n" * 50)


def refuse(request: dict[str, Any], blobs: Blobs) -> Answer:
    raise Refused("too_dark", "the photo is too dark", "add light")


def fail(request: dict[str, Any], blobs: Blobs) -> Answer:
    raise ValueError("a bug in the entry")


def die(request: dict[str, Any], blobs: Blobs) -> Answer:
    os.abort()


def fork_grandchild(request: dict[str, Any], blobs: Blobs) -> Answer:
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    Path(request["pidfile"]).write_text(str(pid))
    time.sleep(60)
    return {}, ()


def leave_a_process(request: dict[str, Any], blobs: Blobs) -> Answer:
    """Start a process that leaves the session, so that killing the group does not reach it."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    return {"uid": os.getuid()}, ()


def big_file(request: dict[str, Any], blobs: Blobs) -> Answer:
    Path("big").write_bytes(bytes(64 * 1024 * 1024))
    return {}, ()


def much(request: dict[str, Any], blobs: Blobs) -> Answer:
    return {}, (bytes(request["size"]),)
