"""Whether a picture is what its reference says: format, size, pixels. Nobody's word is taken for it."""

from dataclasses import dataclass

from trueshelf_qa.domain.results import CheckResult

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
        faults.append(f"it is not the {claims.media_type} that it is said to be")
    if size != (claims.width, claims.height):
        faults.append(f"it has {size[0]} × {size[1]} pixels instead of {claims.width} × {claims.height}")
    if pixel_sha256 is not None and pixel_sha256 != claims.pixel_sha256:
        faults.append("its pixels are not those that its reference names")
    sentence = f"The file is wrong: {'; '.join(faults)}." if faults else "Format, size and pixels are as stated."
    return CheckResult(NAME, VERSION, "stop" if faults else "clear", sentence, 1.0, None)
