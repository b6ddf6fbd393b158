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
