"""Decoding where it really happens: in the throw-away child, after it has given up its rights (security.md, rule 2)."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from trueshelf_runtime.sandbox import Limits, run_untrusted

TURNED = 6
"""EXIF: the camera was held upright."""


@pytest.mark.parametrize(("declared", "name"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("heic", "HEIF")])
async def test_the_child_decodes_every_format_upright(declared: str, name: str):
    """All that a format needs is imported before the rights go: afterwards the interpreter may be out of reach."""
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = TURNED
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:, 32:] = 200
    photo = io.BytesIO()
    Image.fromarray(pixels).save(photo, name, exif=exif)
    entry = "trueshelf_ingest.decode:decode"
    limits = Limits(seconds=20, memory_mb=1024)
    result = await run_untrusted(entry, {"declared": declared}, blobs=(photo.getvalue(),), limits=limits)
    turned_already = declared == "heic"  # HEIF keeps the turn in a property of its own, and the encoder applied it
    upright = (64, 48) if turned_already else (48, 64)
    assert (result.value["width"], result.value["height"]) == upright
    assert len(result.blobs[0]) == 64 * 48 * 3
