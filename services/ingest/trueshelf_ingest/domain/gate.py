"""The source gate: what a photo's measurements mean (R-06, R-07, R-09, R-10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.refs import Finding


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured on a decoded photo. Shares are 0–1, sizes in pixels, the backdrop's deviation in Lab units."""

    long_side: int
    short_side: int
    blur: float
    clipped_white: float
    clipped_black: float
    backdrop_sigma: float
    jpeg_quality: int | None
    has_exif: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the gate, from `policy/source_gate.json` where each has its source."""

    version: str
    refuse_short_side: int
    warn_long_side: int
    warn_blur: float
    refuse_blur: float
    warn_clipped_white: float
    warn_backdrop_sigma: float
    messenger_quality: int
    messenger_long_sides: tuple[int, ...]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Limits":
        """Read the policy file. Raises KeyError when a limit is missing."""
        limits = {name: entry["value"] for name, entry in data["limits"].items()}
        limits["messenger_long_sides"] = tuple(limits["messenger_long_sides"])
        return cls(version=data["version"], **limits)


FRAME_FILLING = frozenset({"macro", "clasp"})
"""Shots that are meant to fill the frame: their border is product, not backdrop."""


def judge(measured: Measurements, limits: Limits, shot: str) -> tuple[Finding, ...]:
    """Return what the gate noticed; a finding of severity `refuse` keeps the photo out."""
    findings: list[Finding] = []

    def note(code: str, severity: str, message: str, value: float, threshold: float) -> None:
        findings.append(
            Finding.model_validate(
                {"code": code, "severity": severity, "message": message, "value": value, "threshold": threshold}
            )
        )

    if measured.short_side < limits.refuse_short_side:
        message = f"only {measured.short_side} pixels on the short side: send the photo as the phone saved it"
        note("too_small", "refuse", message, measured.short_side, limits.refuse_short_side)
    elif measured.long_side < limits.warn_long_side:
        message = f"{measured.long_side} pixels on the long side: too few for zoom on most marketplaces"
        note("small", "warn", message, measured.long_side, limits.warn_long_side)
    if measured.blur > limits.refuse_blur:
        message = "blurred: hold the phone still or use a stand, tap the product to focus, and shoot again"
        note("blurred", "refuse", message, round(measured.blur, 4), limits.refuse_blur)
    elif measured.blur > limits.warn_blur:
        message = "soft: the edges are wide; a sharper photo gives better drafts"
        note("soft", "warn", message, round(measured.blur, 4), limits.warn_blur)
    if measured.clipped_white > limits.warn_clipped_white:
        message = "blown-out highlights: use softer light, away from flash and sun"
        note("highlights_clipped", "warn", message, round(measured.clipped_white, 4), limits.warn_clipped_white)
    if shot not in FRAME_FILLING and measured.backdrop_sigma > limits.warn_backdrop_sigma:
        message = "the backdrop is not plain: cutting out will need a person's box; grey or beige paper is best"
        note("backdrop_not_plain", "warn", message, round(measured.backdrop_sigma, 2), limits.warn_backdrop_sigma)
    if (
        measured.jpeg_quality is not None
        and measured.jpeg_quality < limits.messenger_quality
        and not measured.has_exif
        and measured.long_side in limits.messenger_long_sides
    ):
        message = "looks recompressed by a messenger: send it as a file, or copy it from the phone"
        note("messenger_compressed", "warn", message, measured.jpeg_quality, limits.messenger_quality)
    return tuple(findings)


def refused(findings: tuple[Finding, ...]) -> bool:
    """Return True when any finding keeps the photo out."""
    return any(finding.severity == "refuse" for finding in findings)
