"""What generate's use cases and jobs need from the world."""

from typing import Any, Literal, Protocol

from trueshelf_contracts.refs import ImageRef, ObjectRef
from trueshelf_generate.domain.calls import Answer, Order
from trueshelf_runtime.db import Row
from trueshelf_runtime.limits import ChildResult, Limits

Area = Literal["drafts", "sources", "originals"]


class Pictures(Protocol):
    """Object storage, as far as generate uses it."""

    async def put(
        self,
        area: Area,
        data: bytes,
        media_type: str,
        *,
        width: int | None = None,
        height: int | None = None,
    ) -> ObjectRef: ...

    async def put_image(
        self, area: Area, data: bytes, media_type: str, *, width: int, height: int, pixel_sha256: str
    ) -> ImageRef: ...

    async def get(self, ref: ObjectRef) -> bytes: ...


class Children(Protocol):
    """Processes that do pixel work."""

    async def call(
        self, entry: str, request: dict[str, Any], *, blobs: tuple[bytes, ...] = (), limits: Limits | None = None
    ) -> ChildResult: ...


class Untrusted(Protocol):
    """A throw-away process for bytes that a stranger sent."""

    async def __call__(
        self, entry: str, request: dict[str, Any], *, blobs: tuple[bytes, ...] = (), limits: Limits | None = None
    ) -> ChildResult: ...


class ImageGenerator(Protocol):
    """Somebody else's generator: one call, one picture."""

    interface: str
    """The interface that it speaks, and our adapter's version of it (R-31)."""

    async def make(self, order: Order) -> Answer:
        """Make one call. Raises CallFailed, whose class says whether it was charged."""
        ...


Facts = Row
"""One row of a table of generate's: its columns by name."""
