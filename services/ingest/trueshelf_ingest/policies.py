"""ingest's policies: read once from package data, published once per version."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from trueshelf_contracts.event import PolicyPublished, PolicyRef
from trueshelf_ingest.domain.gate import Limits
from trueshelf_ingest.domain.shots import ShotLists
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.origin import stamp


@dataclass(frozen=True, slots=True)
class Policies:
    """The shot lists and the source gate with the references that say which version was used."""

    shot_lists: ShotLists
    shot_lists_ref: PolicyRef
    gate: Limits
    gate_ref: PolicyRef


def load_policies() -> Policies:
    """Read the policy files of this release. Raises KeyError or ValueError when one is malformed."""
    lists, lists_ref = _read("shot_list", "shot_lists.json")
    gate, gate_ref = _read("source_gate", "source_gate.json")
    return Policies(ShotLists.from_data(lists), lists_ref, Limits.from_data(gate), gate_ref)


async def publish(db: Database, policies: Policies, clock: Clock) -> None:
    """State each policy's version as a fact; stating it again at the next start changes nothing."""
    async with db.transaction() as tx:
        for ref in (policies.shot_lists_ref, policies.gate_ref):
            named = stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=clock.now())
            await tx.emit(PolicyPublished(**named, policy=ref))


def _read(kind: Literal["shot_list", "source_gate"], file: str) -> tuple[dict[str, Any], PolicyRef]:
    raw = files("trueshelf_ingest").joinpath("policy", file).read_bytes()
    data: dict[str, Any] = json.loads(raw)
    sha256 = hashlib.sha256(raw).hexdigest()
    return data, PolicyRef(kind=kind, name="ingest", version=data["version"], sha256=sha256)
