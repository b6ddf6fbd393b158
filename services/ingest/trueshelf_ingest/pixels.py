"""Work on decoded photos, in pooled children: source and preview files, their hashes, the gate's measurements."""

from typing import Any

import numpy as np

from trueshelf_imaging.pixels import encode_png, pixel_sha256, preview


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


def measure(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> dict[str, float]:
    """Return blur (Crete blur effect, 0 sharp – 1 blurred), clipped shares and the backdrop's deviation.

    `rgb`: (H, W, 3) uint8 sRGB. Blur is read at a fixed long side of 1,024 pixels and as the mean of the sharpest tenth
    of 128-pixel tiles with structure, because a product on plain paper is mostly paper (F. Crete et al., 2007).
    """
    import cv2  # noqa: PLC0415 - loaded in children only
    from skimage.measure import blur_effect  # noqa: PLC0415

    from trueshelf_imaging import backdrop  # noqa: PLC0415
    from trueshelf_imaging.colour import to_lab  # noqa: PLC0415

    scale = 1024 / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    tiles = [
        grey[y : y + 128, x : x + 128]
        for y in range(0, max(1, grey.shape[0] - 127), 64)
        for x in range(0, max(1, grey.shape[1] - 127), 64)
    ]
    ranked = sorted(tiles, key=lambda tile: float(tile.std()), reverse=True)
    blurs = sorted(float(blur_effect(tile)) for tile in ranked[: max(1, len(ranked) // 4)] if min(tile.shape) > 11)  # noqa: PLR2004 - the filter's own width
    return {
        "blur": float(np.mean(blurs[: max(1, len(blurs) // 3)])) if blurs else 1.0,
        "clipped_white": float((small.min(axis=2) == 255).mean()),  # noqa: PLR2004 - 8-bit white
        "clipped_black": float((small.max(axis=2) == 0).mean()),
        "backdrop_sigma": float(backdrop.fit(to_lab(small)).sigma),
    }
