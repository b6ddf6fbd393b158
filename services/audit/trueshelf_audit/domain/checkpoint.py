"""Checkpoints: the log's size and root as a signed note (C2SP tlog-checkpoint and signed-note, Ed25519).

A note's text is `origin LF size LF base64(root) LF`; after an empty line stands one signature line per key,
`— name base64(key id ‖ signature)`. The key id is the first four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from trueshelf_audit.domain.merkle import HASH_SIZE, Hash

ED25519 = b"\x01"
KEY_SIZE = 32
SIGNATURE_SIZE = 64
_NAME = re.compile(r"[^\s+]+")

Check = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) → whether the Ed25519 signature is right."""
Sign = Callable[[bytes], bytes]


class BadNote(ValueError):  # noqa: N818 -- it says what the note is
    """A note, key or signature is malformed or not what it claims."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A note verifier's key: `name+hex key id+base64(0x01 ‖ public key)` in its text form."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Read the text form. Raises BadNote when it is malformed or its key id is another key's."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _base64(encoded, "the key")
        if not _NAME.fullmatch(name) or data[:1] != ED25519 or len(data) != 1 + KEY_SIZE:
            raise BadNote("a checkpoint key reads name+8 hexadecimal digits+base64 of 0x01 and 32 bytes")
        key = cls(name, data[1:])
        if key.key_id.hex() != key_id:
            raise BadNote(f"key id {key_id} belongs to another key than the one it stands with")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint commits to."""

    origin: str
    size: int
    root: Hash

    def body(self) -> str:
        """Return the note's text, the bytes that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_note(checkpoint: Checkpoint, key: NoteKey, sign: Sign) -> str:
    """Return the signed note of `checkpoint`."""
    body = checkpoint.body()
    signature = base64.b64encode(key.key_id + sign(body.encode())).decode()
    return f"{body}\n— {key.name} {signature}\n"


def open_note(note: str, key: NoteKey, check: Check) -> Checkpoint:
    """Return what `note` says if `key` signed it. Raises BadNote: malformed, another key, a wrong signature."""
    body, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise BadNote("the note has no signature lines")
    checkpoint = _read_body(body + "\n")
    try:
        signed = (body + "\n").encode()
    except UnicodeEncodeError as error:  # a file of JSON can hold half a character
        raise BadNote("the note holds what is no text") from error
    for line in signatures[:-1].split("\n"):
        name, data = _read_signature(line)
        if name == key.name and data[:4] == key.key_id:
            if len(data) == 4 + SIGNATURE_SIZE and check(key.public, data[4:], signed):
                return checkpoint
            raise BadNote(f"the signature of {name} does not cover this text")
    raise BadNote(f"no signature by the expected key {key.name}+{key.key_id.hex()}")


def _read_body(body: str) -> Checkpoint:
    lines = body.split("\n")
    if len(lines) < 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):  # noqa: PLR2004 -- 3 and an end
        raise BadNote("a checkpoint's first lines are origin, size and root")
    root = _base64(lines[2], "the root")
    if len(root) != HASH_SIZE:
        raise BadNote(f"the root has {len(root)} bytes, 32 are needed")
    return Checkpoint(lines[0], int(lines[1]), root)


def _read_signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix("— ").partition(" ")
    if not line.startswith("— ") or not _NAME.fullmatch(name):
        raise BadNote("a signature line reads '— name base64'")
    return name, _base64(encoded, f"the signature of {name}")


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"{what} is no base64") from error
