"""Presets and rules that people write: a copy is a draft until a named person confirms it (R-29)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trueshelf_generate.domain.preset import Fault, Preset, PresetError, read_preset
from trueshelf_generate.domain.presets import Rule, rule_faults
from trueshelf_generate.policy import Library
from trueshelf_generate.sql import SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal

FIELDS = tuple(Preset("x", "as_shot", "x").body())


class RuleError(ValueError):
    """A category's rule is not possible; each fault says what was given and what is allowed."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PresetsDesk:
    """What may be done with presets; everything is on record with who did it."""

    library: Library
    clock: Clock
    taken: frozenset[str] = frozenset()
    """Names of external generators' offers: whoever asks for one gets what it says."""

    async def draft(self, tx: Tx, name: str, values: Mapping[str, Any], copy_of: str, who: Principal) -> int:
        """Write a draft: `copy_of` with `values` over it, or `values` alone. Returns its number.

        Raises PresetError with every impossible value; Refused `preset_not_found`.
        """
        policy = await self.library.current(tx)
        source = policy.presets.presets.get(copy_of)
        if copy_of and source is None:
            names = ", ".join(sorted(policy.presets.presets))
            raise Refused("preset_not_found", f"there is no preset {copy_of!r} to copy", f"copy one of: {names}")
        if source is not None and source.mode == "as_shot":
            raise PresetError(name, (Fault("copy_of", repr(copy_of), "a preset with something to set"),))
        unknown = tuple(Fault(field, "unknown", ", ".join(FIELDS)) for field in values if field not in FIELDS)
        if unknown:
            raise PresetError(name, unknown)
        body = {**(source.body() if source else {}), **values}
        preset = read_preset(name, body)
        await self._scene_is_there(tx, preset.scene)
        if name in self.library.release.presets.presets or name in self.taken:
            raise PresetError(name, (Fault("name", repr(name), "a name that no release's preset and no offer has"),))
        await tx.execute(SQL["presets_lock"])
        number = int(await tx.fetchval(SQL["preset_next"], name))
        copied = f"{copy_of} {source.version}" if source else ""
        made = name, number, preset.body(), copied, who.actor(), self.clock.now()
        await tx.execute(SQL["preset_insert"], *made)
        details = {"copy_of": copied, "sha256": preset.sha256}
        await act(tx, "generate.preset_drafted", target=f"{name} {number}", who=who, details=details)
        return number

    async def confirm(self, tx: Tx, name: str, number: int, who: Principal) -> None:
        """Put a draft into force, in place of an earlier one of its name. Raises Refused."""
        await tx.execute(SQL["presets_lock"])
        row = await self._open(tx, name, number)
        if who.kind == "machine":
            raise Refused(
                "person_needed", "a preset is confirmed by a named person", "confirm it under your own account"
            )
        if name in self.taken:
            raise Refused("preset_name_taken", f"an offer is called {name}, too", "copy it under another name")
        await self._scene_is_there(tx, read_preset(name, row["body"]).scene)
        now = self.clock.now()
        await tx.execute(SQL["preset_replaced"], name, who.actor(), now)
        await tx.execute(SQL["preset_confirm"], name, number, who.actor(), now)
        await act(tx, "generate.preset_confirmed", target=f"{name} {number}", who=who)
        await self._publish(tx, who)

    async def drop(self, tx: Tx, name: str, number: int, who: Principal, reason: str) -> None:
        """Throw a draft away, or take a confirmed preset out of force. Raises Refused while a rule names it."""
        await tx.execute(SQL["presets_lock"])
        row = await tx.fetchrow(SQL["preset_get"], name, number)
        if row is None or row["state"] not in ("draft", "confirmed"):
            raise Refused("preset_not_found", f"preset {name} {number} is neither a draft nor in force")
        policy = await self.library.current(tx)
        users = [
            category for category, rule in policy.presets.rules.items() if name in (*rule.main, *rule.slots.values())
        ]
        if row["state"] == "confirmed" and users:
            said = f"preset {name} is used by the rule of {', '.join(sorted(users))}"
            raise Refused("preset_in_use", said, "give these categories another preset first")
        await tx.execute(SQL["preset_drop"], name, number, who.actor(), self.clock.now())
        await act(tx, "generate.preset_dropped", target=f"{name} {number}", who=who, reason=reason)
        if row["state"] == "confirmed":
            await self._publish(tx, who)

    async def rule(self, tx: Tx, category: str, rule: Rule, who: Principal, reason: str) -> None:
        """Say how a category's slots are made from the next plan on. Raises RuleError, Refused."""
        if who.kind == "machine":
            raise Refused("person_needed", "a rule is given by a named person", "give it under your own account")
        await tx.execute(SQL["presets_lock"])
        policy = await self.library.current(tx)
        faults = rule_faults(rule, policy.presets.presets)
        if faults:
            raise RuleError(faults)
        await tx.execute(SQL["rule_insert"], category, rule.body(), who.actor(), self.clock.now(), reason)
        details = {"main": ", ".join(rule.main)} | {str(slot): name for slot, name in rule.slots.items()}
        await act(tx, "generate.rule_given", target=category, who=who, reason=reason, details=details)
        await self._publish(tx, who)

    async def _open(self, tx: Tx, name: str, number: int) -> Row:
        row = await tx.fetchrow(SQL["preset_get"], name, number)
        if row is None:
            raise Refused("preset_not_found", f"there is no preset {name} {number}", "GET /presets lists the drafts")
        if row["state"] != "draft":
            raise Refused("preset_not_open", f"preset {name} {number} is {row['state']}", "copy it to change it")
        return row

    async def _scene_is_there(self, tx: Tx, scene: Any) -> None:
        if scene is None:
            return
        row = await tx.fetchrow(SQL["scene_get"], scene)
        if row is None or row["retired_at"] is not None:
            raise Refused("scene_not_found", f"there is no scene {scene} that may be used", "GET /scenes lists them")

    async def _publish(self, tx: Tx, who: Principal) -> None:
        await self.library.publish(tx, await self.library.read(tx), who.actor())
