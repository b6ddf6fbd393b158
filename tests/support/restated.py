"""What the services said of one SKU, said again of a further one: many cases without computing each.

Every picture of the further SKU is an object of its own: the same pixels in other bytes (a comment in the PNG), so
that neither the browser nor the viewer finds it anywhere before it was fetched and decoded.
"""

import json
import re
import struct
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer

from support.live import Json
from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.refs import ObjectRef, Service
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_runtime.storage import AREAS, ObjectStore

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OWNERS: dict[str, Service] = {"GenerationPlanned": "generate", "VariantGenerated": "generate", "VariantChecked": "qa"}
"""What review needs for a case, and whose topic it stands on."""
PNG_END = 12
"""Bytes of a PNG's last chunk."""


def with_comment(png: bytes, text: str) -> bytes:
    """Return the PNG with a comment: the same picture, another hash."""
    data = b"tEXt" + b"Comment\0" + text.encode()
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return png[:-PNG_END] + chunk + png[-PNG_END:]


@dataclass(slots=True)
class Restater:
    """Puts copies of a SKU's facts on the topics, and copies of its pictures into the store."""

    store: ObjectStore
    producer: AIOKafkaProducer
    _read: dict[str, bytes] = field(default_factory=dict)
    _stored: dict[tuple[str, str], ObjectRef] = field(default_factory=dict)

    async def restate(self, told: Iterable[Json], sku: str, category: str, *, whole: bool = True) -> None:
        """State `told`, the events of one SKU, of `sku`. Without `whole` only the previews become further objects."""
        events = [event for event in told if event["type"] in OWNERS]
        further = [await self._further(ref, sku) for ref, small in pictures_of(events) if whole or small]
        for event in events:
            of_category = {"category": category} if "category" in event else {}
            text = json.dumps({**event, **of_category}).replace(json.dumps(event["sku"]), json.dumps(sku))
            text = UUID.sub(lambda found: str(uuid.uuid5(uuid.UUID(found[0]), sku)), text)
            for old, new in further:
                text = text.replace(f'"sha256": "{old.sha256}", "size": {old.size}', _named(new))
                text = text.replace(old.key, new.key).replace(old.sha256, new.sha256)
            await self._send(BY_OWNER[OWNERS[event["type"]]].decode(text.encode()), OWNERS[event["type"]])

    async def _send(self, event: Event, owner: Service) -> None:
        headers = [(name, value.encode()) for name, value in cloud_event_headers(event, owner).items()]
        value = event.model_dump_json().encode()
        await self.producer.send_and_wait(BY_OWNER[owner].name, value, key=event.key.encode(), headers=headers)

    async def _further(self, ref: ObjectRef, comment: str) -> tuple[ObjectRef, ObjectRef]:
        """Return the picture and the further object with the same pixels; stored once."""
        if (ref.sha256, comment) not in self._stored:
            if ref.sha256 not in self._read:
                self._read[ref.sha256] = await self.store.get(ref)
            area = next(area for area in AREAS if self.store.bucket(area) == ref.bucket)
            data = with_comment(self._read[ref.sha256], comment)
            self._stored[ref.sha256, comment] = await self.store.put(area, data, ref.media_type)
        return ref, self._stored[ref.sha256, comment]


def _named(ref: ObjectRef) -> str:
    return f'"sha256": "{ref.sha256}", "size": {ref.size}'


def pictures_of(data: Any, part: str = "") -> Iterable[tuple[ObjectRef, bool]]:
    """Yield every PNG that an event's JSON names, and whether it is a preview."""
    if isinstance(data, dict):
        if data.get("media_type") == "image/png" and "key" in data:
            yield ObjectRef.model_validate(data), part == "preview"
        for name, value in data.items():
            yield from pictures_of(value, name)
    elif isinstance(data, list):
        for each in data:
            yield from pictures_of(each, part)
