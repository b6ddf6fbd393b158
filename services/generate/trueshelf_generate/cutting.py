"""Many photos of a person's own, cut out one after the other on this machine, without a stack.

Each photo is untrusted: it is decoded in a throw-away child process; only its pixels are worked on here.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trueshelf_imaging import matting, removal
from trueshelf_imaging.formats import sniff
from trueshelf_imaging.hints import HintBox
from trueshelf_imaging.network import Network
from trueshelf_imaging.pixels import Alpha, PictureError, Rgb, encode_png
from trueshelf_runtime.errors import Refused, RuntimeFailure
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.sandbox import run_untrusted

DECODE = "trueshelf_generate.decode:decode"
LIMITS = Limits(seconds=60, memory_mb=1024, file_mb=0)
CLAIMS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "heic": "heic", "heif": "heic"}
"""File name endings, and the format that each claims."""
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Cutting:
    """What became of one photo; `asdict` of it is the line of `--json`."""

    file: str
    output: str | None
    confidence: str | None
    """certain, look or refuse; None where there was no picture to judge."""
    reasons: tuple[dict[str, str], ...]
    backdrop_deviation: float | None
    seconds: float
    notes: tuple[str, ...] = field(default=())
    """What decoding changed or assumed: profile_unreadable, alpha_flattened, sixteen_bit_reduced …"""

    def line(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What holds for all photos of one call."""

    folder: Path
    box: HintBox | None = None
    force: bool = False
    overwrite: bool = False
    network: Network | None = None


def photos_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files themselves, and of folders every file whose ending claims a photo, in order of name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [one for one in inside if one == path or (one.is_file() and _ending(one) in CLAIMS)]
    return found


def cut_all(photos: list[Path], wanted: Wanted) -> Iterator[Cutting]:
    """Yield what became of each photo, in order. The same photos give the same files, byte for byte."""
    cv2.setNumThreads(1)
    taken: set[Path] = set()
    for photo in photos:
        output = wanted.folder / f"{photo.stem}.cutout.png"
        yield _cut_one(photo, output, wanted, taken)
        taken.add(output)


def _cut_one(photo: Path, output: Path, wanted: Wanted, taken: set[Path]) -> Cutting:
    started = time.monotonic()

    def ended(reason: dict[str, str]) -> Cutting:
        return Cutting(str(photo), None, None, (reason,), None, round(time.monotonic() - started, 3))

    if output in taken:
        return ended(_reason("same_name", f"another photo of this call is written to {output}", "rename one of them"))
    if output.exists() and not wanted.overwrite:
        return ended(_reason("output_exists", f"{output} exists already", "name another folder, or give --overwrite"))
    try:
        rgb, notes = decoded(photo)
    except Refused as error:
        return ended(_reason(error.code, error.message, error.advice))
    except RuntimeFailure as error:
        return ended(
            _reason("undecodable", f"the photo could not be decoded within its limits ({error})", "export it as JPEG")
        )
    done = removal.remove(rgb, wanted.box, network=wanted.network, guess=wanted.force)
    written = None
    if done.alpha is not None and (done.confidence != "refuse" or wanted.force):
        try:
            output.write_bytes(rgba_png(rgb, done.alpha))
            written = str(output)
        except (OSError, PictureError) as error:
            return ended(_reason("not_written", f"{output} cannot be written: {error}", "name another folder"))
    reasons = tuple({"code": one.code, "message": one.message, "advice": one.advice} for one in done.reasons)
    deviation = None if done.backdrop is None else round(done.backdrop.sigma, 2)
    took = round(time.monotonic() - started, 3)
    return Cutting(str(photo), written, done.confidence, reasons, deviation, took, notes)


def decoded(photo: Path) -> tuple[Rgb, tuple[str, ...]]:
    """Return the photo's pixels, upright sRGB, and notes. Raises Refused, or what its child died of."""
    try:
        size = photo.stat().st_size
        if size > MOST_BYTES:
            raise Refused(
                "too_large", f"the file has {size // 1_000_000} MB, at most 100 are read", "export it smaller"
            )
        data = photo.read_bytes()
    except OSError as error:
        raise Refused("unreadable", f"{photo} cannot be read: {error.strerror}", "check its name and rights") from error
    declared = CLAIMS.get(_ending(photo)) or sniff(data) or ""
    done = asyncio.run(run_untrusted(DECODE, {"declared": declared}, blobs=(data,), limits=LIMITS))
    shape = int(done.value["height"]), int(done.value["width"]), 3
    return np.frombuffer(done.blobs[0], np.uint8).reshape(shape), tuple(done.value["notes"])


def rgba_png(rgb: Rgb, alpha: Alpha) -> bytes:
    """Return the cut-out as an RGBA PNG of the photo's size, without the backdrop's tint; clear pixels are black."""
    colours = matting.clean_colours(rgb, alpha)
    colours[alpha == 0] = 0
    return encode_png(np.dstack([colours, alpha]))


def _ending(path: Path) -> str:
    return path.suffix.lstrip(".").lower()


def _reason(code: str, message: str, advice: str) -> dict[str, str]:
    return {"code": code, "message": message, "advice": advice}
