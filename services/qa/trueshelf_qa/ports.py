"""What qa's use cases need from the world."""

from typing import Any, Literal, Protocol

from trueshelf_contracts.refs import ObjectRef
from trueshelf_runtime.limits import ChildResult, Limits


class Evidence(Protocol):
    """Object storage, as far as qa uses it."""

    async def put(
        self,
        area: Literal["evidence"],
        data: bytes,
        media_type: str,
        *,
        width: int | None = None,
        height: int | None = None,
    ) -> ObjectRef: ...

    async def get(self, ref: ObjectRef) -> bytes: ...


class Pixels(Protocol):
    """Child processes, the only place where pictures are decoded."""

    async def call(
        self, entry: str, request: dict[str, Any], *, blobs: tuple[bytes, ...] = (), limits: Limits | None = None
    ) -> ChildResult: ...
