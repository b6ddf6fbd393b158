"""Which presets are in force: the release's, and over them what named people confirmed (R-29).

Every version of the whole that anything was planned with is kept, so that a draft is finished with what it was begun
with, and can be explained years later.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from trueshelf_contracts.event import Actor, PolicyPublished, PolicyRef
from trueshelf_contracts.signing import canonical
from trueshelf_generate.domain.preset import Preset, read_preset
from trueshelf_generate.domain.presets import Presets, Rule, read_presets
from trueshelf_generate.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Row, Tx
from trueshelf_runtime.origin import stamp

NAME = "generate"


class Reads(Protocol):
    """What is needed of a transaction or a pool."""

    async def fetch(self, query: str, *args: Any) -> list[Row]: ...

    async def fetchrow(self, query: str, *args: Any) -> Row | None: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """The presets and the reference that says which version was used."""

    presets: Presets
    ref: PolicyRef


def policy_of(presets: Presets) -> Policy:
    """Return the presets with their name: version, and the hash of their canonical JSON."""
    digest = hashlib.sha256(canonical(presets.document())).hexdigest()
    return Policy(presets, PolicyRef(kind="presets", name=NAME, version=presets.version, sha256=digest))


def load_policy() -> Policy:
    """Read the release's presets. Raises KeyError or ValueError when the file is malformed."""
    return policy_of(read_presets(json.loads(files("trueshelf_generate").joinpath("presets.json").read_bytes())))


def preset_of(row: Row) -> Preset:
    """Return the preset in a row, as it was written."""
    return read_preset(row["name"], row["body"], f"{row['name']} {row['number']}")


class Library:
    """Presets by version. What was read is kept: a version never changes."""

    def __init__(self, clock: Clock, release: Policy | None = None) -> None:
        self._clock = clock
        self.release = release or load_policy()
        self._known: dict[str, Policy] = {}

    async def current(self, reads: Reads) -> Policy:
        """Return what is in force: the release, and one more version for each thing that a person put into force."""
        while True:
            changes = int(await reads.fetchval(SQL["presets_changes"]))
            version = self._version(changes)
            if version in self._known:
                return self._known[version]
            found = await self.read(reads)
            if found.ref.version == version and changes == int(await reads.fetchval(SQL["presets_changes"])):
                self._known[version] = found
                return found

    async def read(self, reads: Reads) -> Policy:
        """Return what the tables say now, remembering nothing: a transaction may still be rolled back."""
        version = self._version(int(await reads.fetchval(SQL["presets_changes"])))
        presets = {row["name"]: preset_of(row) for row in await reads.fetch(SQL["presets_confirmed"])}
        rows = await reads.fetch(SQL["rules_in_force"])
        rules = {row["category"]: Rule(tuple(row["body"]["main"]), row["body"]["slots"]) for row in rows}
        return policy_of(self.release.presets.joined(version, presets, rules))

    def _version(self, changes: int) -> str:
        return self.release.ref.version + (f"+{changes}" if changes else "")

    async def keep(self, tx: Tx, policy: Policy) -> None:
        """Write the version down, once."""
        ref = policy.ref
        await tx.execute(
            SQL["presets_version_insert"], ref.version, ref.sha256, policy.presets.document(), self._clock.now()
        )

    async def preset(self, reads: Reads, ref: PolicyRef, name: str) -> Preset:
        """Return a preset as it stood in the version that a plan names. Raises KeyError when there was none."""
        if ref.version not in self._known:
            row = await reads.fetchrow(SQL["presets_version_get"], ref.version)
            if row is None:  # planned by a release that kept no versions: its names and values are ours
                return self.release.presets.presets[name]
            self._known[ref.version] = policy_of(read_presets(row["document"]))
        return self._known[ref.version].presets.presets[name]

    async def publish(self, tx: Tx, policy: Policy, actor: Actor | None = None) -> None:
        """State the version as a fact, with who put it into force; stating it again changes nothing."""
        ref = policy.ref
        named = stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=self._clock.now())
        await self.keep(tx, policy)
        await tx.emit(PolicyPublished(**named, policy=ref, actor=actor))

    async def publish_at_start(self, db: Database) -> None:
        """State what is in force when the service starts."""
        async with db.transaction() as tx:
            await self.publish(tx, await self.current(tx))
