"""The pixel proof, recomputed from the files: the master's core is the source's, bit by bit. Nobody's word is taken."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trueshelf_imaging.adjust import Gain, gained
from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.compose import core_sha256
from trueshelf_imaging.pixels import Alpha, Rgb, shrink
from trueshelf_qa.domain.product import find_product
from trueshelf_qa.domain.results import CheckResult, Limits, Words, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "pixel_proof", "1", "details_unchanged"
SIDE = 512
"""Working size at which the core is held against qa's own eyes."""
_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class Proof:
    """What the generator states (`PixelProof` in the contracts)."""

    offset_x: int
    offset_y: int
    core_pixels: int
    source_core_sha256: str
    master_core_sha256: str
    channel_gain: Gain | None

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Proof":
        gain = data["channel_gain"]
        return cls(
            data["offset_x"],
            data["offset_y"],
            data["core_pixels"],
            data["source_core_sha256"],
            data["master_core_sha256"],
            None if gain is None else (gain[0], gain[1], gain[2]),
        )


def check_proof(
    proof: Proof | None, alpha: Alpha | None, source: Rgb, master: Rgb, *, declared: Gain | None, limits: Limits
) -> CheckResult:
    """Recompute `proof` from source, cut-out and master; `declared` is the gain that the event's transforms name.

    A core that covers next to nothing of what qa takes for the product proves nothing: `uncovered_share`.
    """
    if proof is None or alpha is None:
        return _stop(say(NAME, "missing"))
    fault = _fault(proof, alpha, source, master, declared)
    if fault is not None:
        return _stop(fault)
    uncovered = measured(limits, "uncovered_share", _uncovered(source, alpha))
    said = say(NAME, "clear" if declared is None else "clear_gain", pixels=proof.core_pixels)
    if uncovered.verdict != "clear":
        said = joined([said, say(NAME, "uncovered", share=uncovered.value)])
    return CheckResult(NAME, VERSION, uncovered.verdict, said, 1.0, CHECKLIST_ITEM, (uncovered,))


def _fault(proof: Proof, alpha: Alpha, source: Rgb, master: Rgb, declared: Gain | None) -> Words | None:
    """Return what is wrong with the proof, as a sentence."""
    if alpha.shape != source.shape[:2]:
        return say(NAME, "size")
    if proof.channel_gain != declared:
        return say(NAME, "gain", named=str(proof.channel_gain), declared=str(declared))
    try:
        here = core_sha256(source if declared is None else gained(source, declared), alpha)
        there = core_sha256(master, alpha, offset=(proof.offset_x, proof.offset_y))
    except ValueError as error:
        return say(NAME, "not_recomputed", why=str(error))
    if there != here:
        return say(NAME, "differs")
    stated = (proof.core_pixels, proof.source_core_sha256), (proof.core_pixels, proof.master_core_sha256)
    if stated != (here, there):
        return say(NAME, "numbers", pixels=here[0], digest=here[1][:12])
    return None


def _uncovered(source: Rgb, alpha: Alpha) -> float:
    """Return the share of qa's own product mask outside of the core; 0 where qa finds no product by itself."""
    found = find_product(to_lab(shrink(source, SIDE)))
    if not (found.found and found.plain):
        return 0.0
    solid = shrink(np.asarray(alpha == _OPAQUE, np.uint8) * np.uint8(_OPAQUE), SIDE) > _OPAQUE // 2
    return 1 - float((solid & found.sure).sum()) / max(1, int(found.sure.sum()))


def _stop(said: Words) -> CheckResult:
    return CheckResult(NAME, VERSION, "stop", said, 1.0, CHECKLIST_ITEM)
