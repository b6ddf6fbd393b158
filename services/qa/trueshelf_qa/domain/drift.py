"""What several checks measure on an aligned pair: motion, structure and marks, each made when it is first asked for."""

from dataclasses import dataclass
from functools import cached_property

from trueshelf_imaging.marks import Structure, marks, unexplained
from trueshelf_imaging.motion import Motion, residual_motion
from trueshelf_imaging.pixels import Floats, Mask

SLACK, SLACK_GENERATIVE = 0.5, 1.2
"""Pixels of misalignment that edges which both pictures show are forgiven."""


@dataclass(frozen=True, eq=False)
class Drift:
    """Source and candidate, aligned, their noise smoothed away, over the product's core."""

    source: Floats
    candidate: Floats
    core: Mask
    generative: bool

    @cached_property
    def motion(self) -> Motion | None:
        """What still moves inside the product after aligning; None where it is too small to tell."""
        return residual_motion(self.source[..., 0], self.candidate[..., 0], self.core)

    @cached_property
    def structure(self) -> Structure | None:
        """Structure of L* that only one of the two pictures shows, whatever their light; None where too small."""
        return unexplained(self.source[..., 0], self.candidate[..., 0], self.core, 2 if self.generative else 1)

    @cached_property
    def marks(self) -> Structure | None:
        """Small marks that only one of the two pictures shows, in times the noise; None where too small."""
        return marks(self.source, self.candidate, self.core, SLACK_GENERATIVE if self.generative else SLACK)
