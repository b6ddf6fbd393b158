"""The pixels of a rendition: master in, marketplace file out. Runs in a child process, or for `trueshelf render`."""

from typing import Any

import numpy as np

from trueshelf_export.domain.geometry import Fit, MasterTooSmallError, fit
from trueshelf_imaging.jpeg import decode_jpeg, encode_jpeg
from trueshelf_imaging.pixels import PictureError, Rgb, decode_png, pixel_sha256
from trueshelf_imaging.resize import shrink_in_linear_light
from trueshelf_runtime.errors import Invalid, Refused

QUALITIES = (95, 93, 92, 91, 90)
"""JPEG qualities tried, best first; a profile's floor cuts the list."""
EVEN_SPREAD = 6.0
"""8-bit levels: ground whose border varies by less (between the 5th and 95th percentile) is called even."""
FILLED_SPREAD = 64.0
"""8-bit levels: a border that varies by more is no ground: the product fills the frame (a macro)."""
WHITE = (255, 255, 255)

_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="{term}"/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


def render(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return the facts about a rendition, and its JPEG.

    `request`: canvas, minimum ([width, height]), max_bytes, quality_floor, digital_source_type (None = no metadata).
    `blobs`: the master as a PNG. Raises Refused when the master is too small, or when the file would be too large at
    the lowest quality allowed; Invalid when the master is no picture of ours.
    """
    try:
        master = decode_png(blobs[0])
    except PictureError as error:
        raise Invalid(f"the master cannot be read: {error}") from error
    height, width = master.shape[:2]
    try:
        place = fit((width, height), tuple(request["canvas"]), tuple(request["minimum"]))
    except MasterTooSmallError as error:
        raise Refused("master_too_small", str(error), "photograph it larger, or order without this slot") from error
    colour, spread = ground(master)
    pad = colour if spread <= FILLED_SPREAD else WHITE  # bands in the product's colour would look like product
    canvas = lay(master, place, pad)
    term = request.get("digital_source_type")
    xmp = _XMP.format(term=term).encode() if term else None
    jpeg, quality = compress(canvas, int(request["quality_floor"]), int(request["max_bytes"]), xmp)
    decoded = decode_jpeg(jpeg)
    facts = {
        "width": place.canvas[0],
        "height": place.canvas[1],
        "pixel_sha256": pixel_sha256(decoded),
        "placement": {"scale": place.scale, "offset_x": place.left, "offset_y": place.top},
        "pad": list(pad),
        "ground_spread": spread,
        "even_ground": spread <= EVEN_SPREAD,
        "quality": quality,
    }
    return facts, (jpeg,)


def ground(master: Rgb) -> tuple[tuple[int, int, int], float]:
    """Return the colour of the master's ground and how much it varies (8-bit levels).

    Measured on the outermost 1 % of the picture, where a draft shows nothing but ground: the median per channel is what
    the draft was laid on, also where a product touches one edge.
    """
    rim = max(1, round(min(master.shape[:2]) * 0.01))
    border = np.concatenate(
        [
            master[:rim].reshape(-1, 3),
            master[-rim:].reshape(-1, 3),
            master[:, :rim].reshape(-1, 3),
            master[:, -rim:].reshape(-1, 3),
        ]
    )
    red, green, blue = (int(level) for level in np.median(border, axis=0))
    low, high = np.percentile(border, (5, 95), axis=0)
    return (red, green, blue), float(np.max(high - low))


def lay(master: Rgb, place: Fit, pad: tuple[int, int, int]) -> Rgb:
    """Return the canvas: ground colour everywhere, the reduced master at its place."""
    canvas = np.empty((place.canvas[1], place.canvas[0], 3), np.uint8)
    canvas[:] = pad
    width, height = place.size
    canvas[place.top : place.top + height, place.left : place.left + width] = shrink_in_linear_light(
        master, width, height
    )
    return canvas


def compress(canvas: Rgb, floor: int, max_bytes: int, xmp: bytes | None) -> tuple[bytes, int]:
    """Return the best JPEG that keeps the size limit, and its quality. Raises Refused below the floor."""
    size = 0
    for quality in sorted({*(step for step in QUALITIES if step > floor), floor}, reverse=True):
        jpeg = encode_jpeg(canvas, quality, xmp)
        if len(jpeg) <= max_bytes:
            return jpeg, quality
        size = len(jpeg)
    raise Refused(
        "file_too_large",
        f"at JPEG quality {floor}, the lowest allowed, the file has {size} bytes; the marketplace takes {max_bytes}",
        "confirm the profile with a smaller canvas, or order without this slot",
    )
