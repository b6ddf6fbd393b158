"""The child process's entries: bytes in, judgement and evidence pictures out."""

from hashlib import sha256
from typing import Any

import cv2
import numpy as np

from trueshelf_imaging import reading
from trueshelf_imaging.adjust import gained, gentle
from trueshelf_imaging.pixels import PictureError, Rgb, decode_alpha, decode_png, encode_png, pixel_sha256
from trueshelf_qa.checks import label
from trueshelf_qa.domain import alike
from trueshelf_qa.domain.asked import Asked, Placed
from trueshelf_qa.domain.declared import NAME as DECLARED
from trueshelf_qa.domain.declared import check_declared, check_divided
from trueshelf_qa.domain.files import Claims, check_file
from trueshelf_qa.domain.proof import NAME as PROOF
from trueshelf_qa.domain.proof import Proof, check_proof
from trueshelf_qa.domain.results import CheckResult, gravest
from trueshelf_qa.domain.rules import Rules, check_rules
from trueshelf_qa.domain.scene import Kept, Scene
from trueshelf_qa.domain.words import say
from trueshelf_qa.judge import Judgement, judge, unjudged
from trueshelf_qa.policy import from_json
from trueshelf_qa.similarity import model_of

_SOURCES = Kept()
"""Drafts of one photo are compared one after another, often by the same child: decoding the photo, finding its product
and its features is half of a comparison. Kept here and not in the database: what is cheap to compute again needs no
version, no clearing up and no trip over the network, and goes with the child."""


def compare(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Compare blobs[0] (source or master) with blobs[1] (draft or rendition); then cut-out and scene, where named.

    `request` as `subjects.Order.request` writes it. The answer has verdict, aligned, checks, and what its blobs,
    PNGs, are evidence of. Pictures that cannot be read are unjudged: no input makes this raise.
    """
    cv2.setNumThreads(1)
    further = list(blobs[2:])
    try:
        digest = sha256(blobs[0]).digest()
        photo = _SOURCES.scene(digest, lambda: decode_png(blobs[0]))
        candidate = _decoded(blobs[1])
        cutout = decode_alpha(further.pop(0)) if request.get("cutout") else None
        scene = decode_png(further.pop(0)) if request.get("scene") else None
    except (PictureError, cv2.error) as error:
        return _answer(request, unjudged(say("comparison", "unreadable", why=str(error))), ())
    source = photo.full
    claims = Claims(**request["candidate"])
    lossless = pixel_sha256(candidate) if claims.media_type == "image/png" else None
    size = candidate.shape[1], candidate.shape[0]
    before = [check_file(claims, blobs[1][:16], size, lossless)]
    if request.get("rules"):
        pad = request.get("pad")
        rules = Rules.of(request["rules"], None if pad is None else (pad[0], pad[1], pad[2]))
        where = None if request["placed"] is None else Placed(**request["placed"])
        before.append(check_rules(rules, blobs[1], candidate, (source.shape[1], source.shape[0]), where))
    limits = from_json(request["limits"])
    gain = None if request["gain"] is None else (request["gain"][0], request["gain"][1], request["gain"][2])
    if gain is not None:
        before.append(
            check_declared(source, gain, balanced=request.get("balanced", False), limits=limits.get(DECLARED, {}))
        )
    if request.get("proof_due"):
        proof = None if request["proof"] is None else Proof.of(request["proof"])
        found = check_proof(proof, cutout, source, candidate, declared=gain, limits=limits.get(PROOF, {}))
        before.append(found)
    placed, wanted = request["placed"], request["wanted"]
    undone = photo
    if gain is not None and gentle(gain):
        undone = _SOURCES.scene((digest, gain), lambda: gained(source, gain))
    if request.get("divided") and wanted is not None:
        check, light = check_divided(source, (wanted[0], wanted[1], wanted[2]), limits.get(DECLARED, {}))
        before.append(check)
        undone = Scene(light)
    judgement = judge(
        undone,
        candidate,
        limits,
        placed=None if placed is None else Placed(**placed),
        wanted=None if wanted is None else (wanted[0], wanted[1], wanted[2]),
        generative=request["generative"],
        scene=scene if scene is not None and scene.shape == candidate.shape else None,
        asked=_asked(request.get("asked", {})),
        model=model_of(request.get("similarity")),
        reader=reading.reader(),
    )
    return _answer(request, judgement, tuple(before))


def compare_raw(request: dict[str, Any], blobs: tuple[bytes, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Compare two pictures that a throw-away child has decoded (`untrusted.decode`): raw samples, no declarations.

    `request` has `source` and `variant` as [height, width], `limits`, and `generative`.
    """
    cv2.setNumThreads(1)
    source, variant = (
        np.frombuffer(blob, np.uint8).reshape(*request[name], 3)
        for name, blob in zip(("source", "variant"), blobs, strict=True)
    )
    limits, generative = from_json(request["limits"]), bool(request["generative"])
    model = model_of(request.get("similarity"))
    found = judge(
        source,
        variant,
        limits,
        placed=None,
        wanted=None,
        generative=generative,
        model=model,
        reader=reading.reader(),
    )
    return _answer(request, found, ())


def _asked(data: dict[str, Any]) -> Asked:
    return Asked(**data | {"kit": tuple(data.get("kit", ()))})


def _answer(
    request: dict[str, Any], judgement: Judgement, before: tuple[CheckResult, ...]
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    checks = (*before, *judgement.checks)
    value: dict[str, Any] = {
        "verdict": gravest(check.verdict for check in checks),
        "aligned": judgement.aligned,
        "checks": [check.as_json() for check in checks],
        "unavailable": _unavailable(request),
        "evidence": [
            {"kind": shown.kind, "check": shown.check, "width": shown.rgb.shape[1], "height": shown.rgb.shape[0]}
            for shown in judgement.pictures
        ],
    }
    return value, tuple(encode_png(shown.rgb) for shown in judgement.pictures)


def _unavailable(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what this installation does not have: the verdict stands on the rest."""
    absent = [] if request.get("similarity") else [(alike.NAME, say(alike.NAME, "not_available"))]
    if languages := reading.missing():
        absent.append((label.NAME, say(label.NAME, "not_available", languages=", ".join(languages))))
    return [{"check": name, "sentence": said.en, "sentences": {"ru": said.ru, "kk": said.kk}} for name, said in absent]


def _decoded(data: bytes) -> Rgb:
    """Return a master (PNG) or a rendition (PNG, JPEG or WebP written by export) as RGB."""
    if data.startswith(b"\x89PNG"):
        return decode_png(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureError(f"{len(data)} bytes that begin with {data[:4].hex()} are no picture that can be decoded")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
