"""Drift on purpose: one true change of known kind, size and place, put into a product whose cut-out is exact.

So that everybody can measure their own QA. Severities were fixed before any threshold was set:

*visible* (level 1): median CIEDE2000 ≥ 3 where colour changes, ≥ 1 % of the product's area where something comes, goes
or moves, ≥ 2 % where geometry changes, Gaussian σ ≥ 1 px (at no more than 1,024 px) where detail goes. Thin parts go
over 8 % of the long side; a chain loses or doubles one link. *faint* is half of it, *gross* three times. What has no
natural measure: halo 1, 2, 6 px; steps of 2, 4, 10 px; JPEG 45, 25, 8; fill of 0.65, 0.5, 0.25.

Changes of the product (`goods`) are made before it is laid on its ground; those of the picture (`draft`) after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trueshelf_qa.inject import chains, colours, cuts, details, grounds, marks, parts, shapes
from trueshelf_qa.inject.goods import Goods, Made, Make

__all__ = ["KINDS", "LEVELS", "Goods", "Kind", "Made", "Severity"]

Severity = Literal["gross", "visible", "faint"]
LEVELS: Mapping[Severity, float] = {"gross": 3.0, "visible": 1.0, "faint": 0.5}
EVERY: tuple[Severity, ...] = ("gross", "visible", "faint")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of drift."""

    make: Make
    stage: Literal["goods", "draft"]
    severities: tuple[Severity, ...] = EVERY


def _all(stage: Literal["goods", "draft"], **makes: Make) -> dict[str, Kind]:
    return {name: Kind(make, stage) for name, make in makes.items()}


KINDS: Mapping[str, Kind] = {
    **_all(
        "goods",
        colour_overall=colours.overall,
        colour_hue=colours.hue,
        colour_lightness=colours.lightness,
        colour_cast=colours.cast,
        colour_region=colours.region,
        colour_part=colours.part,
        metal_tone=colours.metal_tone,
        texture_softened=details.softened,
        texture_smoothed=details.smoothed,
        texture_sharpened=details.sharpened,
        texture_part_softened=details.softened_part,
        pattern_moved=details.pattern_moved,
        pattern_scaled=details.pattern_scaled,
        pattern_replaced=details.pattern_replaced,
        stretched=shapes.stretched,
        sheared=shapes.sheared,
        tilted=shapes.tilted,
        bent=shapes.bent,
        part_missing=parts.missing,
        thin_part_missing=parts.thin_missing,
        part_extra=parts.extra,
        part_duplicated=parts.duplicated,
        piece_missing=parts.piece_missing,
        piece_extra=parts.piece_extra,
        detail_lost=parts.detail_lost,
        detail_added=parts.detail_added,
        detail_moved=parts.detail_moved,
        chain_broken=chains.broken,
        chain_doubled=chains.doubled,
        chain_molten=chains.molten,
        logo_lost=marks.logo_lost,
        logo_changed=marks.logo_changed,
        logo_invented=marks.logo_invented,
        logo_moved=marks.logo_moved,
        scratch_gone=marks.scratch_gone,
        glare_added=marks.glare,
        halo=cuts.halo,
        residue=cuts.residue,
        jagged=cuts.jagged,
        clipped_edge=cuts.clipped,
        hole_filled=cuts.hole_filled,
        pale_part_lost=cuts.pale_part_lost,
        shadow_left=cuts.shadow_left,
    ),
    "mirrored": Kind(shapes.mirrored, "goods", ("gross",)),
    **_all(
        "draft",
        text_overlay=marks.text_overlay,
        sticker=marks.sticker,
        watermark=marks.watermark,
        watermark_tiled=marks.watermark_tiled,
        ground_tint=grounds.tint,
        ground_uneven=grounds.uneven,
        stand_shadow=grounds.stand_shadow,
        second_shadow=grounds.second_shadow,
        reflection=grounds.reflection,
        cropped=grounds.cropped,
        frame_stretched=grounds.frame_stretched,
        too_small=grounds.too_small,
        compressed=grounds.compressed,
    ),
}
"""Every kind, by its name in tables and file names."""
