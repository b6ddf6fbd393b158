"""Checking the proof that an entry is in the log (RFC 9162, 2.1.3.2): the console does not take audit's word for it."""

import base64
import hashlib


def leads_to_root(index: int, size: int, leaf_data: bytes, hashes: list[bytes], root: bytes) -> bool:
    """Say whether the entry at `index` is in the tree of `size` leaves with that root."""
    if not 0 <= index < size:
        return False
    first, last = index, size - 1
    node = hashlib.sha256(b"\0" + leaf_data).digest()
    for sibling in hashes:
        if last == 0:
            return False
        if first & 1 or first == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        first, last = first >> 1, last >> 1
    return last == 0 and node == root


def root_of(note: str) -> tuple[int, bytes]:
    """Return size and root that a checkpoint states. Raises ValueError when it is no checkpoint."""
    lines = note.split("\n")
    if len(lines) < 3:  # noqa: PLR2004 - origin, size, root
        raise ValueError("this is no checkpoint")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)
