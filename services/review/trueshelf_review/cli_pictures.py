"""The pictures of a case as files with names that tell what they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from trueshelf_runtime.client import CallFailed, answered

ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the name of its file, and its hash."""

    name: str
    sha256: str


def pictures_of(case: dict[str, Any]) -> list[Picture]:
    """Return what a person looks at to decide the case; of pictures that several places name, each file."""
    return list(_pictures(case))


def _pictures(case: dict[str, Any]) -> Iterator[Picture]:
    for number, capture in enumerate(case["captures"], start=1):
        yield from _named(source_name(number, capture), capture["source"])
    for number, variant in enumerate(case["variants"], start=1):
        stem = variant_stem(number, variant)
        yield from _named(f"{stem}-master", variant["master"])
        yield from _named(f"{stem}-preview", variant["preview"])
        yield from _evidence(stem, variant["evidence"])
    if rendition := case["rendition"]:
        stem = rendition_stem(rendition)
        yield from _named(stem, rendition["rendition"])
        yield from _named(f"{stem}-master", rendition["master"])
        yield from _evidence(stem, rendition["evidence"])


def source_name(number: int, capture: dict[str, Any]) -> str:
    return f"source-{number}-{capture['shot']}"


def variant_stem(number: int, variant: dict[str, Any]) -> str:
    return f"variant-{number}-{variant['slot']}"


def rendition_stem(rendition: dict[str, Any]) -> str:
    return f"rendition-{rendition['marketplace']}"


def _evidence(stem: str, evidence: list[dict[str, Any]]) -> Iterator[Picture]:
    kinds = [entry["kind"] for entry in evidence]
    for place, entry in enumerate(evidence):
        again = kinds[:place].count(entry["kind"])
        yield from _named(f"{stem}-{entry['kind']}{f'-{again + 1}' if again else ''}", entry["image"])


def _named(stem: str, ref: dict[str, Any]) -> Iterator[Picture]:
    ending = ENDINGS.get(ref["media_type"])
    if ending:
        yield Picture(f"{stem}.{ending}", ref["sha256"])


def fetch(client: httpx.Client, case_id: str, picture: Picture, folder: Path) -> Path:
    """Save a picture and return where. Raises CallFailed when review does not give it or it cannot be written."""
    answer = client.get(f"/cases/{case_id}/pictures/{picture.sha256}", headers={"Accept": "image/png, image/jpeg"})
    if not answer.is_success:
        answered(answer, "review")
    path = folder / picture.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.content)
    except OSError as error:
        raise CallFailed(f"{path} cannot be written: {error.strerror}.") from error
    return path
