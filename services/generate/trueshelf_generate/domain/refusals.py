"""What to tell a person when pixels said no."""

from trueshelf_generate.domain.plan import Refusal

WAYS_OUT = (
    "Draw a box around the product when you regenerate, photograph it again on plain paper with a margin around it, "
    "or keep the original."
)

_ADVICE = {
    "edge.clipped": "Photograph it again with a margin on all sides, choose another capture, or keep the original.",
    "edge.left_out": "Draw a box around the whole product and strokes on what was left out, or keep the original.",
    "edge.unsupported": "Photograph it again on paper of another shade than the product, draw strokes on what is "
    "product and what is not, or keep the original.",
    "edge.uncertain": "Draw a box around the product, photograph it on paper of another shade, or keep the original.",
    "edge.soft": "Photograph it closer, so that thin parts are several pixels wide, or keep the original.",
}


def backdrop_not_plain(sigma: float, outliers: float, threshold: float) -> Refusal:
    """Return the refusal of an automatic cut-out on a backdrop that a smooth surface does not describe (R-10)."""
    return Refusal(
        "backdrop_not_plain",
        f"the backdrop is not plain: residual sigma {sigma:.1f} Lab units (at most {threshold:.1f}), "
        f"{outliers:.0%} of the border away from it; an automatic cut-out would be a guess",
        WAYS_OUT,
        round(sigma, 2),
        threshold,
    )


def nothing_found(message: str) -> Refusal:
    """Return the refusal when no product stands out."""
    return Refusal("nothing_found", message, WAYS_OUT)


def edge_gate(code: str, message: str, value: float, threshold: float) -> Refusal:
    """Return the refusal for the worst finding of the edge gate (R-24)."""
    return Refusal(code, message, _ADVICE.get(code, WAYS_OUT), value, threshold)


GENERATOR_FAILED = Refusal(
    "generator_failed",
    "the generator failed repeatedly",
    "Regenerate once; if it fails again, tell the operator and keep the original meanwhile.",
)
"""What to tell a person when an item's work failed for good: the error itself stays in the log."""
SCENE_GONE = Refusal(
    "scene_retired",
    "the scene that this preset sets the product into may not be used any more",
    "Choose another preset, or write one for another scene.",
)
NO_NATURAL_SHADOW = Refusal(
    "shadow_unknown",
    "the preset keeps the photo's own shadow, and the backdrop is not plain: a shadow cannot be told from it",
    "Choose a preset without a shadow or with a soft one, or photograph it on plain paper.",
)
NO_LIGHT = Refusal(
    "backdrop_not_plain",
    "the preset keeps the light and divides by the backdrop, and the backdrop is not plain",
    "Photograph it on plain paper, or choose a preset that cuts out, with a box.",
)
LARGEST = 150_000_000
"""Pixels of a master: a phone's 50 megapixels on a square are 90. A child has memory and time for no more than this."""
MOST_CLIPPED = 0.05
"""Share of pixels lighter than the paper: glints on a glass jar 0.03; a white mug, camera or lid that lose their edges
0.10 to 0.14 (measured on three rendered products and a photo)."""


def too_bright(clipped: float) -> Refusal:
    """Return the refusal of a photo whose product is lighter than its backdrop: its light cannot be kept."""
    return Refusal(
        "lighter_than_paper",
        f"{clipped:.0%} of the picture is lighter than the paper: on the new ground it would be lost in white",
        "Choose a preset that cuts out, or photograph it on lighter paper.",
        round(clipped, 4),
        MOST_CLIPPED,
    )


NO_CAST = Refusal(
    "cast_unknown",
    "the preset takes the light's cast from the backdrop, and the backdrop is not plain",
    "Choose a preset that leaves the colours alone, or photograph it on grey or white paper.",
)


def too_strong(factor: float, gentle: tuple[float, float]) -> Refusal:
    """Return the refusal of a gain that is no gentle correction any more; `gentle` is the least and most allowed."""
    least, most = gentle
    return Refusal(
        "cast_too_strong",
        f"the colours would have to change by a factor of {factor:.2f}; {least} to {most} is allowed: the backdrop is "
        "coloured, or the light is",
        "Choose a preset that leaves the colours alone, or photograph it on grey or white paper in daylight.",
        round(factor, 3),
        most if factor > 1 else least,
    )


def does_not_fit(code: str, message: str) -> Refusal:
    """Return the refusal of a product that a scene has no room, or too few pixels, for."""
    return Refusal(
        code,
        f"the product does not fit into the scene: {message}",
        f"Choose another scene, or correct the height in centimetres. {WAYS_OUT}"
        if code == "does_not_fit"
        else "Photograph it closer or with a better camera, or choose a scene in which it is shown smaller.",
    )


def too_large(width: int, height: int) -> Refusal:
    """Return the refusal of a product that a preset would put on a canvas beyond `LARGEST`."""
    return Refusal(
        "canvas_too_large",
        f"the picture would have {width} x {height} pixels, {width * height // 1_000_000} megapixels; "
        f"{LARGEST // 1_000_000} are the most",
        "Choose a preset in which the product fills more of the picture, or send a smaller photo.",
        width * height / 1_000_000,
        LARGEST / 1_000_000,
    )
