"""The presets of this release: read once from package data, published once per version (R-29)."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files

from trueshelf_contracts.event import PolicyPublished, PolicyRef
from trueshelf_generate.domain.presets import Presets, read_presets
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.origin import stamp


@dataclass(frozen=True, slots=True)
class Policy:
    """The presets and the reference that says which version was used."""

    presets: Presets
    ref: PolicyRef


def load_policy() -> Policy:
    """Read the presets. Raises KeyError or ValueError when the file is malformed."""
    raw = files("trueshelf_generate").joinpath("presets.json").read_bytes()
    presets = read_presets(json.loads(raw))
    ref = PolicyRef(kind="presets", name="generate", version=presets.version, sha256=hashlib.sha256(raw).hexdigest())
    return Policy(presets, ref)


async def publish(db: Database, policy: Policy, clock: Clock) -> None:
    """State the version as a fact; stating it again at the next start changes nothing."""
    ref = policy.ref
    async with db.transaction() as tx:
        named = stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=clock.now())
        await tx.emit(PolicyPublished(**named, policy=ref))
