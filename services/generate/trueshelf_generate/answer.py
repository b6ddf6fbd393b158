"""The entry in which a throw-away child decodes what an external generator sent (security.md, rules 1-4)."""

from typing import Any

from trueshelf_imaging import photos
from trueshelf_runtime.errors import Refused


def decode(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return width, height and, where they are as ordered, the raw RGB samples (uint8, row-major, sRGB).

    `request`: `declared` (png, jpeg or webp), `width` and `height` as ordered. Of another size there is no blob.
    Raises Refused `answer_undecodable` for whatever is no whole still picture.
    """
    try:
        value, samples = photos.decode(blobs[0], request["declared"])
    except photos.UnfitPhotoError as error:
        raise Refused("answer_undecodable", error.message) from error
    size = {name: int(value[name]) for name in ("width", "height")}
    ordered = {name: request[name] for name in ("width", "height")}
    return size, (samples,) if size == ordered else ()
