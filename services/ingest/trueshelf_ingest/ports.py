"""What ingest's use cases need from the world."""

from typing import Literal, Protocol

from trueshelf_contracts.refs import ImageRef, ObjectRef

Area = Literal["originals", "sources"]


class Photos(Protocol):
    """Object storage, as far as ingest uses it."""

    async def put(
        self, area: Area, data: bytes, media_type: str, *, width: int | None = None, height: int | None = None
    ) -> ObjectRef: ...

    async def put_image(
        self, area: Area, data: bytes, media_type: str, *, width: int, height: int, pixel_sha256: str
    ) -> ImageRef: ...

    async def get(self, ref: ObjectRef) -> bytes: ...
