"""Measuring the exposures of a shot, in pooled children (R-12)."""

from dataclasses import asdict
from typing import Any

from trueshelf_generate.drafting import decoded
from trueshelf_imaging.exposures import quality


def measure(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:  # noqa: ARG001 - the child's signature
    """Return sharpness, clipped and fill of one source PNG (`blobs[0]`), rounded so that a record can be recomputed."""
    return {name: round(float(value), 6) for name, value in asdict(quality(decoded(blobs[0]))).items()}, ()
