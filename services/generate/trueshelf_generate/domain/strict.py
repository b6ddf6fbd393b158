"""The stricter gate of jewellery between removal and replacement (R-14, R-24): what warns elsewhere refuses here."""

from collections.abc import Iterable

from trueshelf_contracts.refs import Finding, Mode
from trueshelf_generate.domain.plan import Refusal

_DOUBTS = ("unsupported", "halo", "left_out", "disagreement", "uncertain", "fragments", "pale_rim", "like_paper")
REFUSED = frozenset({f"{part}.{doubt}" for part in ("edge", "cutout") for doubt in _DOUBTS} | {"edge.soft"})
"""Doubts about where the product ends, of the edge gate and of the cut-out's confidence. Shadow stays a warning: grey
metal looks like shade; so does a drawn box, for a person drew it."""
LEAST_PIXELS = 700
"""Longer side of the product: a link of a chain is then some pixels wide, and the macro can be zoomed into."""


def stricter(mode: Mode, findings: Iterable[Finding]) -> Refusal | None:
    """Return why a cut-out is not good enough for `mode`, if it is not."""
    if mode != "jewelry":
        return None
    for found in findings:
        if found.code in REFUSED and found.severity != "note":
            return Refusal(
                found.code,
                f"{found.message} (jewelry refuses what only warns elsewhere)",
                "Draw strokes on what is product and what is not, photograph it again on plain paper of another shade, "
                "or choose exact_card.",
                found.value,
                found.threshold,
            )
    return None


def too_few_pixels(found: int) -> Refusal:
    """Return the refusal of a piece whose longer side has only `found` pixels."""
    return Refusal(
        "too_few_pixels",
        f"the piece is {found} pixels long; jewelry needs {LEAST_PIXELS} for its links and stones",
        "Photograph it closer (macro), and send the photo as the phone saved it.",
        found,
        LEAST_PIXELS,
    )
