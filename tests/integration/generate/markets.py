"""generate with external generators, for a test."""

from collections.abc import Mapping
from typing import Any

from support.bus import until
from support.generators import FakeGenerator


class Market:
    """generate with external generators, and the servers behind them by name."""

    def __init__(self, world: Any, photo: Any, servers: Mapping[str, FakeGenerator]) -> None:
        self.world = world
        self.servers = servers
        self._photo = photo

    async def ready(self, **about: Any) -> Any:
        sku = self.world.names()
        return await self.world.ready(sku, await self.world.capture("front", self._photo()), **about)

    async def wish(self, ready: Any, round_: int = 2, slot: str = "social", **change: Any) -> dict[str, Any]:
        """Return the outcome of a person's wish for the slot."""
        await self.ask(ready, round_, slot, **change)
        return await self.outcome(ready.sku, round_, slot)

    async def ask(self, ready: Any, round_: int = 2, slot: str = "social", **change: Any) -> None:
        await self.world.ask(ready, slot, round_, **(change or {"mode": "clothing_on_model"}))

    async def outcome(self, sku: str, round_: int = 2, slot: str = "social") -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            kinds = ("VariantGenerated", "GenerationRefused")
            found[:] = [e for e in await self.world.of(sku, *kinds) if (e["slot"], e["round"]) == (slot, round_)]
            return bool(found)

        await until(there, 90, f"an outcome of {sku} in round {round_}")
        return found[0]

    async def calls(self, sku: str) -> list[dict[str, Any]]:
        rows = await self.world.rows("SELECT * FROM generate.paid_call WHERE sku = $1 ORDER BY intended_at", sku)
        return [dict(row) for row in rows]
