"""The pack as a ZIP whose bytes depend on its content alone: names sorted, one fixed time, nothing compressed twice."""

import io
import zipfile
from typing import Any

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""ZIP's own epoch: a build time would make every pack differ."""
DRILL_TEXT = (
    "DRILL\n\nThis pack was made for practice: a decision in it comes from a practice account.\n"
    "No named person approved it for sale. Do not upload it to a marketplace.\n"
)


def build(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return the number of files, and the ZIP. `request`: names (one per blob). Child process entry."""
    names = list(request["names"])
    if len(set(names)) != len(names) or len(names) != len(blobs):
        raise ValueError(f"{len(names)} names ({len(set(names))} different) for {len(blobs)} files")
    return {"files": len(names)}, (zip_bytes(dict(zip(names, blobs, strict=True))),)


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """Return a ZIP of `files`. JPEGs are stored, text is deflated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()
