"""What an external generator may send: decoded in a throw-away child, of the ordered size, as sRGB (security.md)."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.generators import picture
from trueshelf_generate import bought_pixels
from trueshelf_imaging.pixels import decode_png, encode_png
from trueshelf_runtime.errors import Invalid, Refused
from trueshelf_runtime.sandbox import run_untrusted

SIZE = (48, 32)


async def decoded(data: bytes, media_type: str = "image/png", size: tuple[int, int] = SIZE) -> Any:
    request = {"declared": media_type.removeprefix("image/"), "width": size[0], "height": size[1]}
    return await run_untrusted("trueshelf_generate.answer:decode", request, blobs=(data,))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


async def test_the_pixels_come_back_as_they_were():
    data = picture(*SIZE)
    done = await decoded(data)
    assert done.value == {"width": 48, "height": 32}
    assert done.blobs[0] == decode_png(data).tobytes()


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_the_other_two_formats_are_read_too(kind: str, media_type: str):
    done = await decoded(encoded(Image.new("RGB", SIZE, (10, 200, 30)), kind), media_type)
    assert len(done.blobs[0]) == 48 * 32 * 3


async def test_another_size_is_measured_and_not_passed_on():
    done = await decoded(picture(32, 48))
    assert (done.value, done.blobs) == ({"width": 32, "height": 48}, ())


async def test_transparency_is_laid_on_white():
    done = await decoded(encoded(Image.new("RGBA", SIZE, (0, 0, 0, 0))))
    assert set(done.blobs[0]) == {255}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(picture(*SIZE)[:-40], id="truncated"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 200, id="rubbish"),
        pytest.param(encoded(Image.new("RGB", SIZE), "JPEG"), id="another format"),
    ],
)
async def test_damaged_bytes_are_refused(data: bytes):
    with pytest.raises(Refused) as refused:
        await decoded(data)
    assert refused.value.code == "answer_undecodable"


async def test_a_picture_that_its_exif_turns_has_the_size_that_people_see():
    turned = Image.new("RGB", SIZE)
    exif = turned.getexif()
    exif[0x0112] = 6
    done = await decoded(encoded(turned, "JPEG", exif=exif), "image/jpeg")
    assert (done.value, done.blobs) == ({"width": 32, "height": 48}, ())


async def test_moving_pictures_are_refused_r34():
    first, second = Image.new("RGB", SIZE, (1, 2, 3)), Image.new("RGB", SIZE, (200, 2, 3))
    with pytest.raises(Refused):
        await decoded(encoded(first, "PNG", save_all=True, append_images=[second]))


async def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = encoded(Image.new("L", (13_000, 13_000)))
    with pytest.raises(Refused):
        await decoded(bomb, size=(13_000, 13_000))


def test_what_is_sent_is_shrunk_and_encoded_anew():
    rgb = np.full((300, 400, 3), 90, np.uint8)
    value, (png,) = bought_pixels.prepare({"side": 100}, (encode_png(rgb),))
    assert value == {"width": 100, "height": 75}
    assert decode_png(png).shape == (75, 100, 3)
    with pytest.raises(Invalid):
        bought_pixels.prepare({"side": 100}, (b"no picture",))
