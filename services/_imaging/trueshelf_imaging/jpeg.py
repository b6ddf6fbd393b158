"""JPEGs that Trueshelf writes for marketplaces and reads back to check them; never photos from outside."""

import io

import numpy as np
from PIL import Image

from trueshelf_imaging.pixels import PictureError, Rgb

_SIGNATURE = b"\xff\xd8\xff"


def encode_jpeg(rgb: Rgb, quality: int, xmp: bytes | None = None) -> bytes:
    """Return `rgb` as a baseline JPEG without alpha, EXIF, ICC profile or thumbnail; `xmp` is its only metadata.

    Colour is not subsampled (4:4:4): halving it smears metal tones and thin coloured edges, which are what qa looks at
    again after compression (R-51). The same input gives the same bytes. No profile means sRGB to every browser and
    marketplace.
    """
    buffer = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(rgb), "RGB") if rgb.ndim == 3 and rgb.shape[2] == 3 else None  # noqa: PLR2004 - RGB
    if picture is None:
        raise PictureError(f"a JPEG holds three channels, this picture has the shape {rgb.shape}")
    options = {} if xmp is None else {"xmp": xmp}
    picture.save(buffer, "JPEG", quality=quality, subsampling=0, **options)
    return buffer.getvalue()


def decode_jpeg(data: bytes) -> Rgb:
    """Return the pixels of a JPEG written by `encode_jpeg`. Raises PictureError when it is not a whole RGB JPEG."""
    if not data.startswith(_SIGNATURE):
        raise PictureError("these bytes are not a JPEG")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            if picture.mode != "RGB":
                raise PictureError(f"the JPEG holds {picture.mode}, RGB is expected")
            return np.asarray(picture, np.uint8).copy()
    except OSError as error:
        raise PictureError(f"a JPEG of {len(data)} bytes could not be decoded: {error}") from error
