"""A name is a preset's or an offer's, never both's: whoever asks for a preset of ours pays nothing (R-21, R-32)."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.generators import KEY, KEY_NAME, FakeGenerator, file_of
from support.services import ServiceDbFactory
from trueshelf_generate.main import build
from trueshelf_generate.policy import Library
from trueshelf_generate.presets_desk import PresetsDesk
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal

pytestmark = pytest.mark.integration
WHO = Principal("olga", "drill", "operator", "s")
BODY = {"mode": "white_background", "title": "Ours", "background": [255, 255, 255]}


async def test_a_preset_and_an_offer_never_have_one_name(
    service_db: ServiceDbFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Neither by confirming a draft that was there before the offer, nor by an offer that comes after the preset."""
    monkeypatch.setenv(KEY_NAME, KEY)
    fake = FakeGenerator("openai_images")
    fake.url = "https://images.example.com"
    settings = SimpleNamespace(generators_file=file_of(tmp_path, {"there": fake}))
    access, clock = await service_db("generate"), SystemClock()
    async with Database.open(access.dsn, "generate", size=2) as db:
        about = "there_model", 1, BODY, "", WHO.actor(), clock.now()
        async with db.transaction() as tx:
            await tx.execute(
                "INSERT INTO preset (name, number, body, copied_from, made_by, made_at) VALUES ($1,$2,$3,$4,$5,$6)",
                *about,
            )
        with pytest.raises(Refused) as taken:
            async with db.transaction() as tx:
                await PresetsDesk(Library(clock), clock, frozenset({"there_model"})).confirm(tx, "there_model", 1, WHO)
        assert taken.value.code == "preset_name_taken"
        async with db.transaction() as tx:
            await PresetsDesk(Library(clock), clock).confirm(tx, "there_model", 1, WHO)
        runtime: Any = SimpleNamespace(settings=settings, clock=clock, db=db)
        with pytest.raises(ValueError, match="there_model: a preset has this name"):
            await build(runtime)
