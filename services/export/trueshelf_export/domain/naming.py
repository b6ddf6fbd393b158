"""File names that each marketplace's upload accepts and from which nobody can break out of the pack."""

import hashlib
import re
import unicodedata

from trueshelf_export.domain.profiles import Naming

_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$", re.IGNORECASE)
"""Windows opens a device instead of a file of this name."""


def stem(sku: str, charset: str) -> str:
    """Return `sku` as the stem of a file name.

    Letters, digits, `.`, `_` and `-` stay, in plain ASCII where the charset says so. When anything had to change, eight
    digits of the SKU's SHA-256 follow, so that two SKUs never share a name.
    """
    text = unicodedata.normalize("NFC", sku)
    pattern = r"[^A-Za-z0-9._-]" if charset == "ascii" else r"[^\w.-]"
    safe = re.sub(pattern, "-", text).strip("-.")
    if safe != sku or _RESERVED.match(safe):
        digest = hashlib.sha256(sku.encode()).hexdigest()[:8]
        return f"{safe}-{digest}" if safe and not _RESERVED.match(safe) else f"sku-{digest}"
    return safe


def file_name(naming: Naming, sku: str, position: int) -> str:
    """Return the name of the picture at `position`, 1 being the main one."""
    template = naming.main if position == 1 else naming.other
    return template.format(sku=stem(sku, naming.charset), position=position, index=position - 1)


def pack_name(sku: str, marketplace: str, pack_id: str, *, drill: bool) -> str:
    """Return the name under which a pack is downloaded; a practice pack says so before anything else."""
    return f"{'DRILL_' if drill else ''}{stem(sku, 'unicode')}_{marketplace}_{pack_id[:8]}.zip"
