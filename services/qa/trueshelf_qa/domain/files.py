"""Whether a picture is what its reference says: format, size, pixels. Nobody's word is taken for it."""

from dataclasses import dataclass

from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.words import joined, say

NAME, VERSION = "file", "1"
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a producer says of a picture."""

    media_type: str
    width: int
    height: int
    pixel_sha256: str


def check_file(claims: Claims, head: bytes, size: tuple[int, int], pixel_sha256: str | None) -> CheckResult:
    """Hold `claims` against the decoded picture: first bytes, (width, height), pixel hash (None for lossy formats)."""
    faults = []
    magic = MAGIC.get(claims.media_type)
    if magic is None or not head.startswith(magic):
        faults.append(say(NAME, "format", media_type=claims.media_type))
    if size != (claims.width, claims.height):
        stated = {"stated_width": claims.width, "stated_height": claims.height}
        faults.append(say(NAME, "size", width=size[0], height=size[1], **stated))
    if pixel_sha256 is not None and pixel_sha256 != claims.pixel_sha256:
        faults.append(say(NAME, "pixels"))
    said = say(NAME, "wrong", faults=joined(faults, "; ")) if faults else say(NAME, "clear")
    return CheckResult(NAME, VERSION, "stop" if faults else "clear", said, 1.0, None)
