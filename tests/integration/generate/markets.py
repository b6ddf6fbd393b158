"""External generators for a test: servers, and a generators' file that names them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.bus import until
from support.generators import FakeGenerator

SIZE = (128, 192)
KEY_NAME = "TRUESHELF_GENERATE_KEY_TEST"


def file_of(
    folder: Path,
    servers: Mapping[str, FakeGenerator],
    *,
    caps: dict[str, int] | None = None,
    settings: Mapping[str, dict[str, Any]] | None = None,
) -> Path:
    """Write a generators' file with one generator and one offer, `NAME_model`, for each server."""
    quick = {
        "allow_http": True,
        "key_env": KEY_NAME,
        "per_minute": 6000,
        "burst": 50,
        "in_flight": 3,
        "connect_seconds": 2,
        "read_seconds": 2,
        "total_seconds": 4,
        "attempts": 3,
    }
    generators = [
        {"name": name, "kind": server.kind, "base_url": server.base_url, **quick, **(settings or {}).get(name, {})}
        for name, server in servers.items()
    ]
    offers = [
        {
            "name": f"{name}_model",
            "title": "On a person",
            "mode": "clothing_on_model",
            "generator": name,
            "model": "gpt-image-2-2026-04-21" if server.kind == "openai_images" else "unversioned",
            "prompt": "worn by a person",
            "width": SIZE[0],
            "height": SIZE[1],
            "credits": 5,
        }
        for name, server in servers.items()
    ]
    standing = [{"category": "apparel", "slot": "social", "shot": "front", "offer": offers[0]["name"]}]
    whole = {
        "version": "1",
        "caps": caps or {},
        "generators": generators,
        "offers": offers,
        "every_sku": standing,
    }
    file = folder / "generators.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    return file


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
