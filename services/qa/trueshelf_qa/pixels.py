"""The child process's entry: bytes in, judgement and heat map out."""

from dataclasses import asdict
from typing import Any

import cv2
import numpy as np

from trueshelf_imaging.colour import from_linear, to_linear
from trueshelf_imaging.pixels import PictureError, Rgb, decode_png, encode_png, pixel_sha256
from trueshelf_qa.domain.comparison import Placed
from trueshelf_qa.domain.files import Claims, check_file
from trueshelf_qa.domain.results import gravest
from trueshelf_qa.judge import Judgement, judge, unjudged
from trueshelf_qa.policy import from_json

PLAUSIBLE_GAIN = 0.8, 1.25
"""Declared channel gains outside of this are no gentle correction: they are not undone, so the checks will see them."""


def compare(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Compare blobs[0] (source or master) with blobs[1] (draft or rendition).

    `request` as `subjects.Order.request` writes it. The answer has verdict, aligned, checks and, with a heat map as
    only blob, its size. Pictures that cannot be read are unjudged: no input makes this raise.
    """
    cv2.setNumThreads(1)
    try:
        source = decode_png(blobs[0])
        candidate = _decoded(blobs[1])
    except (PictureError, cv2.error) as error:
        return _answer(unjudged(f"A picture could not be read: {error}"), ())
    claims = Claims(**request["candidate"])
    lossless = pixel_sha256(candidate) if claims.media_type == "image/png" else None
    file = check_file(claims, blobs[1][:16], (candidate.shape[1], candidate.shape[0]), lossless)
    placed, wanted = request["placed"], request["wanted"]
    judgement = judge(
        _gained(source, request["gain"]),
        candidate,
        from_json(request["limits"]),
        placed=None if placed is None else Placed(**placed),
        wanted=None if wanted is None else (wanted[0], wanted[1], wanted[2]),
        generative=request["generative"],
    )
    return _answer(judgement, (file,))


def _answer(judgement: Judgement, before: tuple[Any, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    checks = (*before, *judgement.checks)
    value: dict[str, Any] = {
        "verdict": gravest(check.verdict for check in checks),
        "aligned": judgement.aligned,
        "checks": [asdict(check) for check in checks],
    }
    if judgement.heat_map is None:
        return value, ()
    value["heat_map"] = [judgement.heat_map.shape[1], judgement.heat_map.shape[0]]
    return value, (encode_png(judgement.heat_map),)


def _decoded(data: bytes) -> Rgb:
    """Return a master (PNG) or a rendition (PNG, JPEG or WebP written by export) as RGB."""
    if data.startswith(b"\x89PNG"):
        return decode_png(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureError(f"{len(data)} bytes that begin with {data[:4].hex()} are no picture that can be decoded")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _gained(source: Rgb, gain: list[float] | None) -> Rgb:
    """Return `source` with the declared gain applied, if it is a gentle one."""
    if gain is None or not all(PLAUSIBLE_GAIN[0] <= factor <= PLAUSIBLE_GAIN[1] for factor in gain):
        return source
    return from_linear(np.clip(to_linear(source) * np.asarray(gain, np.float32), 0, 1))
