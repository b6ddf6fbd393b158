"""The entry in which a throw-away child decodes one untrusted photo (`trueshelf_runtime.sandbox.run_untrusted`)."""

from typing import Any

from trueshelf_imaging import photos
from trueshelf_runtime.errors import Refused


def decode(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return facts and raw RGB samples of one photo; `request["declared"]` is its claimed format. Raises Refused."""
    try:
        value, samples = photos.decode(blobs[0], request["declared"])
    except photos.UnfitPhotoError as error:
        raise Refused(error.code, error.message, error.advice) from error
    return value, (samples,)
