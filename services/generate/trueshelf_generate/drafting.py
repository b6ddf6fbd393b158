"""Pixel work of the own modes, in pooled children: a cut-out becomes a master by its preset. Nothing here knows a plan.

The same functions run in workers and behind `trueshelf generate`. Same input, same bytes.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from trueshelf_generate.domain import refusals
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.domain.strict import LEAST_PIXELS, too_few_pixels
from trueshelf_imaging import adjust, backdrop, colour, compose, matting, setting, shadow
from trueshelf_imaging.light import NotPlainError, keep_light
from trueshelf_imaging.pixels import (
    Alpha,
    PictureError,
    Rgb,
    decode_alpha,
    decode_png,
    encode_png,
    pixel_sha256,
    preview,
    shrink,
)
from trueshelf_imaging.shades import Canvas
from trueshelf_imaging.thresholds import CUTOUT
from trueshelf_runtime.errors import Invalid

Answer = tuple[dict[str, Any], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A preset's values, as far as pixels need them (`Preset.body` as JSON)."""

    mode: str
    background: tuple[int, int, int] | None
    fill: float
    aspect: float
    shadow: str
    neutralise: bool
    exposure: float

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Asked":
        ground = body.get("background")
        return cls(
            body["mode"],
            None if ground is None else (ground[0], ground[1], ground[2]),
            body["fill"],
            body["aspect"],
            body.get("shadow", "none"),
            body.get("neutralise", False),
            body.get("exposure", 0.0),
        )


def replace(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Make master and preview (PNG) of a source PNG (`blobs[0]`) and its alpha PNG (`blobs[1]`).

    `request["preset"]` is the preset's body; for lifestyle `request["scene"]` has the spot's numbers, `blobs[2]` the
    scene as PNG, and `request["height_cm"]` the product's height or None. The answer's `outcome` is `made`, with
    placement, gain and proof and the sizes of the blobs, or `refused` with a refusal's fields and no blob.
    """
    rgb, alpha = decoded(blobs[0]), decode_alpha(blobs[1])
    asked = Asked.of(request["preset"])
    if asked.mode == "lifestyle":
        return _set(request, rgb, alpha, decoded(blobs[2]), asked.fill)
    gain, refusal = _gain(asked, rgb)
    if refusal is not None:
        return _refused(refusal)
    assert asked.background is not None, "read_preset lets no plain mode without a ground pass"
    canvas = Canvas.around(alpha, fill=asked.fill, aspect=asked.aspect)
    if canvas.width * canvas.height > refusals.LARGEST:
        return _refused(refusals.too_large(canvas.width, canvas.height))
    if asked.mode == "jewelry" and canvas.longest < LEAST_PIXELS:
        return _refused(too_few_pixels(canvas.longest))
    try:
        shade = _shade(asked.shadow, rgb, alpha, canvas)
    except shadow.NoPlainBackdropError:
        return _refused(refusals.NO_NATURAL_SHADOW)
    colours = matting.clean_colours(rgb, alpha)
    source = rgb if gain is None else adjust.gained(rgb, gain)
    made = compose.place(
        colours if gain is None else adjust.gained(colours, gain), alpha, asked.background, canvas, shade
    )
    offset = canvas.offset_x, canvas.offset_y
    core, source_core = compose.core_sha256(source, alpha)
    _, master_core = compose.core_sha256(made, alpha, offset=offset)
    proof = {
        "offset_x": offset[0],
        "offset_y": offset[1],
        "core_pixels": core,
        "source_core_sha256": source_core,
        "master_core_sha256": master_core,
        "channel_gain": gain,
    }
    placement = {"scale": 1.0, "offset_x": offset[0], "offset_y": offset[1]}
    return _made(made, {"placement": placement, "gain": gain, "proof": proof if core else None})


def stored(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Return raw RGB samples (`blobs[0]`, of `request["width"]` x `request["height"]`) as PNG, with a preview."""
    width, height = int(request["width"]), int(request["height"])
    if len(blobs[0]) != width * height * 3:
        raise Invalid(f"{len(blobs[0])} bytes are not {width} x {height} RGB samples")
    rgb = np.frombuffer(blobs[0], np.uint8).reshape(height, width, 3)
    small = preview(rgb)
    return {"master": _size(rgb), "preview": _size(small)}, (encode_png(rgb), encode_png(small))


def light(request: dict[str, Any], blobs: tuple[bytes, ...]) -> Answer:
    """Make master and preview of a source PNG (`blobs[0]`) that is not cut: divided by its backdrop, on the ground.

    `request` and answer are those of `replace`; `gain` and `proof` are None, `divided` is true.
    """
    rgb, asked = decoded(blobs[0]), Asked.of(request["preset"])
    assert asked.background is not None, "read_preset lets no plain mode without a ground pass"
    try:
        lit = keep_light(rgb, asked.background)
    except NotPlainError:
        return _refused(refusals.NO_LIGHT)
    if lit.clipped > refusals.MOST_CLIPPED:
        return _refused(refusals.too_bright(lit.clipped))
    placement = {"scale": 1.0, "offset_x": 0, "offset_y": 0}
    told = {"divided": True, "clipped": round(lit.clipped, 5), "sigma": round(lit.backdrop.sigma, 3)}
    return _made(lit.rgb, {"placement": placement, "gain": None, "proof": None} | told)


def decoded(png: bytes) -> Rgb:
    """Return a stored picture's pixels; one thread, so that a worker's children share the machine evenly."""
    cv2.setNumThreads(1)
    try:
        return decode_png(png)
    except PictureError as error:
        raise Invalid(f"the stored picture cannot be read: {error}") from error


def _gain(asked: Asked, rgb: Rgb) -> tuple[adjust.Gain | None, Refusal | None]:
    """Return the one gain that the preset asks for (None: none), or why it is not given."""
    if not asked.neutralise and not asked.exposure:
        return None, None
    gain = adjust.exposure(asked.exposure)
    if asked.neutralise:
        found = backdrop.fit(colour.to_lab(shrink(rgb, CUTOUT.side)))
        if not found.plain:
            return None, refusals.NO_CAST
        gain = adjust.times(gain, adjust.neutralising(found))
    if not adjust.gentle(gain):
        worst = max(gain, key=lambda factor: max(factor, 1 / factor))
        return None, refusals.too_strong(worst, adjust.GENTLE)
    return gain, None


def _shade(kind: str, rgb: Rgb, alpha: Alpha, canvas: Canvas) -> Any:
    match kind:
        case "natural":
            return shadow.natural(rgb, alpha, canvas)
        case "contact":
            return shadow.contact(alpha, canvas)
        case _:
            return None


def _set(request: dict[str, Any], rgb: Rgb, alpha: Alpha, scene: Rgb, fill: float) -> Answer:
    """Set the product into a scene; its scale is the one that both sizes in centimetres give, where they are known."""
    spot = setting.Spot(**request["scene"])
    height_cm = request.get("height_cm")
    try:
        made = setting.set_into(matting.clean_colours(rgb, alpha), alpha, scene, spot, height_cm=height_cm, fill=fill)
    except setting.DoesNotFitError as error:
        return _refused(refusals.does_not_fit(error.code, str(error)))
    placement = {"scale": made.scale, "offset_x": made.offset_x, "offset_y": made.offset_y}
    true_to_size = height_cm is not None and spot.width_cm is not None
    return _made(made.rgb, {"placement": placement, "gain": None, "proof": None, "true_to_size": true_to_size})


def _made(master: Rgb, told: dict[str, Any]) -> Answer:
    small = preview(master)
    value = {"outcome": "made", "master": _size(master), "preview": _size(small), "opencv": cv2.__version__}
    return value | told, (encode_png(master), encode_png(small))


def _refused(refusal: Refusal) -> Answer:
    fields = ("code", "message", "advice", "value", "threshold")
    return {"outcome": "refused", "refusal": {name: getattr(refusal, name) for name in fields}}, ()


def _size(rgb: Rgb) -> dict[str, Any]:
    return {"width": rgb.shape[1], "height": rgb.shape[0], "pixel_sha256": pixel_sha256(rgb)}
