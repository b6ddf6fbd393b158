"""Pictures as arrays and as bytes.

Everywhere in Trueshelf a picture is a C-contiguous uint8 array of shape (height, width, 3) in sRGB channel order
R, G, B; a cut-out's alpha is uint8 of shape (height, width), 0 outside the product and 255 inside.
Only bytes that Trueshelf wrote itself are decoded here: untrusted photos go through ingest's throw-away child.
"""

import hashlib
import struct

import cv2
import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, sRGB, R G B."""
Alpha = npt.NDArray[np.uint8]
"""(height, width) uint8, 0–255 = share of the pixel that is product."""
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

PREVIEW_SIDE = 1600
"""Pixels of a preview's longer side (design.md, Storage)."""
PNG_LEVEL = 1
"""zlib level: 12 megapixels in 0.5–1.0 s; level 6 takes several times longer for some percent of the bytes."""

_DIMENSIONS_OF_COLOUR = 3


class PictureError(ValueError):
    """The bytes or the array are not a picture as this module states it; the message says what is wrong."""


def _checked(array: npt.NDArray[np.uint8], channels: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return `array` C-contiguous if it is an 8-bit picture with one of `channels`; raise PictureError otherwise."""
    found = 1 if array.ndim == _DIMENSIONS_OF_COLOUR - 1 else array.shape[-1]
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or found not in channels or array.size == 0:
        raise PictureError(f"expected uint8 with {channels} channels, got {array.dtype} of shape {array.shape}")
    return np.ascontiguousarray(array)


def pixel_sha256(array: npt.NDArray[np.uint8]) -> str:
    """Return the hash that `ImageRef.pixel_sha256` states: width and height as big-endian uint32, then the samples.

    `array` is RGB or RGBA, uint8. Two encodings of one picture share the hash.
    """
    picture = _checked(array, (3, 4))
    digest = hashlib.sha256(struct.pack(">II", picture.shape[1], picture.shape[0]))
    digest.update(picture.data)
    return digest.hexdigest()


def encode_png(array: npt.NDArray[np.uint8]) -> bytes:
    """Return `array` (RGB, RGBA, or grey as (height, width)) as a lossless PNG; the same array gives the same bytes."""
    picture = _checked(array, (1, 3, 4))
    if picture.ndim == _DIMENSIONS_OF_COLOUR and picture.shape[2] > 1:
        order = cv2.COLOR_RGB2BGR if picture.shape[2] == _DIMENSIONS_OF_COLOUR else cv2.COLOR_RGBA2BGRA
        picture = np.asarray(cv2.cvtColor(picture, order), np.uint8)
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])
    if not done:
        raise PictureError(f"OpenCV could not encode a picture of shape {array.shape} as PNG")
    return data.tobytes()


def _decode(data: bytes) -> npt.NDArray[np.uint8]:
    """Return the samples as OpenCV stores them (B G R). Raises PictureError unless 8 bits per sample."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise PictureError("these bytes are not a PNG; only lossless pictures written by Trueshelf are decoded here")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise PictureError(f"a PNG of {len(data)} bytes could not be decoded: it is damaged or incomplete")
    if picture.dtype != np.uint8:
        raise PictureError(f"the PNG has samples of type {picture.dtype}; 8 bits per sample are expected")
    return picture.astype(np.uint8, copy=False)


def decode_png(data: bytes) -> Rgb:
    """Return the RGB picture in `data`, a PNG without alpha written by `encode_png`. Raises PictureError."""
    picture = _decode(data)
    if picture.ndim != _DIMENSIONS_OF_COLOUR or picture.shape[2] != _DIMENSIONS_OF_COLOUR:
        raise PictureError(f"expected an RGB picture, the PNG holds samples of shape {picture.shape}")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def decode_alpha(data: bytes) -> Alpha:
    """Return the alpha in `data`, a grey PNG written by `encode_png`. Raises PictureError."""
    picture = _decode(data)
    if picture.ndim != _DIMENSIONS_OF_COLOUR - 1:
        raise PictureError(f"expected one grey channel, the PNG holds samples of shape {picture.shape}")
    return picture


def shrink(array: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return `array` with its longer side reduced to `side` pixels by area averaging; a smaller one as it is."""
    height, width = array.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return array
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.uint8)


def around(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of the smallest window that holds `mask`, with a margin; all of it if empty."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if not rows.size:
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def preview(rgb: Rgb) -> Rgb:
    """Return `rgb` with its longer side at most `PREVIEW_SIDE` pixels; the aspect ratio stays (R-83)."""
    return shrink(_checked(rgb, (3,)), PREVIEW_SIDE)
