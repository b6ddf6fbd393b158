"""Work on decoded photos, in pooled children: source and preview files, their hashes, the gate's measurements."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import encode_png, pixel_sha256, preview

Rgb = npt.NDArray[np.uint8]

_TILE = 128
_FILTER = 11
"""Width of the filter inside the blur effect: a narrower tile says nothing."""
_WHITE = 255


def finish(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Turn raw RGB (uint8, row-major, sRGB; `request` has width and height) into source and preview PNGs.

    Returns both pictures' sizes and pixel hashes and the gate's measurements. Raises ValueError when the sample count
    does not fit the size.
    """
    width, height = int(request["width"]), int(request["height"])
    rgb = np.frombuffer(blobs[0], np.uint8)
    if rgb.size != width * height * 3:
        raise ValueError(f"{rgb.size} samples do not make {width} x {height} RGB pixels")
    rgb = rgb.reshape(height, width, 3)
    small = preview(rgb)
    value = {
        "source": {"width": width, "height": height, "pixel_sha256": pixel_sha256(rgb)},
        "preview": {"width": small.shape[1], "height": small.shape[0], "pixel_sha256": pixel_sha256(small)},
        "measured": measure(rgb),
    }
    return value, (encode_png(rgb), encode_png(small))


def measure(rgb: Rgb) -> dict[str, float]:
    """Return blur, clipped shares (0–1) and the backdrop's deviation (Lab units) of `rgb`, (H, W, 3) uint8 sRGB.

    All are read at a long side of 1,024 pixels, so that one set of limits serves every phone.
    """
    from trueshelf_imaging import backdrop  # noqa: PLC0415 - loaded in children only
    from trueshelf_imaging.colour import to_lab  # noqa: PLC0415

    small = _at_working_size(rgb)
    return {
        "blur": blur(small),
        "clipped_white": float((small.min(axis=2) == _WHITE).mean()),
        "clipped_black": float((small.max(axis=2) == 0).mean()),
        "backdrop_sigma": float(backdrop.fit(to_lab(small)).sigma),
    }


def blur(rgb: Rgb) -> float:
    """Return Crete's blur effect (0 sharp – 1 blurred; F. Crete et al., 2007) of the sharpest tiles with structure.

    Of 128-pixel tiles the quarter with most contrast is measured and the sharpest third of it averaged, because a
    product on plain paper is mostly paper. A picture without structure counts as blurred (1.0).
    """
    import cv2  # noqa: PLC0415 - loaded in children only
    from skimage.measure import blur_effect  # noqa: PLC0415

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    rows = range(0, max(1, grey.shape[0] - _TILE + 1), _TILE // 2)
    columns = range(0, max(1, grey.shape[1] - _TILE + 1), _TILE // 2)
    tiles = [grey[y : y + _TILE, x : x + _TILE] for y in rows for x in columns]
    ranked = sorted(tiles, key=lambda tile: float(tile.std()), reverse=True)[: max(1, len(tiles) // 4)]
    blurs = sorted(
        float(blur_effect(tile))  # type: ignore[no-untyped-call]
        for tile in ranked
        if min(tile.shape) > _FILTER
    )
    return float(np.mean(blurs[: max(1, len(blurs) // 3)])) if blurs else 1.0


def _at_working_size(rgb: Rgb) -> Rgb:
    import cv2  # noqa: PLC0415 - loaded in children only

    scale = 1024 / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
