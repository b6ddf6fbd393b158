"""The process at the other end of `sandbox`: reads one call after another from stdin, answers on stdout.

A frame is a big-endian uint32, that many bytes of UTF-8 JSON, then the raw blobs whose sizes the JSON lists: nothing
that comes through the pipe is ever unpickled or evaluated. Only the standard library is imported here; the entry's
module brings its own.
"""

import contextlib
import ctypes
import encodings.ascii
import encodings.idna
import encodings.latin_1  # noqa: F401 - codecs are otherwise found on first use, when it may be too late
import importlib
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

Entry = Callable[[dict[str, Any], tuple[bytes, ...]], tuple[dict[str, Any], tuple[bytes, ...]]]

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_MEGABYTE = 1024 * 1024
_FIRST_UID, _UIDS = 61184, 4000
"""A range that systemd keeps for dynamic users: no account has these ids."""


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], tuple[bytes, ...]] | None:
    """Return the next frame, or None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:  # noqa: PLR2004 - the size of the length prefix
        return None
    header: dict[str, Any] = json.loads(stream.read(struct.unpack(">I", head)[0]))
    return header, tuple(stream.read(size) for size in header["blobs"])


def write_frame(stream: BinaryIO, header: dict[str, Any], blobs: tuple[bytes, ...] = ()) -> None:
    data = json.dumps(header | {"blobs": [len(blob) for blob in blobs]}).encode()
    stream.write(struct.pack(">I", len(data)) + data)
    stream.writelines(blobs)
    stream.flush()


def _die_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def _leave_network() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def _take_own_uid() -> bool:
    """Become a user that owns nothing; False when that needs more right than we have."""
    if os.geteuid() != 0:
        return False
    uid = _FIRST_UID + os.getpid() % _UIDS
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:
        return os.geteuid() == uid
    return True


def _mapped_bytes() -> int:
    """Return the address space in use: libraries map far more than they touch, and the limit is for the work."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - pathlib would be one more import
        return int(statm.read().split()[0]) * resource.getpagesize()


def _bound(limits: dict[str, Any], *, for_good: bool) -> None:
    """Set the limits of this call; for good means that not even this process can raise them again."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    wanted = {
        resource.RLIMIT_AS: _mapped_bytes() + limits["memory_mb"] * _MEGABYTE,
        resource.RLIMIT_CPU: int(spent.ru_utime + spent.ru_stime) + limits["cpu"] + 1,
        resource.RLIMIT_FSIZE: limits["file_mb"] * _MEGABYTE,
        resource.RLIMIT_CORE: 0,
    }
    if for_good:
        wanted[resource.RLIMIT_NOFILE] = limits["open_files"]
    for which, value in wanted.items():
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)  # noqa: PLW2901 - a stricter limit from outside stands
        resource.setrlimit(which, (value, value if for_good else hard))


def _shut_in(limits: dict[str, Any]) -> list[str]:
    """Give up every right that decoding does not need; return the layers that this machine does not allow."""
    missing = []
    if _take_own_uid():
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"], limits["processes"]))
    else:
        missing.append("own uid and process limit (not started as root)")
    if ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        missing.append("no_new_privs")
    _bound(limits, for_good=True)
    return missing


def _load(name: str) -> Entry:
    module, _, function = name.partition(":")
    entry: Entry = getattr(importlib.import_module(module), function)
    return entry


def _is_memory(error: BaseException) -> bool:
    # OpenCV says it in a message of its own exception class (cv2.error, StsNoMem).
    return isinstance(error, MemoryError) or "nsufficient memory" in str(error) or "nable to allocate" in str(error)


def _answer(
    entry: Entry, request: dict[str, Any], blobs: tuple[bytes, ...]
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    try:
        value, results = entry(request, blobs)
        json.dumps(value)
    except Exception as error:  # noqa: BLE001 - this is the boundary: everything is told to the parent
        kind = type(error).__name__
        if kind == "Refused":
            refusal = {name: str(getattr(error, name, "")) for name in ("code", "message", "advice")}
            return {"outcome": "refused", "refusal": refusal}, ()
        outcome = "memory" if _is_memory(error) else "invalid" if kind == "Invalid" else "error"
        return {"outcome": outcome, "error": f"{kind}: {error}"[:2000]}, ()
    return {"outcome": "done", "value": value}, tuple(bytes(result) for result in results)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdout for frames only: whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return os.fdopen(os.dup(0), "rb"), answers


def serve(parent: int) -> None:
    """Answer calls until the parent closes the pipe."""
    _die_with_parent(parent)
    calls, answers = _own_streams()
    write_frame(answers, {"outcome": "ready"})
    while (frame := read_frame(calls)) is not None:
        header, blobs = frame
        try:
            entry = _load(header["entry"])
            _bound(header["limits"], for_good=False)
        except Exception as error:  # noqa: BLE001 - told to the parent, which logs it
            write_frame(answers, {"outcome": "error", "error": f"{type(error).__name__}: {error}"[:2000]})
            continue
        answer, results = _answer(entry, header["request"], blobs)
        del blobs, frame
        write_frame(answers, answer, results)


def serve_untrusted(parent: int, entry_name: str, limits: dict[str, Any]) -> None:
    """Answer one call. The code is loaded first; not one untrusted byte is read before every right is gone.

    Where the interpreter lies in a folder that only root may enter, nothing can be imported after that: the module
    must bring in all that it needs (Pillow: `Image.init()`) when it is itself imported.
    """
    calls, answers = _own_streams()
    missing = [] if _leave_network() else ["no network"]
    try:
        entry = _load(entry_name)
    except Exception as error:  # noqa: BLE001 - told to the parent, which logs it
        write_frame(answers, {"outcome": "error", "error": f"{type(error).__name__}: {error}"[:2000]})
        return
    missing += _shut_in(limits)
    _die_with_parent(parent)  # a change of uid clears it, so it comes last
    own = os.getuid() if os.getuid() in range(_FIRST_UID, _FIRST_UID + _UIDS) else None
    write_frame(answers, {"outcome": "ready", "missing": missing, "uid": own})
    frame = read_frame(calls)
    if frame is None:
        return
    header, blobs = frame
    answer, results = _answer(entry, header["request"], blobs)
    write_frame(answers, answer, results)


def main(argv: list[str]) -> None:
    """`child PARENT PATHS` or `child PARENT PATHS ENTRY LIMITS`; PATHS is the parent's import path as JSON."""
    parent, paths, *call = argv
    sys.path += [path for path in json.loads(paths) if path not in sys.path]
    # One thread each: a child is one job, and thread pools map memory that the limit would count.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY"), "1"))
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        if call:
            serve_untrusted(int(parent), call[0], json.loads(call[1]))
        else:
            serve(int(parent))


if __name__ == "__main__":
    main(sys.argv[1:])
