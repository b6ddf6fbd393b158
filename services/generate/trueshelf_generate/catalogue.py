"""The generators' file and the keys: read once at start. Keys stand in the environment only (docs/generators.md)."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from trueshelf_contracts.event import PolicyPublished, PolicyRef
from trueshelf_generate.domain.offers import KEY_NAME, Offers, faults, is_key
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.origin import stamp

MAX_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is offered, which version of the file said so, and the keys by generator."""

    offers: Offers
    ref: PolicyRef | None
    """None without a file."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> str:
        """Version and hash as every call's record names them."""
        return f"{self.ref.version}@{self.ref.sha256[:12]}" if self.ref else "none"


def load_catalogue(file: Path | None, environ: Mapping[str, str] = os.environ) -> Catalogue:
    """Read the file. Raises ValueError that names every fault, the file's or a missing key's."""
    if file is None:
        return Catalogue(Offers(), None)
    try:
        raw = file.read_bytes()[: MAX_FILE + 1]
        data = json.loads(raw)
        offers = TypeAdapter(Offers).validate_python(data, strict=False)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        places = "; ".join(f"{_place(item['loc'])}: {item['msg']}" for item in error.errors(include_input=False))
        raise ValueError(f"{file}: {places}") from None  # the input may hold what does not belong into a log
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}") from None
    wrong = [*_strangers(data, Offers, ""), *faults(offers)]
    # What is no such name may be the key itself: then not even the fault repeats it.
    wanted = {
        generator.name: generator.key_env for generator in offers.generators if KEY_NAME.fullmatch(generator.key_env)
    }
    wrong += [
        f"generators.{name}: the variable {variable} is not set in this process"
        for name, variable in wanted.items()
        if not environ.get(variable)
    ]
    wrong += [
        f"generators.{name}: the key in {variable} has a space or line break in it, or letters that no header takes"
        for name, variable in wanted.items()
        if (key := environ.get(variable)) and not is_key(key)
    ]
    if wrong:
        raise ValueError(f"{file}: " + "; ".join(wrong))
    digest = hashlib.sha256(raw).hexdigest()
    ref = PolicyRef(kind="presets", name="generators", version=offers.version, sha256=digest)
    return Catalogue(offers, ref, {name: environ[variable] for name, variable in wanted.items()})


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "the whole"


def _strangers(data: Any, kind: Any, place: str) -> list[str]:
    """Return the names that nothing reads, so that a typing error is no silent default."""
    if isinstance(data, list):
        inner = next((arg for arg in get_args(kind) if is_dataclass(arg)), None)
        return [fault for index, each in enumerate(data) for fault in _strangers(each, inner, f"{place}[{index}]")]
    if not isinstance(data, dict) or not is_dataclass(kind):
        return []
    known = {each.name: each.type for each in fields(kind)}
    wrong = [f"{place or 'the file'}: nothing is called {name!r}" for name in data if name not in known]
    for name, value in data.items():
        if name in known:
            wrong += _strangers(value, known[name], f"{place}.{name}".lstrip("."))
    return wrong


async def publish_offers(db: Database, catalogue: Catalogue, clock: Clock) -> None:
    """State which offers and prices are in force; stating them again at the next start changes nothing."""
    if (ref := catalogue.ref) is not None:
        async with db.transaction() as tx:
            named = stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=clock.now())
            await tx.emit(PolicyPublished(**named, policy=ref))
