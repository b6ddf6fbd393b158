"""The reasons as data: read from the package or the company's folder, hashed like every policy."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trueshelf_review.adapters.policy_files import Code, Text, Version, check_entries, sha256_of
from trueshelf_review.domain.reasons import MOST_OFFERED, About, ReasonCode, Reasons

FILE = "reasons.json"


class ReasonFile(BaseModel):
    """One reason of the file."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    about: tuple[About, ...] = Field(min_length=1)
    text: Text
    item: str | None = None
    offered: bool = True


class ReasonsFile(BaseModel):
    """One version of the reasons."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["reasons"]
    version: Version
    reasons: tuple[ReasonFile, ...] = Field(min_length=1)


def read_reasons(folder: Path | None = None) -> Reasons:
    """Return the reasons of `folder`, or those that ship with review where it has none.

    Raises ValueError naming the file when a code stands twice, English is missing, or more are offered than keys.
    """
    own = folder / FILE if folder else None
    shipped = resources.files("trueshelf_review").joinpath("policies", FILE)
    data = own.read_bytes() if own and own.exists() else shipped.read_bytes()
    try:
        body = ReasonsFile.model_validate_json(data)
    except ValueError as error:
        raise ValueError(f"{own or FILE} holds no reasons: {error}") from error
    check_entries(own or FILE, body.reasons, "a code")
    reasons = reasons_of(body.model_dump(mode="json"))
    for what in ("picture", "rendition"):
        if sum(each.offered for each in reasons.of(what)) > MOST_OFFERED:
            raise ValueError(f"{own or FILE}: more than {MOST_OFFERED} reasons are offered about a {what}")
        if not any(each.offered for each in reasons.of(what)):
            raise ValueError(f"{own or FILE}: no reason is offered about a {what}, nothing could be rejected (R-64)")
    return reasons


def reasons_of(body: Mapping[str, Any]) -> Reasons:
    """Return the reasons from their JSON, with the hash of exactly that."""
    codes = tuple(
        ReasonCode(each["code"], tuple(each["about"]), dict(each["text"]), each["item"], each["offered"])
        for each in body["reasons"]
    )
    return Reasons(body["name"], body["version"], sha256_of(body), codes)


def body_of(reasons: Reasons) -> dict[str, Any]:
    """Return the JSON that `reasons_of` reads again."""
    codes = [
        {"code": each.code, "about": list(each.about), "text": dict(each.text), "item": each.item}
        | {"offered": each.offered}
        for each in reasons.codes
    ]
    return {"name": reasons.name, "version": reasons.version, "reasons": codes}
