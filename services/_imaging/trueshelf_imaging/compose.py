"""A cut-out on a new ground, in linear light, at the source's own scale.

The product is never resampled: the canvas is made around it, so that every solid pixel of the master is a pixel of the
source (`PixelProof` in the contracts), or that pixel times the declared gain. A later step resizes approved masters.
"""

import hashlib

import numpy as np

from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import Alpha, Rgb
from trueshelf_imaging.shades import Canvas, Shade, bounds

_OPAQUE = 255
_STRIP = 512


def place(colours: Rgb, alpha: Alpha, ground: tuple[int, int, int], canvas: Canvas, shade: Shade | None = None) -> Rgb:
    """Return the picture of the size of `canvas`: its ground of colour `ground` (8-bit sRGB), shaded, and the product.

    `colours` is the source with the backdrop taken out of half-transparent pixels, `alpha` its cut-out.
    """
    left, top, right, bottom = canvas.bounds
    behind = to_linear(np.array(ground, np.uint8))
    made = np.empty((canvas.height, canvas.width, 3), np.uint8)
    for start in range(0, canvas.height, _STRIP):
        end = min(canvas.height, start + _STRIP)
        light = np.broadcast_to(behind, (end - start, canvas.width, 3))
        if shade is not None:
            light = shade.rows(start, end, canvas.width)[..., None] * behind
            made[start:end] = from_linear(light.astype(np.float32))
        else:
            made[start:end] = ground
        first, last = max(start - canvas.offset_y, top), min(end - canvas.offset_y, bottom)
        if first >= last:
            continue
        rows = slice(first + canvas.offset_y, last + canvas.offset_y)
        columns = slice(left + canvas.offset_x, right + canvas.offset_x)
        under = light[first + canvas.offset_y - start : last + canvas.offset_y - start, columns]
        _over(colours[first:last, left:right], alpha[first:last, left:right], under, made[rows, columns])
    return made


def _over(colours: Rgb, alpha: Alpha, under: np.ndarray, made: Rgb) -> None:
    """Put `colours` over the linear light `under` into `made`, which shows that light already; all of one size.

    Solid pixels stay as they are, bit by bit.
    """
    solid = alpha == _OPAQUE
    np.copyto(made, colours, where=solid[..., None])
    partial = (alpha > 0) & ~solid
    weight = (alpha[partial].astype(np.float32) / _OPAQUE)[:, None]
    light = weight * to_linear(colours[partial]) + (1 - weight) * under[partial]
    made[partial] = from_linear(light.astype(np.float32))


def core_sha256(rgb: Rgb, alpha: Alpha, *, offset: tuple[int, int] = (0, 0)) -> tuple[int, str]:
    """Return (number, SHA-256) of the pixels of `rgb` that lie under alpha 255, R G B row by row.

    `offset` (x, y) is added to the alpha's coordinates. Source and master of a composite give the same pair: anyone
    with the three pictures can recompute it. Raises ValueError where the core would lie outside of `rgb`.
    """
    left, top, right, bottom = bounds(alpha)
    if left + offset[0] < 0 or top + offset[1] < 0:
        raise ValueError(f"offset {offset} puts the core outside of the picture")
    if right + offset[0] > rgb.shape[1] or bottom + offset[1] > rgb.shape[0]:
        raise ValueError(f"offset {offset} puts the core outside of a picture of {rgb.shape[1]} x {rgb.shape[0]}")
    digest, count = hashlib.sha256(), 0
    for row in range(top, bottom):
        solid = alpha[row, left:right] == _OPAQUE
        line = rgb[row + offset[1], left + offset[0] : right + offset[0]][solid]
        digest.update(line.tobytes())
        count += int(solid.sum())
    return count, digest.hexdigest()
