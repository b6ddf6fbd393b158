"""What the images' origin answers: fixed headers, no cookie, no page, and an error instead of a wrong picture."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from trueshelf_console.domain import addresses
from trueshelf_console.domain.addresses import Wanted, path_of
from trueshelf_console.web import images
from trueshelf_contracts.refs import ObjectRef
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.health import Health
from trueshelf_runtime.storage import ObjectDamaged, ObjectMissing
from trueshelf_runtime.web import Faces, create_app

SECRET = b"k" * 32
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DATA = bytes(range(256)) * 3000
WANTED = Wanted("ts-drafts", "ab/abc.png", hashlib.sha256(DATA).hexdigest(), len(DATA), "image/png")
PAGES = "http://pages.example"


class Store:
    """Objects by key; counts what is read."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.read: list[str] = []

    def bucket(self, area: str) -> str:
        return f"ts-{area}"

    async def get(self, ref: ObjectRef) -> bytes:
        self.read.append(ref.key)
        if self.error:
            raise self.error
        return DATA

    async def exists(self, ref: ObjectRef) -> bool:
        return self.error is None and ref.size == len(DATA)


def client(store: Store, now: datetime = NOW) -> httpx.AsyncClient:
    console: Any = SimpleNamespace(
        store=store,
        image_secret=SECRET,
        clock=SimpleNamespace(now=lambda: now),
        settings=SimpleNamespace(url=PAGES),
    )
    nothing: Any = None
    app = create_app(
        "console",
        (images.router(console),),
        identity=nothing,
        db=nothing,
        health=Health(),
        faces=Faces(headers=images.HEADERS),
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://images.example")


async def ask(path: str, store: Store | None = None, method: str = "GET", **headers: str) -> httpx.Response:
    async with client(store or Store()) as asking:
        return await asking.request(method, path, headers=headers)


def address(wanted: Wanted = WANTED) -> str:
    return path_of(wanted, SECRET, NOW)


async def test_a_picture_comes_whole_with_the_headers_that_never_change():
    answer = await ask(address(), Cookie="__Host-trueshelf=somebody")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == f'"{WANTED.sha256}"'
    assert answer.headers["access-control-allow-origin"] == PAGES
    assert 0 < int(answer.headers["cache-control"].split("max-age=")[1].split(",")[0]) <= 600
    assert "set-cookie" not in answer.headers


async def test_a_download_is_named_whatever_the_name():
    answer = await ask(address(replace(WANTED, name='кольцо "№1"\r\nX: y.png')))
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D0%BA")
    assert "x" not in {name.lower() for name in answer.headers if len(name) == 1}


async def test_a_known_picture_is_not_sent_again():
    store = Store()
    answer = await ask(address(), store, **{"If-None-Match": f'"{WANTED.sha256}"'})
    assert (answer.status_code, answer.content, store.read) == (304, b"", [])
    other = await ask(address(), store, **{"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_head_says_the_same_without_the_picture():
    store = Store()
    answer = await ask(address(), store, method="HEAD")
    assert (answer.status_code, answer.content, store.read) == (200, b"", [])
    assert answer.headers["content-length"] == str(len(DATA))
    gone = await ask(address(), Store(ObjectMissing("gone")), method="HEAD")
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ObjectMissing("gone"), 404, "picture_gone"),
        (ObjectDamaged("other bytes"), 502, "picture_damaged"),
        (Outage("S3 is away"), 503, "outage"),
    ],
)
async def test_no_picture_at_all_is_better_than_a_wrong_one(error: Exception, status: int, code: str):
    answer = await ask(address(), Store(error))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "immutable" not in answer.headers.get("cache-control", "")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("bucket", ["ts-originals", "ts-audit", "else-drafts", "ts"])
async def test_a_signature_of_ours_opens_no_other_bucket(bucket: str, monkeypatch: pytest.MonkeyPatch):
    """The second lock: even an address that somebody signed by mistake shows no original."""
    monkeypatch.setattr(addresses, "shown", lambda *_: True)
    store = Store()
    answer = await ask(address(replace(WANTED, bucket=bucket)), store)
    assert (answer.status_code, answer.json()["code"], store.read) == (403, "bad_address", [])


@pytest.mark.parametrize("path", ["/", "/login", "/i/", "/i/x.y", "/static/0/app.css", "/export", "/docs"])
async def test_nothing_else_is_on_this_origin(path: str):
    answer = await ask(path, Accept="text/html")
    assert answer.status_code in {403, 404}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers


async def test_it_describes_no_api():
    assert json.loads((await ask("/openapi.json")).content)["paths"] == {}


async def test_after_minutes_the_address_is_over():
    path = address()
    async with client(Store(), NOW + timedelta(minutes=10)) as asking:
        answer = await asking.get(path)
    assert answer.status_code == 403
    assert "load its page again" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_written(method: str):
    assert (await ask(address(), method=method)).status_code == 405
