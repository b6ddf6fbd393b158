"""A photo to two finished masters, as generate's workers make them: seconds and memory of the pixel work alone."""

import numpy as np

from trueshelf_imaging import compose, matting, removal, shadow
from trueshelf_imaging.pixels import encode_png
from trueshelf_imaging.shades import Canvas

MASTERS = (((255, 255, 255), False), ((236, 236, 236), True))
"""Ground and whether the photo's own shadow is kept: white_background as it comes, and its natural sibling."""
FILL = 0.85


def two_masters(rgb: np.ndarray) -> list[int]:
    """Cut out, compose, prove and encode; return the bytes of both PNG files. Reading the photo is not in it."""
    done = removal.remove(rgb)
    if done.alpha is None:
        raise SystemExit("nothing was cut out, so no master was made")
    colours = matting.clean_colours(rgb, done.alpha)
    canvas = Canvas.around(done.alpha, fill=FILL, aspect=1.0)
    sizes = []
    for ground, natural in MASTERS:
        shade = shadow.natural(rgb, done.alpha, canvas) if natural else None
        made = compose.place(colours, done.alpha, ground, canvas, shade)
        compose.core_sha256(made, done.alpha, offset=(canvas.offset_x, canvas.offset_y))
        sizes.append(len(encode_png(made)))
    return sizes
