"""One contract for every external generator, against a local server that behaves as its documentation says.

R-20, R-31; whatever happens, the adapter says whether the call was charged, was not, or that nobody knows.
"""

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from support.generators import KEY, FakeGenerator, Reply, picture, serving
from trueshelf_generate.adapters.openai_images import OpenAiImages
from trueshelf_generate.adapters.photoroom import MODEL_HEADER, Photoroom
from trueshelf_generate.adapters.wire import Wire, retry_after
from trueshelf_generate.domain.calls import Answer, Busy, CallFailed, Declined, NotCharged, Order, Unknown, Useless
from trueshelf_generate.domain.offers import External, Offer
from trueshelf_runtime.clock import SystemClock

CALL = UUID("6d1f0a52-5e0c-5b0f-9a64-6f1d3a5c7e21")
PHOTO = picture(64, 48)
ADAPTERS = {"openai_images": OpenAiImages, "photoroom": Photoroom}


@pytest_asyncio.fixture(params=["openai_images", "photoroom"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[FakeGenerator]:
    async with serving(request.param) as fake:
        yield fake


async def make(server: FakeGenerator, *, key: str = KEY, offer: dict[str, Any] | None = None, **of: Any) -> Answer:
    quick: dict[str, Any] = {"connect_seconds": 1, "read_seconds": 1, "total_seconds": 2, "max_bytes": 200_000}
    external = External("there", server.kind, server.base_url, allow_http=True, **(quick | of))
    what: dict[str, Any] = {
        "name": "on_model",
        "title": "On a model",
        "mode": "clothing_on_model",
        "generator": "there",
        "model": "gpt-image-2-2026-04-21" if server.kind == "openai_images" else "unversioned",
        "prompt": "the garment on a person",
        "width": 128,
        "height": 192,
        "credits": 5,
    }
    order = Order(CALL, Offer(**(what | (offer or {}))), PHOTO, (offer or {}).get("seed"))
    return await ADAPTERS[server.kind](Wire(external, SystemClock()), key).make(order)


async def failed(server: FakeGenerator, *replies: Reply, **of: Any) -> CallFailed:
    server.replies.extend(replies)
    with pytest.raises(CallFailed) as end:
        await make(server, **of)
    assert KEY not in str(end.value) + repr(end.value.__dict__), "a key never stands in an error"
    return end.value


async def test_the_order_arrives_as_documented_and_the_picture_comes_back_untouched(server: FakeGenerator):
    answer = await make(server)
    assert (answer.data, answer.media_type) == (picture(128, 192), "image/png")
    (call,) = server.calls
    if server.kind == "openai_images":
        assert call.path == "/v1/images/edits"
        assert call.headers["authorization"] == f"Bearer {KEY}"
        assert call.headers["x-client-request-id"] == str(CALL)
        wanted = {"model": "gpt-image-2-2026-04-21", "n": "1", "size": "128x192", "prompt": "the garment on a person"}
        assert call.fields == wanted, "the model is pinned, nothing else is sent"
        assert call.pictures == {"image": PHOTO}
        assert answer.request_id == "req_1"
    else:
        assert call.path == "/v2/edit"
        assert call.headers["x-api-key"] == KEY
        assert call.pictures == {"imageFile": PHOTO}
        assert call.fields["virtualModel.mode"] == "ai.auto"
        assert (call.fields["removeBackground"], call.fields["outputSize"]) == ("false", "128x192")
    assert "accept-encoding" in call.headers
    assert call.headers["accept-encoding"] == "identity"


async def test_photorooms_backgrounds_have_a_version_and_a_seed():
    async with serving("photoroom") as server:
        server.replies.append(Reply(headers={"pr-ai-background-seed": "77"}))
        version = "background-studio-beta-2025-03-17"
        answer = await make(server, offer={"mode": "lifestyle", "model": version, "seed": 5})
        (call,) = server.calls
        assert call.headers[MODEL_HEADER] == version
        assert (call.fields["background.seed"], answer.seed) == ("5", 77), "the seed that was used is recorded"


async def test_an_idempotency_key_is_sent_where_the_server_knows_one():
    async with serving("openai_images") as server:
        await make(server, idempotency_header="Idempotency-Key", offer={"seed": 3})
        assert server.calls[0].headers["idempotency-key"] == str(CALL)
        assert server.calls[0].fields["seed"] == "3"


@pytest.mark.parametrize("asked", ["7", "date"])
async def test_too_many_requests_say_how_long_to_wait(server: FakeGenerator, asked: str):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True)
    end = await failed(server, Reply(429, {"Retry-After": until if asked == "date" else asked}))
    assert isinstance(end, Busy)
    assert end.seconds is not None
    assert 5 <= end.seconds <= 7


async def test_an_error_of_the_server_is_not_charged_and_may_be_tried_again(server: FakeGenerator):
    body = json.dumps({"error": {"message": f"oops {KEY}"}}).encode()
    end = await failed(server, Reply(500, body=body))
    assert isinstance(end, NotCharged)
    assert (end.code, end.status) == ("generator_failed", 500)
    busy = await failed(server, Reply(503, {"Retry-After": "3"}))
    assert isinstance(busy, Busy)


@pytest.mark.parametrize("status", [502, 504])
async def test_what_stands_between_us_and_the_server_does_not_know_the_end(server: FakeGenerator, status: int):
    assert isinstance(await failed(server, Reply(status)), Unknown)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(hang=True), id="silence"),
        pytest.param(Reply(drip=0.05), id="slow drip"),
        pytest.param(Reply(tail=40), id="truncated"),
        pytest.param(Reply(cut=True), id="cut"),
    ],
)
async def test_an_answer_that_does_not_come_to_its_end_may_have_been_charged(server: FakeGenerator, reply: Reply):
    began = SystemClock().monotonic()
    assert isinstance(await failed(server, reply), Unknown)
    assert SystemClock().monotonic() - began < 4, "no call outlives its total time"


async def test_a_server_that_is_not_there_got_nothing(server: FakeGenerator):
    server.url = "http://127.0.0.1:9"
    end = await failed(server)
    assert isinstance(end, NotCharged)
    assert end.code == "generator_unreachable"


@pytest.mark.parametrize(("status", "code"), [(401, "key_refused"), (403, "key_refused"), (402, "out_of_credits")])
async def test_a_refused_key_and_an_empty_account_hold_for_every_call(server: FakeGenerator, status: int, code: str):
    end = await failed(server, Reply(status))
    assert isinstance(end, Declined)
    assert end.account
    assert end.code == f"generator_{code}"


async def test_a_wrong_key_is_refused_without_being_repeated(server: FakeGenerator):
    end = await failed(server, key="sk-wrong-456")
    assert isinstance(end, Declined)
    assert "sk-wrong" not in str(end)
    assert end.code == "generator_key_refused"


async def test_an_exhausted_quota_is_no_crowd():
    """OpenAI says both with 429; only one of them passes by waiting."""
    async with serving("openai_images") as server:
        body = json.dumps({"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}).encode()
        end = await failed(server, Reply(429, {"Retry-After": "1"}, body))
        assert isinstance(end, Declined)
        assert end.account
        assert end.code == "generator_out_of_credits"


async def test_a_refusal_by_content_rules_is_told_as_such(server: FakeGenerator):
    error = {"message": "rejected by the safety system", "code": "moderation_blocked"}
    end = await failed(server, Reply(400, body=json.dumps({"error": error}).encode()))
    assert isinstance(end, Declined)
    assert not end.account
    # Photoroom documents no code of its own for it: there it is an order that was not accepted
    assert end.code == ("content_policy" if server.kind == "openai_images" else "generator_rejected")


async def test_a_redirect_is_not_followed(server: FakeGenerator):
    async with serving(server.kind) as elsewhere:
        for place in (elsewhere.url + "/", "/other"):
            end = await failed(server, Reply(307, {"Location": place}))
            assert isinstance(end, Declined)
            assert end.code == "generator_redirects"
        assert elsewhere.calls == []
        assert len(server.calls) == 2


async def test_too_many_bytes_are_not_read(server: FakeGenerator):
    end = await failed(server, Reply(body=b"x" * 400_000))
    assert isinstance(end, Useless)
    assert end.code == "answer_too_large"


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b'{"data": []}', b'{"data": [{"b64_json": "??"}]}'])
async def test_an_answer_that_is_no_picture_is_charged_and_useless(server: FakeGenerator, body: bytes):
    end = await failed(server, Reply(body=body))
    assert isinstance(end, Useless)
    assert end.code == "answer_not_an_image"


async def test_an_address_instead_of_a_picture_is_never_fetched():
    async with serving("openai_images") as server, serving("openai_images") as elsewhere:
        body = json.dumps({"data": [{"url": elsewhere.url + "/picture.png"}]}).encode()
        end = await failed(server, Reply(body=body))
        assert isinstance(end, Useless)
        assert end.code == "answer_by_address"
        assert elsewhere.calls == []


async def test_a_picture_that_lies_about_its_type_is_useless():
    async with serving("photoroom") as server:
        end = await failed(server, Reply(headers={"Content-Type": "image/jpeg"}, body=picture(128, 192)))
        assert isinstance(end, Useless)


async def test_a_part_of_the_order_that_was_passed_over_makes_it_useless():
    async with serving("photoroom") as server:
        end = await failed(server, Reply(headers={"pr-unsupported-attributes": "virtualModel.mode"}))
        assert isinstance(end, Useless)
        assert end.code == "answer_not_as_ordered"


async def test_a_compressed_answer_is_not_unpacked(server: FakeGenerator):
    end = await failed(server, Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b" + b"0" * 100))
    assert isinstance(end, Useless)


async def test_the_environments_proxy_is_not_asked(server: FakeGenerator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert (await make(server)).media_type == "image/png"


@pytest.mark.parametrize("value", [None, "soon", "", "-3"])
def test_a_retry_after_that_says_nothing_is_none(value: str | None):
    assert retry_after(value, datetime.now(UTC)) is None


def test_a_date_that_has_passed_means_now():
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert retry_after(format_datetime(now - timedelta(hours=1), usegmt=True), now) == 0


async def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_anything_is_sent(tmp_path: Path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")
    fake = FakeGenerator("openai_images")
    server = await asyncio.start_server(fake.handle, "127.0.0.1", 0, ssl=context)
    fake.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        end = await failed(fake)
    finally:
        server.close()
        await server.wait_closed()
    assert isinstance(end, NotCharged)
    assert fake.calls == []
