"""The photo formats that are taken in, and how names and media types claim them. Bytes are ingest's to judge."""

EXTENSIONS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "heic": "heic", "heif": "heic"}
MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}
MAX_PHOTO_BYTES = 20_000_000
"""Largest photo unless ingest is told otherwise (security.md, rule 1)."""


def extension_of(name: str) -> str:
    """Return the ending of a file's name, lower case and without its dot; empty where there is none."""
    base = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = base.rpartition(".")
    return ending.lower() if dot and stem else ""
