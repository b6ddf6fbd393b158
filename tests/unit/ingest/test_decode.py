"""Untrusted photos: what the throw-away child takes, what it refuses, and with which words (security.md, rules 1–4)."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from trueshelf_imaging.formats import sniff
from trueshelf_ingest.decode import decode
from trueshelf_runtime.errors import Refused

RNG = np.random.default_rng(7)


def picture(width: int = 64, height: int = 48) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 4 % 256, y * 5 % 256, (x + y) * 2 % 256], -1).astype(np.uint8)
    return Image.fromarray(rgb)


def encoded(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def run(data: bytes, declared: str) -> tuple[dict[str, object], np.ndarray]:
    value, blobs = decode({"declared": declared}, (data,))
    return value, np.frombuffer(blobs[0], np.uint8).reshape(value["height"], value["width"], 3)


def refusal(data: bytes, declared: str) -> Refused:
    with pytest.raises(Refused) as caught:
        decode({"declared": declared}, (data,))
    assert caught.value.advice, "a refusal says what to do"
    return caught.value


@pytest.mark.parametrize(("fmt", "declared"), [("PNG", "png"), ("WEBP", "webp"), ("JPEG", "jpeg")])
def test_usual_formats_are_decoded(fmt: str, declared: str) -> None:
    value, rgb = run(encoded(picture(), fmt), declared)
    assert (value["width"], value["height"], value["format"]) == (64, 48, declared)
    if fmt == "PNG":
        assert np.array_equal(rgb, np.asarray(picture()))


def test_heic_is_decoded() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, quality=90)
    value, _ = run(out.getvalue(), "heic")
    assert (value["width"], value["height"]) == (64, 48)


def test_orientation_is_applied_and_metadata_dropped() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    value, rgb = run(encoded(picture(), "JPEG", exif=exif, quality=95), "jpeg")
    assert (value["width"], value["height"], value["has_exif"]) == (48, 64, True)
    assert rgb.shape == (64, 48, 3)


def test_wide_gamut_profile_is_converted() -> None:
    lab = ImageCms.createProfile("LAB")
    assert lab is not None
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    value, rgb = run(encoded(picture(), "PNG", icc_profile=profile), "png")
    assert value["notes"] == []
    assert np.abs(rgb.astype(int) - np.asarray(picture())).max() <= 1


def test_broken_profile_is_noted_not_fatal() -> None:
    value, _ = run(encoded(picture(), "PNG", icc_profile=b"not a profile"), "png")
    assert value["notes"] == ["profile_unreadable"]


def test_alpha_is_laid_on_white() -> None:
    image = picture().convert("RGBA")
    image.putalpha(0)
    value, rgb = run(encoded(image, "PNG"), "png")
    assert value["notes"] == ["alpha_flattened"]
    assert (rgb == 255).all()


def test_sixteen_bit_is_reduced_without_clipping() -> None:
    samples = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    value, rgb = run(encoded(Image.fromarray(samples), "PNG"), "png")
    assert value["notes"] == ["sixteen_bit_reduced"]
    assert np.abs(rgb[..., 0].astype(int) - (samples / 257).astype(int)).max() <= 1


def test_cmyk_becomes_rgb() -> None:
    value, rgb = run(encoded(picture().convert("CMYK"), "JPEG"), "jpeg")
    assert value["notes"] == ["cmyk_without_profile"]
    assert rgb.shape == (48, 64, 3)


def test_lying_type_is_refused_by_what_it_is() -> None:
    said = refusal(encoded(picture(), "PNG"), "jpeg")
    assert said.code == "type_mismatch"
    assert "PNG" in said.message


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"GIF89a......", b"II*\x00"]
)
def test_other_files_are_unsupported(data: bytes) -> None:
    assert sniff(data) is None
    assert refusal(data, "jpeg").code == "unsupported"


def test_truncated_photo_is_corrupt() -> None:
    data = encoded(picture(400, 300), "JPEG")
    assert refusal(data[: len(data) // 2], "jpeg").code == "corrupt"


def test_animation_is_refused() -> None:
    frames = [picture(), picture(64, 48).rotate(90).resize((64, 48))]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    assert refusal(data, "webp").code == "animated"


def bomb(width: int, height: int) -> bytes:
    """A PNG that announces a huge picture in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(13_300, 13_300), (12_001, 10), (60_000, 60_000)])
def test_bombs_are_refused_by_their_header(width: int, height: int) -> None:
    assert refusal(bomb(width, height), "png").code in {"too_large", "corrupt"}


def test_mutated_photos_never_raise_anything_but_a_refusal() -> None:
    good = encoded(picture(120, 90), "JPEG", quality=80)
    for _ in range(300):
        data = bytearray(good)
        for place in RNG.integers(0, len(data), size=int(RNG.integers(1, 20))):
            data[place] = int(RNG.integers(0, 256))
        try:
            decode({"declared": "jpeg"}, (bytes(data),))
        except Refused as refused:
            assert refused.advice  # noqa: PT017 - a mutated photo may also decode


@pytest.mark.parametrize("quality", [60, 75, 85, 92])
def test_jpeg_quality_is_read_from_its_tables(quality: int) -> None:
    value, _ = run(encoded(picture(200, 200), "JPEG", quality=quality), "jpeg")
    assert abs(int(str(value["jpeg_quality"])) - quality) <= 2


def test_a_phones_photo_with_a_gain_map_behind_it_is_a_still_photo() -> None:
    """iPhones and others append a second picture to a JPEG (MPF, which Pillow calls MPO): the first is the photo."""
    data = encoded(picture(400, 300), "MPO", save_all=True, append_images=[picture(64, 48)])
    value, (pixels,) = decode({"declared": "jpeg"}, (data,))
    assert (value["format"], value["width"], value["height"]) == ("jpeg", 400, 300)
    assert len(pixels) == 400 * 300 * 3
