"""Pixel work around a paid call, in pooled children: what is sent, and what becomes of decoded samples."""

from typing import Any

import cv2
import numpy as np

from trueshelf_imaging.pixels import (
    PictureError,
    Rgb,
    decode_png,
    encode_png,
    pixel_sha256,
    preview,
    shrink,
)
from trueshelf_runtime.errors import Invalid

Answer = tuple[dict[str, Any], tuple[bytes, ...]]


def prepare(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Return the source PNG (`blobs[0]`) with its longer side at most `request["side"]` pixels, as PNG."""
    cv2.setNumThreads(1)
    try:
        small = shrink(decode_png(blobs[0]), request["side"])
    except PictureError as error:
        raise Invalid(f"the stored source is not a picture: {error}") from error
    return {"width": small.shape[1], "height": small.shape[0]}, (encode_png(small),)


def finish(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Return master and preview (PNG) of raw RGB samples (`blobs[0]`) of `request["width"]` x `request["height"]`."""
    cv2.setNumThreads(1)
    width, height = int(request["width"]), int(request["height"])
    if len(blobs[0]) != width * height * 3:
        raise Invalid(f"{len(blobs[0])} bytes are not {width} x {height} RGB samples")
    rgb = np.frombuffer(blobs[0], np.uint8).reshape(height, width, 3)
    small = preview(rgb)
    return {"master": _size(rgb), "preview": _size(small)}, (encode_png(rgb), encode_png(small))


def _size(rgb: Rgb) -> dict[str, Any]:
    return {"width": rgb.shape[1], "height": rgb.shape[0], "pixel_sha256": pixel_sha256(rgb)}
