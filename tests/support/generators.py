"""Servers that answer as the public documentation of the external generators says, or as badly as servers can."""

import asyncio
import base64
import email
import email.policy
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trueshelf_imaging.pixels import encode_png

Kind = Literal["openai_images", "photoroom"]
KEY = "sk-test-secret-0123456789"
KEY_NAME = "TRUESHELF_GENERATE_KEY_TEST"
SIZE = (128, 192)


@dataclass(frozen=True)
class Call:
    """What arrived."""

    path: str
    headers: dict[str, str]
    fields: dict[str, str]
    pictures: dict[str, bytes]


@dataclass(frozen=True)
class Reply:
    """One way to answer. `tail` is how many bytes of the body are held back: it ends in the middle."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    size: tuple[int, int] | None = None
    """Of the picture, instead of the ordered one."""
    tail: int = 0
    drip: float = 0.0
    """Seconds between two bytes."""
    hang: bool = False
    """Says nothing until the server is closed."""
    cut: bool = False
    """Closes the connection without a word."""


GOOD = Reply()


def picture(width: int, height: int) -> bytes:
    """A PNG of the size, unlike any other."""
    ramp = np.linspace(30, 220, width, dtype=np.uint8)
    rgb = np.repeat(np.repeat(ramp[None, :, None], height, 0), 3, 2).copy()
    rgb[:, :, 1] = 90
    return encode_png(rgb)


class FakeGenerator:
    """A server of one kind. `calls` are those whose form arrived whole; `replies` are given in order, then GOOD."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.calls: list[Call] = []
        self.replies: deque[Reply] = deque()
        self.url = ""
        self.arrived = asyncio.Event()
        self._closing = asyncio.Event()

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1" if self.kind == "openai_images" else self.url

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _read(reader)
            self.calls.append(call)
            self.arrived.set()
            await self._answer(call, self.replies.popleft() if self.replies else GOOD, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, call: Call, reply: Reply, writer: asyncio.StreamWriter) -> None:
        if reply.hang:
            await self._closing.wait()
        if reply.cut or reply.hang:
            return
        status, headers, body = self._composed(call, reply)
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(head.encode() + b"\r\n")
        if reply.drip:
            for index in range(len(body)):
                writer.write(body[index : index + 1])
                await writer.drain()
                await asyncio.sleep(reply.drip)
        writer.write(body[: len(body) - reply.tail])
        await writer.drain()

    def _composed(self, call: Call, reply: Reply) -> tuple[int, dict[str, str], bytes]:
        refused = self._refused(call)
        if refused is not None:
            return refused
        json_head = {"Content-Type": "application/json"}
        if reply.status != 200 or reply.body is not None:
            return reply.status, {**json_head, **reply.headers}, reply.body or b"{}"
        ordered = call.fields["size" if self.kind == "openai_images" else "outputSize"]
        width, height = reply.size or tuple(int(part) for part in ordered.split("x"))  # type: ignore[misc]
        png = picture(width, height)
        if self.kind == "photoroom":
            return 200, {"Content-Type": "image/png", "x-uncertainty-score": "0.1", **reply.headers}, png
        body = {"created": 1, "data": [{"b64_json": base64.b64encode(png).decode()}], "usage": {"total_tokens": 10}}
        return 200, {**json_head, "x-request-id": f"req_{len(self.calls)}", **reply.headers}, json.dumps(body).encode()

    def _refused(self, call: Call) -> tuple[int, dict[str, str], bytes] | None:
        """Refuse what the documentation says is refused: another key, a form without a picture."""
        head = {"Content-Type": "application/json"}
        sent = call.headers.get("authorization" if self.kind == "openai_images" else "x-api-key", "")
        if sent.removeprefix("Bearer ") != KEY:
            message = f"Incorrect API key provided: {sent}"  # as the real one does
            return 401, head, json.dumps({"error": {"message": message, "code": "invalid_api_key"}}).encode()
        name = "image" if self.kind == "openai_images" else "imageFile"
        if not call.pictures.get(name, b"").startswith(b"\x89PNG"):
            return 400, head, json.dumps({"error": {"message": f"{name} is missing"}}).encode()
        return None

    def close(self) -> None:
        self._closing.set()


@asynccontextmanager
async def serving(kind: Kind) -> AsyncIterator[FakeGenerator]:
    """Run a server on a free port until the end of the body."""
    fake = FakeGenerator(kind)
    server = await asyncio.start_server(fake.handle, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        fake.close()
        server.close()
        await server.wait_closed()


@contextmanager
def in_a_thread(kind: Kind) -> Iterator[FakeGenerator]:
    """Run a server for tests that are not asynchronous themselves."""
    ready: Future[FakeGenerator] = Future()
    over: list[Callable[[], object]] = []

    async def run() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        over.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with serving(kind) as fake:
            ready.set_result(fake)
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="generator", daemon=True)
    thread.start()
    try:
        yield ready.result(timeout=10)
    finally:
        over[0]()
        thread.join(10)


async def _read(reader: asyncio.StreamReader) -> Call:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    raw = f"Content-Type: {headers.get('content-type', '')}\r\n\r\n".encode() + body
    fields: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    form: Any = email.message_from_bytes(raw, policy=email.policy.HTTP)
    for part in form.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if part.get_filename():
            pictures[name] = content
        else:
            fields[name] = content.decode()
    return Call(lines[0].split(" ")[1], headers, fields, pictures)


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
