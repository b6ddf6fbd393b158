"""pixel_sha256 as the contract states it; PNG keeps every sample (R-02, R-82)."""

import hashlib
import struct

import numpy as np
import pytest

from trueshelf_imaging import pixels


def picture(height: int = 7, width: int = 5, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, channels), np.uint8)


def test_pixel_hash_is_size_then_samples() -> None:
    rgb = picture()
    expected = hashlib.sha256(struct.pack(">II", 5, 7) + rgb.tobytes()).hexdigest()
    assert pixels.pixel_sha256(rgb) == expected


def test_pixel_hash_does_not_depend_on_memory_layout() -> None:
    rgb = picture()
    assert pixels.pixel_sha256(np.asfortranarray(rgb)) == pixels.pixel_sha256(rgb)
    assert pixels.pixel_sha256(rgb.transpose(1, 0, 2)) != pixels.pixel_sha256(rgb)


def test_png_is_lossless_and_deterministic() -> None:
    rgb = picture(40, 60)
    data = pixels.encode_png(rgb)
    assert data == pixels.encode_png(rgb)
    assert np.array_equal(pixels.decode_png(data), rgb)


def test_alpha_is_lossless() -> None:
    alpha = picture(9, 9)[..., 0]
    assert np.array_equal(pixels.decode_alpha(pixels.encode_png(alpha)), alpha)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_damaged_bytes_are_named(data: bytes) -> None:
    with pytest.raises(pixels.PictureError):
        pixels.decode_png(data)


def test_a_picture_with_alpha_is_not_a_source() -> None:
    with pytest.raises(pixels.PictureError, match="RGB"):
        pixels.decode_png(pixels.encode_png(picture(4, 4, 4)))


def test_wrong_arrays_are_named() -> None:
    with pytest.raises(pixels.PictureError, match="float"):
        pixels.encode_png(picture().astype(float))  # type: ignore[arg-type]


def test_preview_keeps_the_aspect_ratio_r83() -> None:
    shown = pixels.preview(np.zeros((1200, 3200, 3), np.uint8))
    assert shown.shape == (600, 1600, 3)
    small = np.zeros((10, 20, 3), np.uint8)
    assert pixels.preview(small).shape == small.shape
