"""The entry in which a throw-away child decodes untrusted pictures (`trueshelf_runtime.sandbox.run_untrusted`)."""

from typing import Any

from trueshelf_imaging import photos
from trueshelf_imaging.formats import sniff
from trueshelf_runtime.errors import Refused

NAMES = ("source", "variant")


def decode(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:  # noqa: ARG001
    """Return the shapes and raw RGB samples of a source and its variant, upright, transparency on white.

    Raises Refused, saying which of the two it was.
    """
    shapes, samples = {}, []
    for name, data in zip(NAMES, blobs, strict=True):
        try:
            value, raw = photos.decode(data, sniff(data) or "")
        except photos.UnfitPhotoError as error:
            raise Refused(error.code, f"the {name}: {error.message}", error.advice) from error
        shapes[name] = [value["height"], value["width"]]
        samples.append(raw)
    return shapes, tuple(samples)
