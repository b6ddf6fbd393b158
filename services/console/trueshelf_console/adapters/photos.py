"""A photo on its way from the browser to ingest: passed on piece by piece, never held as a whole."""

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from trueshelf_console.adapters.services import Services
from trueshelf_console.domain.people import Person
from trueshelf_contracts.event import Role
from trueshelf_contracts.photos import EXTENSIONS, MEDIA_TYPES, extension_of


@dataclass(frozen=True, slots=True)
class Arriving:
    """A photo that is just being sent to us. `form`: what goes with it; `name` says what the photo claims to be."""

    sku: str
    form: Mapping[str, str]
    name: str
    size: int
    pieces: AsyncIterator[bytes]


async def pass_on(services: Services, person: Person, role: Role, photo: Arriving) -> tuple[dict[str, Any], bool]:
    """Send one photo to ingest; return what ingest says of it, and whether it is new there.

    Raises Problem as ingest says it, or 503 `service_away`.
    """
    boundary = secrets.token_hex(16)
    ending = extension_of(photo.name)
    media_type = MEDIA_TYPES[EXTENSIONS[ending]] if ending in EXTENSIONS else "application/octet-stream"
    name = f"photo.{ending}" if ending.isalnum() and ending.isascii() else "photo"
    head = _head(boundary, photo.form, name, media_type)
    tail = f"\r\n--{boundary}--\r\n".encode()

    async def body() -> AsyncIterator[bytes]:
        yield head
        async for piece in photo.pieces:
            yield piece
        yield tail

    answer = await services.send(
        person,
        role,
        "ingest",
        "POST",
        f"/skus/{quote(photo.sku, safe='')}/captures",
        content=body(),
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + photo.size + len(tail)),
        },
    )
    said: dict[str, Any] = answer.json()
    return said, answer.status_code == 202  # noqa: PLR2004 - ingest: 202 new, 200 known


def _head(boundary: str, form: Mapping[str, str], name: str, media_type: str) -> bytes:
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in form.items()
    )
    photo = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    return (fields + photo).encode()
