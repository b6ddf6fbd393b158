"""The pictures of a case over HTTP: those that it names, to those who may look, and nothing else of the storage."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from integration.review.conftest import Rig
from support.services import SettingsFactory
from trueshelf_contracts.refs import ImageRef, ObjectRef
from trueshelf_review.cli import app
from trueshelf_runtime.storage import ObjectStore

pytestmark = pytest.mark.integration
MASTER, ORIGINAL, LOST, FOREIGN = (f"{word} picture".encode() for word in ("master", "original", "lost", "foreign"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest_asyncio.fixture
async def store(rig: Rig, make_settings: SettingsFactory) -> AsyncIterator[ObjectStore]:
    async with ObjectStore.of(await make_settings("review", rig.service.db)) as opened:
        yield opened


async def shelved(rig: Rig, store: ObjectStore) -> str:
    """State a SKU whose pictures lie in storage, but for one draft; return its case's id."""
    sku = rig.sku()
    source = ImageRef(
        **(await store.put("originals", ORIGINAL, "image/png")).model_dump(exclude={"width", "height"}),
        width=1,
        height=1,
        pixel_sha256="0" * 64,
    )
    plan = sku.planned()
    captures = (plan.captures[0].model_copy(update={"original": source, "source": source}),)
    first, second, check, check_too = sku.drafts()
    kept = _image(await store.put("drafts", MASTER, "image/png"))
    lost = kept.model_copy(update={"sha256": digest(LOST), "key": digest(LOST)})
    await rig.send(
        [
            plan.model_copy(update={"captures": captures}),
            first.model_copy(update={"master": kept}),
            second.model_copy(update={"master": lost}),
            check.model_copy(update={"master_sha256": kept.sha256}),
            check_too.model_copy(update={"master_sha256": lost.sha256}),
        ]
    )
    return str((await rig.case(sku.sku))["case_id"])


def _image(ref: ObjectRef) -> ImageRef:
    return ImageRef(
        **ref.model_dump(exclude={"width", "height"}), width=1, height=1, pixel_sha256=digest(ref.key.encode())
    )


async def test_only_the_cases_own_pictures_are_given(rig: Rig, store: ObjectStore):
    case = await shelved(rig, store)
    await store.put("drafts", FOREIGN, "image/png")
    async with rig.person("anna") as anna:
        seen = await anna.get(f"/cases/{case}/pictures/{digest(MASTER)}")
        assert (seen.status_code, seen.content) == (200, MASTER)
        assert seen.headers["content-type"] == "image/png"
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert seen.headers["cache-control"] == "private, no-store"
        refusals = {
            digest(FOREIGN): (404, "no_picture"),  # stored, but of another case
            digest(ORIGINAL): (404, "no_picture"),  # named, but in quarantine
            digest(LOST): (404, "picture_gone"),
            "../" + "0" * 61: (404, "not_found"),
            "A" * 64: (422, "request_invalid"),
        }
        for sha256, expected in refusals.items():
            answer = await anna.get(f"/cases/{case}/pictures/{sha256}")
            assert (answer.status_code, answer.json()["code"]) == expected, sha256
        unknown = await anna.get(f"/cases/00000000-0000-0000-0000-000000000000/pictures/{digest(MASTER)}")
        assert unknown.json()["code"] == "no_case"


async def test_pictures_are_for_those_who_look(rig: Rig, store: ObjectStore):
    case = await shelved(rig, store)
    path = f"/cases/{case}/pictures/{digest(MASTER)}"
    for role, status in {"auditor": 200, "operator": 200, "uploader": 403, "capturer": 403}.items():
        async with rig.person(f"{role}-1", role=role) as client:
            assert (await client.get(path)).status_code == status, role
    async with httpx.AsyncClient(base_url=rig.service.url) as nobody:
        assert (await nobody.get(path)).status_code == 401


async def test_the_command_saves_them(rig: Rig, store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    case = await shelved(rig, store)
    token = rig.person("anna").headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("TRUESHELF_REVIEW_URL", rig.service.url)
    monkeypatch.setenv("TRUESHELF_TOKEN", token)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["pictures", case, "-o", str(tmp_path)])
    assert (tmp_path / "variant-1-main-master.png").read_bytes() == MASTER
    assert "variant-2-main-master.png: this picture is no longer stored" in done.stderr
    assert done.exit_code == 2
