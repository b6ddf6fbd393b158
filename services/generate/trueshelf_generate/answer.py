"""What an external generator sent: decoded only here, in a throw-away child (security.md, rules 1-4).

The entry for `run_untrusted` takes the bytes and gives raw 8-bit sRGB pixels; whatever else is in the file ends here.
"""

import io
import warnings
from typing import Any

from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from trueshelf_runtime.errors import Refused

LOADED = (JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow would import its decoders (and TIFF's, which reads EXIF) at the first picture; by then the child has given up
its rights."""
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MAX_PIXELS = 64_000_000
MAX_PROFILE = 1_000_000
ORIENTATION = 0x0112


def decode(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return width, height and, where they are as ordered, the raw RGB samples (uint8, row-major, sRGB).

    `request`: `media_type` as the bytes begin, `width` and `height` as ordered. A picture of another size is measured
    by its header and not decoded: no blob. Transparency is laid on white. Raises Refused `answer_undecodable`.
    """
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        image = _open(blobs[0], request["media_type"])
        size = {"width": image.width, "height": image.height}
        if size != {"width": request["width"], "height": request["height"]}:
            return size, ()
        image.verify()
        image = _open(blobs[0], request["media_type"])
        image.load()
        _check_upright(image)
        return size, (_srgb(image).tobytes(),)
    except Exception as error:
        raise Refused("answer_undecodable", f"the answer cannot be decoded ({type(error).__name__})") from error


def _open(data: bytes, media_type: str) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=(FORMATS[media_type],))
    frames = max(1, getattr(image, "n_frames", 1))
    if frames > 1 or image.width * image.height > MAX_PIXELS:
        raise ValueError("more than one frame or too many pixels")
    return image


def _check_upright(image: Image.Image) -> None:
    if image.getexif().get(ORIENTATION, 1) != 1:
        raise ValueError("turned by EXIF: its size is not what it seems")


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile") or b""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")
    elif image.mode not in {"RGB", "L", "CMYK"}:
        image = image.convert("RGB")
    if profile and len(profile) <= MAX_PROFILE:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
        if converted is not None:
            return converted
    return image.convert("RGB")
