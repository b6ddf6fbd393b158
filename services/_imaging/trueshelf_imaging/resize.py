"""Making a picture smaller without changing its colours or inventing edges.

Averaging sRGB values darkens fine light-and-dark patterns (chains, knit, pavé), because sRGB is not proportional to
light: black and white in equal parts must become 188, not 128. So pixels are averaged in linear light. Area averaging
has no negative lobes: unlike Lanczos or bicubic filters it cannot ring, and so cannot draw a halo around the product.
"""

import cv2
import numpy as np

from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import PictureError, Rgb


def shrink_in_linear_light(rgb: Rgb, width: int, height: int) -> Rgb:
    """Return `rgb` at `width` x `height` pixels, averaged by area in linear light.

    Both sides are at most the picture's own: raises PictureError for an enlargement, or when the two factors differ by
    more than the pixel that rounding costs: that would stretch the product (R-83).
    """
    tall, wide = rgb.shape[:2]
    if not (1 <= width <= wide and 1 <= height <= tall):
        raise PictureError(f"a picture of {wide}x{tall} is not enlarged to {width}x{height}")
    factor = max(width / wide, height / tall)
    if abs(wide * factor - width) > 1 or abs(tall * factor - height) > 1:
        raise PictureError(f"{wide}x{tall} to {width}x{height} would stretch the picture")
    if (width, height) == (wide, tall):
        return rgb
    linear = cv2.resize(to_linear(rgb), (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(from_linear(np.asarray(linear, np.float32)))
