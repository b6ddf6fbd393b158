"""Which pictures and files an event names."""

from collections.abc import Iterator, Mapping
from typing import Any

HASH_DIGITS = 64


def pictures_in(data: Any, part: str = "") -> Iterator[tuple[str, str]]:
    """Yield (what it is, SHA-256) for every picture or file that an event's JSON names, deep or shallow.

    A reference is an object with `bucket` and `sha256`; a name that ends in `_sha256` is a hash by itself (a pack's
    file, a binding). Reports and policies are no pictures.
    """
    if isinstance(data, Mapping):
        if "sha256" in data and "kind" not in data:
            yield part, data["sha256"]
        for name, value in data.items():
            if name.endswith("_sha256") and isinstance(value, str):
                what = name.removesuffix("_sha256")
                if what not in ("report", "manifest"):
                    yield f"{part} pixels" if what == "pixel" else what, value
            elif name not in ("report", "evidence"):
                yield from pictures_in(value, name)
    elif isinstance(data, list | tuple):
        for each in data:
            yield from pictures_in(each, part)


def is_hash(text: str) -> bool:
    """Say whether `text` is a SHA-256 as the log writes it."""
    return len(text) == HASH_DIGITS and all(char in "0123456789abcdef" for char in text)
