"""Decoding untrusted photos: called only in a throw-away child process (security.md, rules 1–4).

Takes the original's bytes, gives raw 8-bit sRGB pixels. Everything else in the file (EXIF, XMP, profiles, trailing
bytes) ends here. A service's own `decode` module is the entry for its child and says a refusal in the runtime's words.
"""

import io
import warnings
from typing import Any

import pillow_heif
from PIL import (
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from trueshelf_imaging.formats import sniff

MAX_PIXELS = 64_000_000
MAX_SIDE = 12_000
MAX_PROFILE = 1_000_000
LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow would import its decoders (and TIFF's, which reads EXIF) at the first photo; by then the child has given up
its rights, and may not be able to read the interpreter's own files any more."""
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}


class UnfitPhotoError(ValueError):
    """A photo that is not taken in: `code`, `message` and `advice` are what its owner is told."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code, self.message, self.advice = code, message, advice


def decode(data: bytes, declared: str) -> tuple[dict[str, Any], bytes]:
    """Return facts (format, width, height, notes …) and the raw RGB samples (uint8, row-major, sRGB, oriented).

    `declared` is the format that the file's name and media type claim (jpeg, png, webp, heic). Raises UnfitPhotoError:
    unsupported, type_mismatch, animated, too_large, corrupt, profile_too_large.
    """
    kind = sniff(data)
    if kind is None:
        raise UnfitPhotoError(
            "unsupported", "this is no JPEG, PNG, WebP or HEIC photo", "export it as JPEG or PNG and send it again"
        )
    if declared != kind:
        raise UnfitPhotoError(
            "type_mismatch",
            f"the file claims to be {declared.upper()} but is {kind.upper()}",
            "give it the name that fits its content, or export it again",
        )
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    if kind == "heic":
        pillow_heif.register_heif_opener(thumbnails=False)
    image = _open_checked(data, kind)
    notes: list[str] = []
    quality = jpeg_quality(image) if kind == "jpeg" else None
    has_exif = bool(image.info.get("exif"))
    rgb = _to_srgb(_oriented(image), notes)
    value = {
        "format": kind,
        "width": rgb.width,
        "height": rgb.height,
        "notes": notes,
        "jpeg_quality": quality,
        "has_exif": has_exif,
    }
    return value, rgb.tobytes()


def _open_checked(data: bytes, kind: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=(FORMATS[kind],))
        _check_size(image, kind)
        image.verify()
        image = Image.open(io.BytesIO(data), formats=(FORMATS[kind],))
        image.load()
    except UnfitPhotoError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnfitPhotoError("too_large", "more than 64 megapixels", "send a smaller picture") from error
    except MemoryError as error:
        raise UnfitPhotoError("too_large", "needs more memory than a photo may", "send a smaller picture") from error
    except Exception as error:
        raise UnfitPhotoError(
            "corrupt",
            f"the {kind.upper()} file is damaged or cut off ({type(error).__name__})",
            "copy it from the phone again and send it anew",
        ) from error
    return image


def _check_size(image: Image.Image, kind: str) -> None:
    """Refuse what is too large or moves, by its header, before a pixel is decoded."""
    # Phones put a gain map or a thumbnail behind the photo (MPF); Pillow calls that MPO. Only the first is ever read.
    frames = 1 if image.format == "MPO" else max(1, getattr(image, "n_frames", 1))
    if image.width * image.height * frames > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise UnfitPhotoError(
            "too_large",
            f"{image.width} x {image.height} pixels in {frames} frame(s): more than 64 megapixels or 12,000 a side",
            "send a smaller picture; phones' own files are within the limit",
        )
    if frames > 1 and kind != "heic":
        raise UnfitPhotoError(
            "animated", f"the picture has {frames} frames", "send a still photo; video is not offered"
        )


def _oriented(image: Image.Image) -> Image.Image:
    try:
        turned = ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - a broken EXIF block is not worth refusing a photo: its pixels are whole
        return image
    return turned if turned is not None else image


def _to_srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return 8-bit RGB in sRGB; what was lost or assumed is noted by code."""
    profile = image.info.get("icc_profile") or b""
    if len(profile) > MAX_PROFILE:
        raise UnfitPhotoError("profile_too_large", "its colour profile is larger than 1 MB", "export the photo as sRGB")
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        notes.append("sixteen_bit_reduced")
        image = image.point(lambda value: value / 257).convert("L") if image.mode != "F" else image.convert("L")
        profile = b""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        notes.append("alpha_flattened")
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    elif image.mode == "P":
        image = image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image,
                source,
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            )
        except Exception:  # noqa: BLE001 - littleCMS' own error or a profile for other channels: treat as sRGB, say so
            notes.append("profile_unreadable")
        else:
            if converted is not None:
                return converted
    elif image.mode == "CMYK":
        notes.append("cmyk_without_profile")
    return image.convert("RGB")


def jpeg_quality(image: Image.Image) -> int | None:
    """Return the IJG quality whose luminance table has this sum (1–100), None without tables.

    The IJG scales its base table by 5000/q below quality 50 and by 200-2q above (libjpeg, jcparam.c); the base table's
    sum is 3,694 and each entry is kept within 1–255.
    """
    tables: dict[int, list[int]] | None = getattr(image, "quantization", None)
    if not tables:
        return None
    percent = 100 * sum(tables[min(tables)]) / 3694
    quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent  # noqa: PLR2004 - the formula's own turn
    return max(1, min(100, round(quality)))


def jpeg_header(data: bytes) -> tuple[int, str] | None:
    """Return (IJG quality, 0 where unknown; Pillow's colour mode) of a JPEG; None where the bytes are none."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return jpeg_quality(image) or 0, image.mode
    except OSError:
        return None
