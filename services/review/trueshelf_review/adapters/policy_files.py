"""What every policy file of review is held against, and the hash that names its content."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from trueshelf_contracts.signing import canonical

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{4}\.[0-9]+$", description="year and number within it: 2026.1")]
Text = dict[Literal["en", "ru", "kk"], str]


class Entry(Protocol):
    """What files list: a code, and what it says by language."""

    code: Code
    text: Text


def check_entries(name: object, entries: Sequence[Entry], code: str) -> None:
    """Raise ValueError naming the file when a code (`code` is what it calls one) stands twice or English is missing."""
    codes = [entry.code for entry in entries]
    if len(set(codes)) != len(codes):
        raise ValueError(f"{name}: {code} stands twice")
    if untold := [entry.code for entry in entries if not entry.text.get("en")]:
        raise ValueError(f"{name}: no English text for {', '.join(untold)}")


def sha256_of(body: Mapping[str, Any]) -> str:
    """Return the hash of a policy's canonical JSON."""
    return hashlib.sha256(canonical(body)).hexdigest()
