"""Pixel work before a paid call, in a pooled child: what is sent."""

from typing import Any

from trueshelf_generate.drafting import decoded
from trueshelf_imaging.pixels import encode_png, shrink


def prepare(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return the source PNG (`blobs[0]`) with its longer side at most `request["side"]` pixels, as PNG."""
    small = shrink(decoded(blobs[0]), request["side"])
    return {"width": small.shape[1], "height": small.shape[0]}, (encode_png(small),)
